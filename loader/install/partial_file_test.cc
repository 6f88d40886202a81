#include "loader/install/partial_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_stream.h"
#include "base/memory_file_system.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"
#include "trust/refusal.h"

namespace mig::loader {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Never ends; counts what was taken.
class EndlessSource : public base::ByteSource {
 public:
  absl::StatusOr<size_t> Read(std::span<char> into) override {
    std::fill(into.begin(), into.end(), 'x');
    taken_ += into.size();
    return into.size();
  }
  uint64_t taken() const { return taken_; }

 private:
  uint64_t taken_ = 0;
};

// Gives some bytes, then breaks.
class BrokenSource : public base::ByteSource {
 public:
  explicit BrokenSource(absl::string_view bytes) : bytes_(bytes) {}

  absl::StatusOr<size_t> Read(std::span<char> into) override {
    MIG_ASSIGN_OR_RETURN(const size_t count, bytes_.Read(into));
    if (count == 0) return absl::UnavailableError("the connection broke");
    return count;
  }

 private:
  base::StringSource bytes_;
};

class PartialFileTest : public ::testing::Test {
 protected:
  PartialFileTest() : directory_(*base::MakeDirs(disk_, "/opt/a", 0755)) {}

  absl::StatusOr<StagedFile> Write(base::ByteSource& source, uint64_t offset = 0) {
    return WriteAs(want_, source, offset);
  }
  absl::StatusOr<StagedFile> Write(absl::string_view bytes, uint64_t offset = 0) {
    base::StringSource source(bytes);
    return Write(source, offset);
  }
  absl::StatusOr<StagedFile> WriteAs(const FileFacts& want, base::ByteSource& source,
                                     uint64_t offset = 0) {
    MIG_ASSIGN_OR_RETURN(PartialFile part,
                         PartialFile::Resume(*directory_, "agent", want.content(), 0));
    MIG_RETURN_IF_ERROR(part.Rewind(offset));
    MIG_RETURN_IF_ERROR(part.AppendAll(source));
    return std::move(part).Finish(want);
  }
  uint64_t BytesThere() {
    return *PartialFile::BytesThere(*directory_, "agent", want_.content(), 0);
  }
  std::vector<base::DirectoryEntry> Entries() { return *directory_->List(100); }
  v1::Refusal::Code CodeOf(const absl::Status& status) {
    return trust::RefusalOf(status).value_or(v1::Refusal::NONE);
  }

  const std::string bytes_ = "new agent, " + std::string(200'000, 'y');
  const FileFacts want_ = {.digest = base::Sha256Of(bytes_),
                           .size_bytes = bytes_.size(),
                           .mode = 0750,
                           .uid = 7,
                           .gid = 8};
  base::MemoryFileSystem disk_;
  std::unique_ptr<base::Directory> directory_;
};

TEST_F(PartialFileTest, LiesBesideItsTargetWithContentsModeAndOwner) {
  const absl::StatusOr<StagedFile> staged = Write(bytes_);
  ASSERT_THAT(staged, IsOk());
  EXPECT_THAT(HasFacts(*directory_, staged->name(), want_), IsOkAndHolds(true));
  EXPECT_THAT(staged->CheckUntouched(), IsOk());
  EXPECT_EQ(staged->name(), StagedName("agent", want_.content()));
}

TEST_F(PartialFileTest, RemovesItselfUnlessItWasReleased) {
  { ASSERT_THAT(Write(bytes_), IsOk()); }
  EXPECT_THAT(Entries(), IsEmpty());
  {
    absl::StatusOr<StagedFile> staged = Write(bytes_);
    ASSERT_THAT(staged, IsOk());
    staged->Release();
  }
  EXPECT_THAT(Entries(), SizeIs(1));
}

TEST_F(PartialFileTest, EndlessSourceIsCutOneByteAfterTheSignedSize) {  // ADVERSARY 82, 85
  EndlessSource source;
  const absl::Status status = Write(source).status();
  EXPECT_EQ(CodeOf(status), v1::Refusal::LENGTH);
  EXPECT_EQ(source.taken(), want_.size_bytes + 1);
  EXPECT_THAT(Entries(), IsEmpty());
}

TEST_F(PartialFileTest, ShortContentsStayToGoOnFrom) {  // ADVERSARY 83 [aktualizr kIncomplete]
  EXPECT_EQ(CodeOf(Write(bytes_.substr(0, 1000)).status()), v1::Refusal::LENGTH);
  EXPECT_EQ(BytesThere(), 1000u);
  EXPECT_THAT(Write(absl::string_view(bytes_).substr(1000), 1000), IsOk());
}

TEST_F(PartialFileTest, BrokenSourceKeepsItsErrorAndItsBytes) {  // ADVERSARY 89
  BrokenSource source(absl::string_view(bytes_).substr(0, 70'000));
  EXPECT_THAT(Write(source), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("broke")));
  EXPECT_EQ(BytesThere(), 70'000u);
  EXPECT_THAT(Write(absl::string_view(bytes_).substr(70'000), 70'000), IsOk());
}

TEST_F(PartialFileTest, AnyWrongByteIsRefusedAndNothingStays) {  // ADVERSARY 84
  for (const size_t at : {size_t{0}, bytes_.size() / 2, bytes_.size() - 1}) {
    std::string wrong = bytes_;
    wrong[at] ^= 1;
    const absl::Status status = Write(wrong).status();
    EXPECT_EQ(CodeOf(status), v1::Refusal::HASH) << at;
    EXPECT_THAT(std::string(status.message()), HasSubstr(want_.digest.ToHex()));
    EXPECT_THAT(Entries(), IsEmpty());
  }
}

TEST_F(PartialFileTest, AlteredPrefixIsFoundAndTheNextTryBeginsAnew) {  // ADVERSARY 90
  EXPECT_EQ(CodeOf(Write(bytes_.substr(0, 1000)).status()), v1::Refusal::LENGTH);
  const std::string name = StagedName("agent", want_.content());
  ASSERT_THAT((*directory_->OpenReadWrite(name))->WriteAt(10, "X"), IsOk());
  EXPECT_EQ(CodeOf(Write(absl::string_view(bytes_).substr(1000), 1000).status()),
            v1::Refusal::HASH);
  EXPECT_EQ(BytesThere(), 0u);
}

// ADVERSARY 90: the beginning is of an earlier run, and the source cannot resume there.
TEST_F(PartialFileTest, SourceThatBeginsEarlierOverwritesAndDoublesNothing) {
  EXPECT_EQ(CodeOf(Write(bytes_.substr(0, 150'000)).status()), v1::Refusal::LENGTH);
  for (const uint64_t offset : {uint64_t{100'000}, uint64_t{0}}) {
    absl::StatusOr<PartialFile> part =
        PartialFile::Resume(*directory_, "agent", want_.content(), 0);
    ASSERT_THAT(part, IsOk());
    EXPECT_EQ(part->size_bytes(), 150'000u);
    EXPECT_TRUE(part->is_resumed());
    ASSERT_THAT(part->Append(absl::string_view(bytes_).substr(150'000, 1'000)), IsOk());
    ASSERT_THAT(part->Rewind(offset), IsOk());
    EXPECT_EQ(part->is_resumed(), offset > 0);
    ASSERT_THAT(part->Append(absl::string_view(bytes_).substr(offset)), IsOk());
    absl::StatusOr<StagedFile> staged = std::move(*part).Finish(want_);
    ASSERT_THAT(staged, IsOk());
    EXPECT_THAT(HasFacts(*directory_, staged->name(), want_), IsOkAndHolds(true));
    ASSERT_THAT(directory_->Unlink(staged->name()), IsOk());
    staged->Release();
    EXPECT_EQ(CodeOf(Write(bytes_.substr(0, 150'000)).status()), v1::Refusal::LENGTH);
  }
}

TEST_F(PartialFileTest, CopyOfAFileIsReadBackLikeAnyOther) {
  ASSERT_THAT(base::WriteDurably(*directory_, "right", bytes_, 0600), IsOk());
  ASSERT_THAT(base::WriteDurably(*directory_, "wrong", std::string(bytes_.size(), 'z'), 0600),
              IsOk());
  const auto copy_of = [this](absl::string_view name) -> absl::StatusOr<StagedFile> {
    MIG_ASSIGN_OR_RETURN(PartialFile part,
                         PartialFile::Create(*directory_, "agent", want_.content()));
    MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> source, directory_->OpenRead(name));
    MIG_RETURN_IF_ERROR(part.CopyFrom(*source));
    return std::move(part).Finish(want_);
  };
  EXPECT_THAT(copy_of("right"), IsOk());
  EXPECT_EQ(CodeOf(copy_of("wrong").status()), v1::Refusal::HASH);
  EXPECT_THAT(Entries(), SizeIs(2));
}

TEST_F(PartialFileTest, EmptyContentsNeedNoBytes) {  // ADVERSARY 87 [aktualizr fetchTarget]
  const FileFacts empty = {.digest = base::Sha256Of(""), .size_bytes = 0, .mode = 0644};
  base::StringSource nothing("");
  EXPECT_THAT(WriteAs(empty, nothing), IsOk());
  const FileFacts wrong = {.digest = base::Sha256Of("x"), .size_bytes = 0, .mode = 0644};
  EXPECT_EQ(CodeOf(WriteAs(wrong, nothing).status()), v1::Refusal::HASH);
}

// ADVERSARY 103 [RAUC check_bundle_access]
TEST_F(PartialFileTest, PlantedNamesAreNotFollowedAndNotUsed) {
  const std::string name = StagedName("agent", want_.content());
  disk_.Plant("/opt/a/" + name, base::FileKind::kSymlink);
  EXPECT_EQ(BytesThere(), 0u);
  EXPECT_THAT(Entries(), IsEmpty());

  disk_.Plant("/opt/a/" + name, base::FileKind::kSymlink);
  const absl::StatusOr<StagedFile> staged = Write(bytes_);
  ASSERT_THAT(staged, IsOk());
  EXPECT_THAT(HasFacts(*directory_, name, want_), IsOkAndHolds(true));
}

// ADVERSARY 104 [RAUC CVE-2020-25860]
TEST_F(PartialFileTest, InodeWithASecondLinkIsRebuilt) {
  EXPECT_EQ(CodeOf(Write(bytes_.substr(0, 1000)).status()), v1::Refusal::LENGTH);
  const std::string name = StagedName("agent", want_.content());
  ASSERT_THAT(directory_->Link(name, *directory_, "second"), IsOk());
  const uint64_t shared = directory_->Stat(name)->inode;

  EXPECT_EQ(BytesThere(), 1000u);
  EXPECT_NE(directory_->Stat(name)->inode, shared);
  ASSERT_THAT(Write(absl::string_view(bytes_).substr(1000), 1000), IsOk());
  EXPECT_EQ(directory_->Stat("second")->size_bytes, 1000u);
}

TEST_F(PartialFileTest, TouchedAfterVerifyingIsSeen) {
  const absl::StatusOr<StagedFile> staged = Write(bytes_);
  ASSERT_THAT(staged, IsOk());
  ASSERT_THAT((*directory_->OpenReadWrite(staged->name()))->WriteAt(0, "evil"), IsOk());
  EXPECT_THAT(staged->CheckUntouched(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(PartialFileTest, LinkedAfterVerifyingIsSeen) {
  const absl::StatusOr<StagedFile> staged = Write(bytes_);
  ASSERT_THAT(staged, IsOk());
  ASSERT_THAT(directory_->Link(staged->name(), *directory_, "second"), IsOk());
  EXPECT_THAT(staged->CheckUntouched(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(PartialFileTest, FullDiskIsSaidAndGetsItsBlocksBack) {  // ADVERSARY 97
  disk_.SetCapacity(100'000);
  const absl::Status status = Write(bytes_).status();
  EXPECT_EQ(CodeOf(status), v1::Refusal::DISK_FULL);
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_THAT(Entries(), IsEmpty());
}

TEST_F(PartialFileTest, FailedSyncDropsTheFile) {  // ADVERSARY 118 [ATC'20 fsync failures]
  const uint64_t begin = disk_.operations();
  { ASSERT_THAT(Write(bytes_), IsOk()); }
  const uint64_t operations = disk_.operations() - begin;
  for (uint64_t n = 1; n < operations; ++n) {
    disk_.FailOperation(disk_.operations() + n, absl::DataLossError("EIO"));
    const absl::StatusOr<StagedFile> staged = Write(bytes_);
    if (staged.ok()) continue;
    EXPECT_THAT(Entries(), IsEmpty()) << "after operation " << n << ": " << staged.status();
  }
}

}  // namespace
}  // namespace mig::loader
