#include "base/whole_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "base/memory_file_system.h"
#include "base/testing/status_matchers.h"

namespace mig::base {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

TEST(WholeFileTest, AFileOverTheBoundIsRefusedBeforeItIsRead) {
  MemoryFileSystem disk;
  const std::unique_ptr<Directory> root = *disk.OpenRoot("/");
  ASSERT_THAT(WriteDurably(*root, "f", "12345", 0600), IsOk());
  EXPECT_THAT(ReadWhole(*root, "f", 5), IsOkAndHolds("12345"));

  const uint64_t before = disk.operations();
  EXPECT_THAT(ReadWhole(*root, "f", 4),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       AllOf(HasSubstr("/f"), HasSubstr("5 bytes"), HasSubstr("4"))));
  EXPECT_EQ(disk.operations() - before, 2u) << "open and stat, no read";
}

TEST(WholeFileTest, AnyFailureOfAnyStepLeavesTheOldOrTheNewFileAndNothingElse) {
  for (uint64_t step = 1;; ++step) {
    MemoryFileSystem disk;
    const std::unique_ptr<Directory> root = *disk.OpenRoot("/");
    ASSERT_THAT(WriteDurably(*root, "f", "old", 0600), IsOk());
    disk.FailOperation(disk.operations() + step, absl::DataLossError("EIO"));

    const absl::Status written = WriteDurably(*root, "f", "new", 0600);
    if (written.ok()) {
      EXPECT_EQ(step, 6u) << "create, write, fsync, rename and fsync of the directory failed once";
      break;
    }
    ASSERT_LT(step, 6u);
    EXPECT_THAT(written, StatusIs(absl::StatusCode::kDataLoss));
    EXPECT_THAT(ReadWhole(*root, "f", 10), IsOkAndHolds(AnyOf("old", "new"))) << step;
    EXPECT_THAT(root->Stat(".f.new"), StatusIs(absl::StatusCode::kNotFound)) << step;
    EXPECT_THAT(WriteDurably(*root, "f", "again", 0600), IsOk()) << step;
  }
}

TEST(WholeFileTest, AFullDiskKeepsTheOldFileAndGivesItsBlocksBack) {
  MemoryFileSystem disk({.capacity_bytes = 8192});
  const std::unique_ptr<Directory> root = *disk.OpenRoot("/");
  ASSERT_THAT(WriteDurably(*root, "f", "old", 0600), IsOk());
  EXPECT_THAT(WriteDurably(*root, "f", std::string(5000, 'x'), 0600),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(ReadWhole(*root, "f", 10), IsOkAndHolds("old"));
  EXPECT_THAT(root->FreeSpace(), IsOkAndHolds(4096u));
}

}  // namespace
}  // namespace mig::base
