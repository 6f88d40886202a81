// What both file systems promise of open files.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/file.h"
#include "base/file_system_conformance.h"
#include "base/hash_file.h"
#include "base/posix_file_system.h"
#include "base/sha256.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"

namespace mig::base {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Field;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

class FileConformanceTest : public ConformanceTest {};

INSTANTIATE_TEST_SUITE_P(Disks, FileConformanceTest, BothWorlds(), WorldName);

// Other bytes at each place, so that nothing can be mixed up.
std::string Pattern(size_t size_bytes) {
  std::string bytes(size_bytes, '\0');
  for (size_t i = 0; i < size_bytes; ++i) bytes[i] = static_cast<char>((i * 2654435761u) >> 13);
  return bytes;
}

TEST_P(FileConformanceTest, ReadAtGivesFewerBytesOnlyAtTheEnd) {
  const std::unique_ptr<File> file = Create("file", "0123456789");
  std::string buffer(4, '-');
  EXPECT_THAT(file->ReadAt(0, buffer), IsOkAndHolds(4u));
  EXPECT_EQ(buffer, "0123");
  EXPECT_THAT(file->ReadAt(8, buffer), IsOkAndHolds(2u));
  EXPECT_EQ(buffer, "8923");
  EXPECT_THAT(file->ReadAt(10, buffer), IsOkAndHolds(0u));
  EXPECT_THAT(file->ReadAt(1000, buffer), IsOkAndHolds(0u));
}

TEST_P(FileConformanceTest, WritesAtAnyOffsetAndSizeReadBack) {
  const std::unique_ptr<File> file = Create("file", "");
  const std::string bytes = Pattern(300'000);
  std::string expected;
  for (const uint64_t offset : {65'535u, 0u, 131'072u, 65'536u, 400'000u, 1u}) {
    for (const size_t size : {size_t{1}, size_t{65'536}, bytes.size()}) {
      const absl::string_view piece = absl::string_view(bytes).substr(0, size);
      ASSERT_THAT(file->WriteAt(offset, piece), IsOk());
      if (expected.size() < offset + size) expected.resize(offset + size);
      expected.replace(offset, size, piece.data(), piece.size());
      ASSERT_TRUE(*ReadWhole(*file, 1 << 20) == expected) << offset << " " << size;
    }
  }
}

TEST_P(FileConformanceTest, TruncateCutsAndExtendsWithZeros) {
  const std::unique_ptr<File> file = Create("file", Pattern(100'000));
  ASSERT_THAT(file->Truncate(70'000), IsOk());
  ASSERT_THAT(file->Truncate(200'000), IsOk());
  std::string expected = Pattern(100'000).substr(0, 70'000);
  expected.resize(200'000);
  EXPECT_TRUE(*ReadWhole(*file, 1 << 20) == expected);
  ASSERT_THAT(file->Truncate(0), IsOk());
  EXPECT_THAT(ReadWhole(*file, 0), IsOkAndHolds(""));
}

TEST_P(FileConformanceTest, ReadThroughAndHashFileGiveAllBytesOfEverySize) {
  for (const size_t size : {0u, 1u, 4095u, 4096u, 65'536u, 131'071u, 131'072u, 500'000u}) {
    const std::string bytes = Pattern(size);
    Create("file", bytes);
    const absl::StatusOr<std::unique_ptr<File>> file = root().OpenRead("file");
    ASSERT_THAT(file, IsOk());
    EXPECT_TRUE(*ReadWhole(**file, size) == bytes) << size;
    EXPECT_THAT(HashFile(**file, size),
                IsOkAndHolds(FileDigest{.digest = Sha256Of(bytes), .size_bytes = size}));
    ASSERT_THAT(root().Unlink("file"), IsOk());
  }
}

TEST_P(FileConformanceTest, ReadThroughStopsAtItsBound) {
  Create("file", Pattern(200'000));
  const absl::StatusOr<std::unique_ptr<File>> file = root().OpenRead("file");
  ASSERT_THAT(file, IsOk());
  std::string got;
  const auto take = [&got](absl::string_view piece) { got.append(piece.data(), piece.size()); };
  EXPECT_THAT((*file)->ReadThrough(199'999, take),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       AllOf(HasSubstr("199999"), HasSubstr(PathOf("file")))));
  EXPECT_LE(got.size(), 199'999u);
  EXPECT_THAT(ReadWhole(**file, 199'999), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(HashFile(**file, 199'999), StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST_P(FileConformanceTest, AFileThatGrewSinceItWasOpenedIsReadWhole) {
  const std::unique_ptr<File> writer = Create("file", "ten bytes.");
  const absl::StatusOr<std::unique_ptr<File>> reader = root().OpenRead("file");
  ASSERT_THAT(reader, IsOk());
  ASSERT_THAT(writer->WriteAt(10, Pattern(300'000)), IsOk());
  EXPECT_THAT(HashFile(**reader, 1 << 20), IsOkAndHolds(Field(&FileDigest::size_bytes, 300'010u)));
}

// Files of /proc say that they have no bytes, and come in pieces.
TEST(PosixFileTest, AFileThatDoesNotKnowItsSizeIsReadWhole) {
  std::ifstream file("/proc/crypto");
  if (!file.is_open()) GTEST_SKIP() << "no /proc/crypto here";
  const std::string expected((std::istreambuf_iterator<char>(file)), {});
  PosixFileSystem disk;
  EXPECT_THAT(ReadWhole(disk, "/proc/crypto", 1 << 20), IsOkAndHolds(expected));
}

TEST_P(FileConformanceTest, CopyFromGivesAFileOfItsOwn) {
  const std::string bytes = Pattern(300'000);
  const std::unique_ptr<File> source = Create("source", bytes);
  const std::unique_ptr<File> copy = Create("copy", "");
  const std::unique_ptr<File> refused = Create("refused", "");

  ASSERT_THAT(copy->CopyFrom(*source, bytes.size()), IsOk());
  EXPECT_THAT(refused->CopyFrom(*source, bytes.size() - 1),
              StatusIs(absl::StatusCode::kResourceExhausted));

  ASSERT_THAT(source->WriteAt(100'000, "changed in place"), IsOk());
  EXPECT_TRUE(*ReadWhole(*copy, 1 << 20) == bytes) << "the copy has the old bytes";
}

TEST_P(FileConformanceTest, AReaderCannotWrite) {
  Create("file", "bytes");
  const absl::StatusOr<std::unique_ptr<File>> reader = root().OpenRead("file");
  ASSERT_THAT(reader, IsOk());
  EXPECT_FALSE((*reader)->WriteAt(0, "x").ok());
  EXPECT_FALSE((*reader)->Truncate(0).ok());
  EXPECT_THAT(ReadWhole(**reader, 10), IsOkAndHolds("bytes"));

  const absl::StatusOr<std::unique_ptr<File>> writer = root().OpenReadWrite("file");
  ASSERT_THAT(writer, IsOk());
  EXPECT_THAT((*writer)->WriteAt(0, "B"), IsOk());
  EXPECT_THAT(ReadWhole(**reader, 10), IsOkAndHolds("Bytes"));
}

TEST_P(FileConformanceTest, StatTellsWhatWasDone) {
  const std::unique_ptr<File> file = Create("file", "12345");
  ASSERT_THAT(file->SetMode(04750), IsOk());
  const absl::StatusOr<FileStat> before = file->Stat();
  ASSERT_THAT(before, IsOk());
  EXPECT_EQ(before->kind, FileKind::kFile);
  EXPECT_EQ(before->size_bytes, 5u);
  EXPECT_EQ(before->mode, 04750u);
  EXPECT_EQ(before->links, 1u);
  EXPECT_THAT(root().Stat("file"), IsOkAndHolds(*before));

  ASSERT_THAT(file->SetOwner(before->uid, before->gid), IsOk());
  const absl::StatusOr<FileStat> after = file->Stat();
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->uid, before->uid);
  EXPECT_EQ(after->mode & 06000, 0u) << "a new owner ends setuid, as on Linux";
  EXPECT_EQ(after->modified, before->modified) << "the contents did not change";
  EXPECT_GE(after->changed, before->changed);
}

TEST_P(FileConformanceTest, SyncsWork) {
  const std::unique_ptr<File> file = Create("file", "bytes");
  EXPECT_THAT(file->Sync(), IsOk());
  EXPECT_THAT(file->SyncData(), IsOk());
}

TEST_P(FileConformanceTest, AttributesAreKeptOrTheDiskHasNone) {
  const std::unique_ptr<File> file = Create("file", "bytes");
  const absl::Status set = file->SetAttribute("user.mig", absl::string_view("a\0b", 3));
  if (absl::IsUnimplemented(set)) GTEST_SKIP() << "no attributes on this disk: " << set;
  ASSERT_THAT(set, IsOk());
  EXPECT_THAT(file->GetAttribute("user.mig"), IsOkAndHolds(std::string("a\0b", 3)));
  EXPECT_THAT(file->GetAttribute("user.other"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(PathOf("file"))));
}

TEST_P(FileConformanceTest, WriteDurablyReplacesAFileAndWhatAnInterruptedCallLeft) {
  Create("state", "old");
  Create(".state.new", "half of somethi");
  ASSERT_THAT(WriteDurably(root(), "state", "new", 0640), IsOk());
  EXPECT_THAT(ReadWhole(disk(), PathOf("state"), 10), IsOkAndHolds("new"));
  EXPECT_THAT(root().Stat("state"), IsOkAndHolds(Field(&FileStat::mode, 0640u)));
  EXPECT_THAT(root().Stat(".state.new"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(WriteDurably(root(), std::string(255, 'a'), "new", 0640),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace mig::base
