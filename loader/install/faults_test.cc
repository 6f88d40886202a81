// Every operation of an install fails once, with each error that a disk has (ADVERSARY 97, 117,
// 118); what follows must be a clean end or a clean abort, and the next run fine.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/memory_file_system.h"
#include "base/testing/seed.h"
#include "base/testing/status_matchers.h"
#include "loader/install/recover.h"
#include "loader/install/sweep.h"
#include "loader/install/testing/invariants.h"
#include "loader/install/testing/test_release.h"
#include "loader/install/transaction.h"
#include "trust/refusal.h"

namespace mig::loader {
namespace {

using ::mig::base::DiskImage;
using ::mig::base::MemoryFileSystem;
using ::mig::base::testing::IsOk;
using ::mig::base::testing::Seed;
using ::mig::loader::testing::BetweenReleases;
using ::mig::loader::testing::CommitRelease;
using ::mig::loader::testing::FinishRecovered;
using ::mig::loader::testing::InstallRelease;
using ::mig::loader::testing::Invariants;
using ::mig::loader::testing::NewRelease;
using ::mig::loader::testing::OldRelease;
using ::mig::loader::testing::PlaceOn;
using ::mig::loader::testing::PutInstalled;
using ::mig::loader::testing::ReadFileSet;
using ::mig::loader::testing::Unhealthy;
using ::mig::loader::testing::WeightOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string>& Directories() {
  static const auto& directories =
      *new std::vector<std::string>{"/etc/agent", "/etc/agent/conf.d", "/opt/agent"};
  return directories;
}

// The next run, on a disk that works again: recover, finish, install.
absl::Status NextRun(MemoryFileSystem& disk, const Invariants& invariants) {
  absl::StatusOr<Recovery> recovery = Recover(PlaceOn(disk), std::nullopt);
  if (!recovery.ok()) return recovery.status();
  EXPECT_TRUE(invariants.IsOneSet(disk));
  if (recovery->transaction) {
    const absl::Status finished = FinishRecovered(*recovery->transaction, NewRelease());
    if (!finished.ok()) return finished;
  }
  if (ReadFileSet(disk, invariants.paths()) != invariants.after()) {
    absl::Status installed = InstallRelease(disk, OldRelease(), NewRelease());
    // What was left of a download was damaged by the power cut: it is gone now, and got once more,
    // as a run of loader/run does by itself.
    if (absl::IsDataLoss(installed)) {
      installed = InstallRelease(disk, OldRelease(), NewRelease());
    }
    if (!installed.ok()) return installed;
  }
  return SweepLeftovers(PlaceOn(disk), Directories(), {});
}

void CheckNoLeftovers(MemoryFileSystem& disk) {
  for (const std::string& line : disk.SeenImage().Describe()) {
    EXPECT_THAT(line, Not(HasSubstr(".mig-stage-")));
    EXPECT_THAT(line, Not(HasSubstr(".new")));
  }
}

class FaultsTest : public ::testing::Test {
 protected:
  FaultsTest() {
    MemoryFileSystem disk;
    PutInstalled(disk, OldRelease());
    old_host_ = disk.SeenImage();
    const uint64_t before = disk.operations();
    EXPECT_THAT(InstallRelease(disk, OldRelease(), NewRelease()), IsOk());
    operations_ = disk.operations() - before;
  }

  const Invariants invariants_ = BetweenReleases(OldRelease(), NewRelease());
  DiskImage old_host_;
  uint64_t operations_ = 0;
};

TEST_F(FaultsTest, EachOperationFailsOnceAndTheNextRunIsFine) {
  const absl::Status kErrors[] = {
      absl::DataLossError("EIO"),
      absl::ResourceExhaustedError("ENOSPC"),
      absl::UnavailableError("ENOMEM"),
      absl::PermissionDeniedError("EROFS"),
  };
  for (const absl::Status& error : kErrors) {
    for (uint64_t n = 1; n <= operations_ && !HasFailure(); ++n) {
      SCOPED_TRACE(absl::StrCat(error.message(), " at operation ", n, " of ", operations_));
      MemoryFileSystem disk(old_host_, {});
      disk.FailOperation(disk.operations() + n, error);
      InstallRelease(disk, OldRelease(), NewRelease()).IgnoreError();

      EXPECT_TRUE(invariants_.NothingIsMissing(disk));
      ASSERT_THAT(NextRun(disk, invariants_), IsOk());
      EXPECT_EQ(ReadFileSet(disk, invariants_.paths()), invariants_.after());
      CheckNoLeftovers(disk);
    }
  }
}

// Promise 4. An error of the moment while it goes back is not a damaged copy, for ever reported as
// such: it goes back all the same, or the next run does.
TEST_F(FaultsTest, EachOperationOfGoingBackFailsOnceAndNoKeptCopyCountsAsDamaged) {
  MemoryFileSystem active(old_host_, {});
  absl::StatusOr<Transaction> begun = CommitRelease(active, OldRelease(), NewRelease());
  ASSERT_THAT(begun, IsOk());
  ASSERT_THAT(begun->ReplaceFiles(), IsOk());
  const DiskImage active_host = active.SeenImage();
  const uint64_t before = active.operations();
  ASSERT_THAT(begun->GoBack(Unhealthy(), ""), IsOk());
  const uint64_t operations = active.operations() - before;
  ASSERT_GT(operations, 20u);
  for (uint64_t n = 1; n <= operations && !HasFailure(); ++n) {
    SCOPED_TRACE(absl::StrCat("EIO at operation ", n, " of ", operations));
    MemoryFileSystem disk(active_host, {});
    absl::StatusOr<Recovery> recovery = Recover(PlaceOn(disk), std::nullopt);
    ASSERT_THAT(recovery, IsOk());
    disk.FailOperation(disk.operations() + n, absl::DataLossError("EIO"));

    const absl::Status back = recovery->transaction->GoBack(Unhealthy(), "");

    EXPECT_NE(trust::RefusalOf(back), v1::Refusal::KEPT_SET_DAMAGED) << back;
    EXPECT_TRUE(invariants_.NothingIsMissing(disk));
    if (!back.ok()) continue;
    EXPECT_EQ(ReadFileSet(disk, invariants_.paths()), invariants_.before());
  }
}

// A failed fsync may have dropped what it should have made durable: then the power goes.
TEST_F(FaultsTest, PowerCutAfterAFailedOperationLeavesTheOldSetOrTheNewSet) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  for (uint64_t n = 1; n <= operations_ && !HasFailure(); ++n) {
    SCOPED_TRACE(absl::StrCat("EIO at operation ", n, " of ", operations_));
    MemoryFileSystem disk(old_host_, {});
    disk.FailOperation(disk.operations() + n, absl::DataLossError("EIO"));
    InstallRelease(disk, OldRelease(), NewRelease()).IgnoreError();
    size_t images = 0;
    disk.ForEachDurableImage(seed.For("image", n).value(), 16, [&](const DiskImage& image) {
      if (images++ >= 64 || HasFailure()) return;
      MemoryFileSystem booted(image, {});
      ASSERT_THAT(NextRun(booted, invariants_), IsOk());
    });
  }
}

// ADVERSARY 97 [fleet #44561; aktualizr-lite #171]
TEST_F(FaultsTest, FullDiskAtAnySizeAbortsCleanlyAndWaitsForRoom) {
  uint64_t used = 0;
  for (uint64_t kib = 0; kib <= 200 && !HasFailure(); kib += 4) {
    SCOPED_TRACE(absl::StrCat(kib, " KiB free"));
    MemoryFileSystem disk(old_host_, {});
    used = WeightOf(old_host_).nodes * 4096 + WeightOf(old_host_).bytes;
    disk.SetCapacity(used + kib * 1024);
    const absl::Status full = InstallRelease(disk, OldRelease(), NewRelease());
    if (!full.ok()) {
      EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
      EXPECT_TRUE(invariants_.IsOneSet(disk));
      CheckNoLeftovers(disk);
    }
    disk.SetCapacity(used + (uint64_t{1} << 30));
    ASSERT_THAT(NextRun(disk, invariants_), IsOk());
    EXPECT_EQ(ReadFileSet(disk, invariants_.paths()), invariants_.after());
  }
}

TEST_F(FaultsTest, TooLittleRoomIsSaidBeforeAnythingIsWritten) {
  MemoryFileSystem disk(old_host_, {});
  disk.SetCapacity(0);
  const absl::Status full = InstallRelease(disk, OldRelease(), NewRelease());
  EXPECT_EQ(trust::RefusalOf(full), v1::Refusal::DISK_FULL);
  EXPECT_THAT(std::string(full.message()), HasSubstr("this install takes"));
  EXPECT_TRUE(Invariants::IsUnchanged(old_host_, disk.SeenImage()));
}

}  // namespace
}  // namespace mig::loader
