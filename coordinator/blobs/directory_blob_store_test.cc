// One suite on a disk in memory and on the real one.

#include "coordinator/blobs/directory_blob_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/memory_file_system.h"
#include "base/path.h"
#include "base/posix_file_system.h"
#include "base/sha256.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"
#include "coordinator/store/testing/temporary_directory.h"

namespace mig::coordinator {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Where a test's contents lie.
class Place {
 public:
  virtual ~Place() = default;
  virtual base::FileSystem& disk() = 0;
  virtual std::string path() = 0;
};

class MemoryPlace : public Place {
 public:
  MemoryPlace() { MIG_CHECK_OK(base::MakeDirs(disk_, path(), 0700)); }
  base::FileSystem& disk() override { return disk_; }
  std::string path() override { return "/var/blobs"; }

 private:
  base::MemoryFileSystem disk_;
};

class RealPlace : public Place {
 public:
  base::FileSystem& disk() override { return disk_; }
  std::string path() override { return directory_.path(); }

 private:
  base::PosixFileSystem disk_;
  testing::TemporaryDirectory directory_;
};

template <typename Kind>
std::unique_ptr<Place> New() {
  return std::make_unique<Kind>();
}

class BlobStoreTest : public ::testing::TestWithParam<std::unique_ptr<Place> (*)()> {
 protected:
  BlobStoreTest() : place_(GetParam()()) { Reopen({}); }

  void Reopen(const DirectoryBlobOptions& options) {
    store_.reset();
    absl::StatusOr<std::unique_ptr<BlobStore>> store =
        OpenDirectoryBlobStore(place_->disk(), place_->path(), options);
    MIG_CHECK_OK(store);
    store_ = *std::move(store);
  }

  absl::Status PutText(absl::string_view text) {
    base::StringSource source(text);
    return PutBlob(*store_, base::Sha256Of(text), text.size(), source);
  }

  absl::StatusOr<std::string> Read(const base::Digest& digest) {
    absl::StatusOr<std::unique_ptr<Blob>> blob = store_->Open(digest);
    if (!blob.ok()) return blob.status();
    std::string bytes((*blob)->size_bytes(), '\0');
    const absl::StatusOr<size_t> count = (*blob)->ReadAt(0, {bytes.data(), bytes.size()});
    if (!count.ok()) return count.status();
    return bytes;
  }

  std::unique_ptr<base::Directory> FanOut(const base::Digest& digest) {
    return *place_->disk().OpenRoot(absl::StrCat(place_->path(), "/", digest.ToHex().substr(0, 2)));
  }

  // Changes the stored bytes behind the store's back.
  void Overwrite(const base::Digest& digest, uint64_t offset, absl::string_view bytes) {
    const auto file = FanOut(digest)->OpenReadWrite(digest.ToHex());
    ASSERT_THAT(file, IsOk());
    ASSERT_THAT((*file)->WriteAt(offset, bytes), IsOk());
  }

  std::unique_ptr<Place> place_;
  std::unique_ptr<BlobStore> store_;
};

TEST_P(BlobStoreTest, WhatIsStoredIsRead) {
  const std::string large(200'000, 'x');
  for (const std::string& text : {std::string("hello"), std::string(), large}) {
    ASSERT_THAT(PutText(text), IsOk());
    EXPECT_THAT(Read(base::Sha256Of(text)), IsOkAndHolds(text));
    EXPECT_THAT(store_->Size(base::Sha256Of(text)), IsOkAndHolds(text.size()));
  }
  EXPECT_EQ(store_->stats(), (BlobStats{.blobs = 3, .bytes = 200'005}));

  Reopen({});
  EXPECT_THAT(Read(base::Sha256Of("hello")), IsOkAndHolds("hello"));
  EXPECT_EQ(store_->stats(), (BlobStats{.blobs = 3, .bytes = 200'005}));
}

TEST_P(BlobStoreTest, ReadsGoFromAnyOffset) {
  ASSERT_THAT(PutText("hello world"), IsOk());
  const auto blob = store_->Open(base::Sha256Of("hello world"));
  ASSERT_THAT(blob, IsOk());
  char bytes[8] = {};
  EXPECT_THAT((*blob)->ReadAt(6, bytes), IsOkAndHolds(5));
  EXPECT_EQ(absl::string_view(bytes, 5), "world");
  EXPECT_THAT((*blob)->ReadAt(11, bytes), IsOkAndHolds(0));
  EXPECT_THAT((*blob)->ReadAt(uint64_t{1} << 40, bytes), IsOkAndHolds(0));
}

TEST_P(BlobStoreTest, WhatIsNotStoredIsNotFound) {
  EXPECT_THAT(Read(base::Sha256Of("x")), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(store_->Size(base::Sha256Of("x")), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(store_->Remove(base::Sha256Of("x")), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(BlobStoreTest, OtherBytesThanAnnouncedAreNotStored) {
  base::StringSource other("jello");
  EXPECT_THAT(
      PutBlob(*store_, base::Sha256Of("hello"), 5, other),
      StatusIs(absl::StatusCode::kDataLoss, AllOf(HasSubstr(base::Sha256Of("hello").ToHex()),
                                                  HasSubstr(base::Sha256Of("jello").ToHex()))));
  base::StringSource less("hello");
  EXPECT_THAT(PutBlob(*store_, base::Sha256Of("hello"), 6, less),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("5 bytes")));
  base::StringSource more("hello");
  EXPECT_THAT(PutBlob(*store_, base::Sha256Of("hello"), 4, more),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("more than 4")));

  EXPECT_THAT(Read(base::Sha256Of("hello")), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(FanOut(base::Sha256Of("hello"))->List(10), IsOkAndHolds(IsEmpty()));
  EXPECT_EQ(store_->stats(), BlobStats());
}

TEST_P(BlobStoreTest, TheQuotaCountsWhatIsStoredAndWhatIsUnderWay) {
  Reopen({.quota_bytes = 10, .max_blob_bytes = 8});
  ASSERT_THAT(PutText("12345"), IsOk());
  auto first = store_->Begin(base::Sha256Of("abcde"), 5);
  ASSERT_THAT(first, IsOk());

  EXPECT_THAT(store_->Begin(base::Sha256Of("!"), 1),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("quota of 10")));
  EXPECT_THAT(store_->Begin(base::Sha256Of("!"), 9),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("at most 8")));
  first->reset();
  EXPECT_THAT(PutText("ABCDE"), IsOk());
  EXPECT_THAT(PutText("!"), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(store_->Remove(base::Sha256Of("12345")), IsOk());
  EXPECT_THAT(PutText("!"), IsOk());
  EXPECT_EQ(store_->stats(), (BlobStats{.blobs = 2, .bytes = 6}));
}

TEST_P(BlobStoreTest, TheNumberOfContentsIsBounded) {
  Reopen({.max_blobs = 2});
  ASSERT_THAT(PutText("1"), IsOk());
  ASSERT_THAT(PutText("2"), IsOk());
  EXPECT_THAT(PutText("3"), StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST_P(BlobStoreTest, StoringAgainChangesNothing) {
  ASSERT_THAT(PutText("hello"), IsOk());
  const auto reader = store_->Open(base::Sha256Of("hello"));
  ASSERT_THAT(PutText("hello"), IsOk());

  EXPECT_EQ(store_->stats(), (BlobStats{.blobs = 1, .bytes = 5}));
  EXPECT_THAT(Read(base::Sha256Of("hello")), IsOkAndHolds("hello"));
  char bytes[5] = {};
  ASSERT_THAT(reader, IsOk());
  EXPECT_THAT((*reader)->ReadAt(0, bytes), IsOkAndHolds(5));
}

TEST_P(BlobStoreTest, WhoReadsGoesOnWhenItIsRemoved) {
  ASSERT_THAT(PutText("hello"), IsOk());
  const auto reader = store_->Open(base::Sha256Of("hello"));
  ASSERT_THAT(store_->Remove(base::Sha256Of("hello")), IsOk());

  char bytes[5] = {};
  ASSERT_THAT(reader, IsOk());
  EXPECT_THAT((*reader)->ReadAt(0, bytes), IsOkAndHolds(5));
  EXPECT_THAT(Read(base::Sha256Of("hello")), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(store_->stats(), BlobStats());
}

TEST_P(BlobStoreTest, OneChangedByteIsNotServedAndIsMendedByStoringAgain) {
  const base::Digest digest = base::Sha256Of("hello");
  ASSERT_THAT(PutText("hello"), IsOk());
  ASSERT_THAT(Read(digest), IsOk());  // checked once, and good

  Overwrite(digest, 4, "0");

  EXPECT_THAT(Read(digest), StatusIs(absl::StatusCode::kDataLoss,
                                     AllOf(HasSubstr(digest.ToHex()), HasSubstr("damaged"))));
  EXPECT_THAT(Read(digest), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(store_->Size(digest), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(store_->stats().damaged, 1);

  ASSERT_THAT(PutText("hello"), IsOk());
  EXPECT_THAT(Read(digest), IsOkAndHolds("hello"));
  EXPECT_EQ(store_->stats(), (BlobStats{.blobs = 1, .bytes = 5}));
}

TEST_P(BlobStoreTest, DamageDoneWhileItWasClosedIsFoundAtTheFirstOpen) {
  ASSERT_THAT(PutText("hello"), IsOk());
  Overwrite(base::Sha256Of("hello"), 0, "j");
  Reopen({});

  EXPECT_THAT(Read(base::Sha256Of("hello")), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_P(BlobStoreTest, ACutOneAndAMissingOneAreNotServed) {
  ASSERT_THAT(PutText("hello"), IsOk());
  ASSERT_THAT(PutText("world"), IsOk());
  const auto reader = store_->Open(base::Sha256Of("hello"));
  ASSERT_THAT(reader, IsOk());
  const auto file = FanOut(base::Sha256Of("hello"))->OpenReadWrite(base::Sha256Of("hello").ToHex());
  ASSERT_THAT((*file)->Truncate(3), IsOk());
  ASSERT_THAT(FanOut(base::Sha256Of("world"))->Unlink(base::Sha256Of("world").ToHex()), IsOk());

  char bytes[5] = {};
  EXPECT_THAT((*reader)->ReadAt(0, bytes), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(Read(base::Sha256Of("hello")), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(Read(base::Sha256Of("world")), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(store_->stats().damaged, 2);
}

TEST_P(BlobStoreTest, AScrubFindsWhatWasDamagedRenamedOrNeverOurs) {
  for (int n = 0; n < 20; ++n) ASSERT_THAT(PutText(absl::StrCat("content ", n)), IsOk());
  const base::Digest damaged = base::Sha256Of("content 3");
  const base::Digest renamed = base::Sha256Of("content 7");
  base::Digest wrong_name = renamed;  // in the same directory, another name
  while (wrong_name == renamed || wrong_name.ToHex().substr(0, 2) != renamed.ToHex().substr(0, 2)) {
    wrong_name = base::Sha256Of(wrong_name.bytes());
  }
  Overwrite(damaged, 0, "X");
  ASSERT_THAT(FanOut(renamed)->Rename(renamed.ToHex(), *FanOut(renamed), wrong_name.ToHex()),
              IsOk());
  ASSERT_THAT(base::WriteDurably(*FanOut(damaged), "README", "?", 0600), IsOk());

  std::vector<BlobDefect> defects;
  uint64_t checked = 0;
  std::optional<base::Digest> after;
  do {
    const absl::StatusOr<ScrubPage> page = store_->Scrub(after, 7);
    ASSERT_THAT(page, IsOk());
    EXPECT_LE(page->blobs_checked, 7);
    checked += page->blobs_checked;
    defects.insert(defects.end(), page->defects.begin(), page->defects.end());
    after = page->next;
  } while (after.has_value());

  EXPECT_EQ(checked, 21);  // the renamed one under both names
  EXPECT_THAT(defects, SizeIs(4));
  EXPECT_THAT(defects, Contains(Field(&BlobDefect::digest, damaged)));
  EXPECT_THAT(defects, Contains(Field(&BlobDefect::digest, renamed)));
  EXPECT_THAT(defects, Contains(Field(&BlobDefect::digest, wrong_name)));
  EXPECT_THAT(defects, Contains(Field(&BlobDefect::name, HasSubstr("README"))));
  EXPECT_THAT(Read(wrong_name), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(Read(base::Sha256Of("content 4")), IsOk());
}

TEST_P(BlobStoreTest, ContentsAreListedInOrder) {
  std::vector<BlobInfo> expected;
  for (int n = 0; n < 5; ++n) {
    const std::string text(static_cast<size_t>(n), 'x');
    ASSERT_THAT(PutText(text), IsOk());
    expected.push_back({.digest = base::Sha256Of(text), .size_bytes = text.size()});
  }
  std::sort(expected.begin(), expected.end(),
            [](const BlobInfo& a, const BlobInfo& b) { return a.digest < b.digest; });

  EXPECT_THAT(store_->List(std::nullopt, 3),
              IsOkAndHolds(ElementsAre(expected[0], expected[1], expected[2])));
  EXPECT_THAT(store_->List(expected[2].digest, 3),
              IsOkAndHolds(ElementsAre(expected[3], expected[4])));
}

TEST_P(BlobStoreTest, OnlyOneHasItOpen) {
  EXPECT_THAT(OpenDirectoryBlobStore(place_->disk(), place_->path(), {}),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr(place_->path())));
}

TEST_P(BlobStoreTest, AMissingDirectoryIsNamed) {
  EXPECT_THAT(OpenDirectoryBlobStore(place_->disk(), place_->path() + "/missing", {}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("missing")));
}

INSTANTIATE_TEST_SUITE_P(Memory, BlobStoreTest, ::testing::Values(&New<MemoryPlace>));
INSTANTIATE_TEST_SUITE_P(Disk, BlobStoreTest, ::testing::Values(&New<RealPlace>));

TEST(DirectoryBlobStoreTest, ASymbolicLinkInPlaceOfAContentIsNotFollowed) {
  RealPlace place;
  const base::Digest digest = base::Sha256Of("hello");
  {
    auto store = OpenDirectoryBlobStore(place.disk(), place.path(), {});
    ASSERT_THAT(store, IsOk());
    base::StringSource source("hello");
    ASSERT_THAT(PutBlob(**store, digest, 5, source), IsOk());
    const std::string file =
        absl::StrCat(place.path(), "/", digest.ToHex().substr(0, 2), "/", digest.ToHex());
    std::filesystem::rename(file, place.path() + "/elsewhere");
    std::filesystem::create_symlink(place.path() + "/elsewhere", file);

    EXPECT_THAT((*store)->Open(digest), StatusIs(absl::StatusCode::kDataLoss));
  }
  auto store = OpenDirectoryBlobStore(place.disk(), place.path(), {});
  ASSERT_THAT(store, IsOk());
  EXPECT_THAT((*store)->Open(digest), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace mig::coordinator
