#include "loader/state/state_directory.h"

#include <memory>

#include "base/memory_file_system.h"
#include "base/path.h"
#include "base/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "trust/refusal.h"

namespace mig::loader {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Optional;

const StateDirectory::Options kOptions = {.path = "/var/lib/mig-loader"};

TEST(StateDirectoryTest, IsMadeDurablyAndForTheOwnerOnly) {
  base::MemoryFileSystem disk;
  ASSERT_THAT(StateDirectory::Open(disk, kOptions), IsOk());
  EXPECT_EQ(disk.PendingChanges(), 0u);
  for (const char* path : {"/var/lib/mig-loader", "/var/lib/mig-loader/documents",
                           "/var/lib/mig-loader/identity", "/var/lib/mig-loader/spool"}) {
    EXPECT_EQ(disk.OpenRoot(path).value()->StatSelf()->mode, 0700u) << path;
  }
  EXPECT_THAT(StateDirectory::Open(
                  disk, {.path = kOptions.path, .if_missing = StateDirectory::IfMissing::kFail}),
              IsOk());
}

TEST(StateDirectoryTest, WhereNothingMayBeMadeAMissingOneSaysWhatToDo) {
  base::MemoryFileSystem disk;
  EXPECT_THAT(
      StateDirectory::Open(disk, {.path = "/x", .if_missing = StateDirectory::IfMissing::kFail}),
      StatusIs(absl::StatusCode::kNotFound, HasSubstr("enroll")));
}

TEST(StateDirectoryTest, Adversary101OneThatOthersMayChangeIsRefused) {
  base::MemoryFileSystem disk;
  ASSERT_THAT(base::MakeDirs(disk, "/open", 0777), IsOk());
  ASSERT_THAT(base::MakeDirs(disk, "/open/state", 0700), IsOk());
  for (const char* path : {"/open", "/open/state"}) {
    const absl::Status status = StateDirectory::Open(disk, {.path = path}).status();
    EXPECT_EQ(trust::RefusalOf(status), v1::Refusal::UNSAFE_PATH) << status;
  }
}

TEST(StateDirectoryTest, Adversary124ASecondRunIsBusyUntilTheFirstEnds) {
  base::MemoryFileSystem disk;
  const auto first = StateDirectory::Open(disk, kOptions).value();
  const auto second = StateDirectory::Open(disk, kOptions).value();
  absl::StatusOr<std::unique_ptr<base::FileLock>> lock = first->Lock();
  ASSERT_THAT(lock, IsOk());
  const absl::Status busy = second->Lock().status();
  EXPECT_THAT(busy, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("busy")));
  EXPECT_EQ(trust::RefusalOf(busy), v1::Refusal::BUSY);
  lock->reset();
  EXPECT_THAT(second->Lock(), IsOk());
}

TEST(StateDirectoryTest, ItsPartsAreFoundAgain) {
  base::MemoryFileSystem disk;
  {
    const auto state = StateDirectory::Open(disk, kOptions).value();
    ASSERT_THAT(state->trust().Write("t"), IsOk());
    ASSERT_THAT(state->status().Write("s"), IsOk());
    ASSERT_THAT(state->identity().SetAnchorRoot("r"), IsOk());
  }
  const auto state = StateDirectory::Open(disk, kOptions).value();
  EXPECT_THAT(state->trust().Read()->payload, Optional(Eq("t")));
  EXPECT_THAT(state->status().Read()->payload, Optional(Eq("s")));
  EXPECT_THAT(state->identity().AnchorRoot(), base::testing::IsOkAndHolds("r"));
  EXPECT_EQ(state->OpenSpool()->WaitingOutcomes(), 0u);
  EXPECT_EQ(state->documents().List()->size(), 0u);
}

}  // namespace
}  // namespace mig::loader
