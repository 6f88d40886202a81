// Cuts the power at every operation of an install, of going back, and of the recovery from that,
// and boots from what each could leave (ADVERSARY.md 9, cases 114 to 120).

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/memory_file_system.h"
#include "base/sha256.h"
#include "base/testing/seed.h"
#include "base/testing/status_matchers.h"
#include "loader/install/recover.h"
#include "loader/install/testing/invariants.h"
#include "loader/install/testing/test_release.h"

namespace mig::loader {
namespace {

using ::mig::base::DiskImage;
using ::mig::base::MemoryFileSystem;
using ::mig::base::testing::IsOk;
using ::mig::base::testing::Seed;
using ::mig::loader::testing::BetweenReleases;
using ::mig::loader::testing::FinishRecovered;
using ::mig::loader::testing::ForeignAgent;
using ::mig::loader::testing::InstallAndGoBack;
using ::mig::loader::testing::InstallRelease;
using ::mig::loader::testing::Invariants;
using ::mig::loader::testing::kKeptCopies;
using ::mig::loader::testing::NewRelease;
using ::mig::loader::testing::OldRelease;
using ::mig::loader::testing::PlaceOn;
using ::mig::loader::testing::PutFiles;
using ::mig::loader::testing::PutInstalled;
using ::mig::loader::testing::ReadFileSet;

using Work = std::function<absl::Status(MemoryFileSystem&)>;

// One history of a host.
struct Case {
  std::string name;
  std::function<void(MemoryFileSystem&)> before;
  Work work;
};

std::ostream& operator<<(std::ostream& out, const Case& history) { return out << history.name; }

std::vector<Case> Cases() {
  const auto old_release = [](MemoryFileSystem& disk) { PutInstalled(disk, OldRelease()); };
  const auto foreign = [](MemoryFileSystem& disk) { PutFiles(disk, OldRelease()); };
  return {
      {"Installing", old_release,
       [](MemoryFileSystem& disk) { return InstallRelease(disk, OldRelease(), NewRelease()); }},
      {"GoingBack", old_release,
       [](MemoryFileSystem& disk) { return InstallAndGoBack(disk, OldRelease(), NewRelease()); }},
      {"InstallingOverAForeignAgent", foreign,
       [](MemoryFileSystem& disk) { return InstallRelease(disk, ForeignAgent(), NewRelease()); }},
      {"GoingBackToAForeignAgent", foreign,
       [](MemoryFileSystem& disk) { return InstallAndGoBack(disk, ForeignAgent(), NewRelease()); }},
  };
}

DiskImage HostBefore(const Case& history) {
  MemoryFileSystem disk;
  history.before(disk);
  return disk.SeenImage();
}

// What `mig-loader recover` does.
absl::Status RecoverOnly(MemoryFileSystem& disk) {
  return Recover(PlaceOn(disk), std::nullopt).status();
}

// What a run without network does: recover, then finish with an agent that is well.
absl::Status RecoverAndFinish(MemoryFileSystem& disk) {
  absl::StatusOr<Recovery> recovery = Recover(PlaceOn(disk), std::nullopt);
  if (!recovery.ok() || !recovery->transaction) return recovery.status();
  if (!recovery->missing.empty()) return absl::InternalError("contents are missing");
  return FinishRecovered(*recovery->transaction, NewRelease());
}

// Boots from `image` and checks that it comes to one of the two sets, and stays there.
void CheckBoot(const DiskImage& image, const Invariants& invariants) {
  MemoryFileSystem disk(image, {});
  const absl::StatusOr<std::optional<Phase>> phase = PeekPhase(PlaceOn(disk));
  ASSERT_THAT(phase, IsOk());
  if (*phase == Phase::kCommitted || *phase == Phase::kActivating) {
    ASSERT_TRUE(invariants.HasWayBack(disk, kKeptCopies)) << PhaseName(**phase);
  }
  ASSERT_THAT(RecoverOnly(disk), IsOk());
  ASSERT_TRUE(invariants.IsOneSet(disk));
  if (*phase == Phase::kCommitted) {
    ASSERT_EQ(ReadFileSet(disk, invariants.paths()), invariants.after()) << "it had all to go on";
  }
  if (*phase == Phase::kReverting || *phase == Phase::kReactivating) {
    ASSERT_EQ(ReadFileSet(disk, invariants.paths()), invariants.before()) << "it was going back";
  }
  const DiskImage once = disk.SeenImage();
  ASSERT_THAT(RecoverOnly(disk), IsOk());
  ASSERT_TRUE(Invariants::IsUnchanged(once, disk.SeenImage()));
  ASSERT_THAT(RecoverAndFinish(disk), IsOk());
  ASSERT_TRUE(invariants.IsOneSet(disk));
}

struct CutOptions {
  Seed seed;
  size_t samples = 64;    // images of one cut, where there are too many to enumerate
  size_t at_most = 4096;  // images of one cut that are looked at
};

// Recovery depends on nothing but the image: each different one is booted once.
class Images {
 public:
  // Calls `check` with images that a power cut now could leave; a stride through them if there are
  // more than `at_most`.
  void ForEachNew(const MemoryFileSystem& disk, const CutOptions& options,
                  const std::function<void(const DiskImage&)>& check) {
    const uint64_t seed = options.seed.value();
    const size_t count = disk.ForEachDurableImage(seed, options.samples, [](const DiskImage&) {});
    const size_t stride = count / options.at_most + 1;
    size_t index = seed % stride;
    disk.ForEachDurableImage(seed, options.samples, [&](const DiskImage& image) {
      if (index++ % stride != 0 || ::testing::Test::HasFailure()) return;
      if (IsNew(image)) check(image);
    });
  }

  bool IsNew(const DiskImage& image) {
    return seen_.insert(base::Sha256Of(absl::StrJoin(image.Describe(), "\n"))).second;
  }

  size_t count() const { return seen_.size(); }

 private:
  std::set<base::Digest> seen_;
};

uint64_t OperationsOf(const DiskImage& image, const Work& work) {
  MemoryFileSystem disk(image, {});
  const uint64_t before = disk.operations();
  EXPECT_THAT(work(disk), IsOk());
  return disk.operations() - before;
}

// Cutting before an operation that only looks leaves what cutting before the next one leaves.
bool OnlyLooks(absl::string_view operation) {
  for (const absl::string_view verb : {"open ", "stat ", "read ", "list "}) {
    if (absl::StartsWith(operation, verb)) return true;
  }
  return false;
}

class PowerCutTest : public ::testing::TestWithParam<Case> {
 protected:
  const Seed seed_ = Seed::FromEnvironmentOrRandom();
  const DiskImage old_host_ = HostBefore(GetParam());
  const Invariants invariants_ = BetweenReleases(OldRelease(), NewRelease());
};

TEST_P(PowerCutTest, CutAtAnyOperationLeavesTheOldSetOrTheNewSet) {
  SCOPED_TRACE(seed_);
  const uint64_t operations = OperationsOf(old_host_, GetParam().work);
  ASSERT_GT(operations, 0u);

  Images images;
  for (uint64_t n = 0; n <= operations && !HasFailure(); ++n) {
    SCOPED_TRACE(absl::StrCat("power cut after operation ", n, " of ", operations));
    MemoryFileSystem disk(old_host_, {});
    disk.CutPowerAfter(disk.operations() + n);
    GetParam().work(disk).IgnoreError();  // whatever it says, the disk must be whole
    if (OnlyLooks(disk.first_cut_operation())) continue;

    images.ForEachNew(disk, {.seed = seed_.For("cut", n)},
                      [&](const DiskImage& image) { CheckBoot(image, invariants_); });
  }
  EXPECT_GT(images.count(), 500u);  // what is looked at did not shrink by accident
}

TEST_P(PowerCutTest, KillAtAnyOperationLeavesTheOldSetOrTheNewSet) {
  const uint64_t operations = OperationsOf(old_host_, GetParam().work);
  for (uint64_t n = 0; n <= operations && !HasFailure(); ++n) {
    SCOPED_TRACE(absl::StrCat("killed after operation ", n, " of ", operations));
    MemoryFileSystem disk(old_host_, {});
    disk.CutPowerAfter(disk.operations() + n);
    GetParam().work(disk).IgnoreError();

    const DiskImage seen = disk.SeenImage();
    MemoryFileSystem survivor(seen, {});
    EXPECT_TRUE(invariants_.NothingIsMissing(survivor));
    EXPECT_TRUE(invariants_.HasWayBack(survivor, kKeptCopies));
    CheckBoot(seen, invariants_);
  }
}

// The process died, its unsynced changes did not; then the power goes while the next run recovers.
TEST_P(PowerCutTest, KillAndThenACutDuringTheRecoveryLeavesTheOldSetOrTheNewSet) {
  SCOPED_TRACE(seed_);
  constexpr uint64_t kCutsOfEachRecovery = 3;
  const uint64_t operations = OperationsOf(old_host_, GetParam().work);
  Images images;
  for (uint64_t n = 0; n <= operations && !HasFailure(); ++n) {
    for (uint64_t cut = 0; cut < kCutsOfEachRecovery && !HasFailure(); ++cut) {
      MemoryFileSystem disk(old_host_, {});
      disk.CutPowerAfter(disk.operations() + n);
      GetParam().work(disk).IgnoreError();
      if (OnlyLooks(disk.first_cut_operation())) break;

      const uint64_t recovery = OperationsOf(disk.SeenImage(), RecoverAndFinish);
      const uint64_t m = seed_.For("kill and cut", n * kCutsOfEachRecovery + cut).value();
      SCOPED_TRACE(absl::StrCat("killed after operation ", n, ", power cut after operation ",
                                m % (recovery + 1), " of the recovery"));
      disk.CutPowerAfter(disk.operations() + m % (recovery + 1));
      RecoverAndFinish(disk).IgnoreError();
      images.ForEachNew(disk, {.seed = seed_.For("left", m), .samples = 8, .at_most = 16},
                        [&](const DiskImage& image) { CheckBoot(image, invariants_); });
    }
  }
}

TEST_P(PowerCutTest, CutAgainDuringTheRecoveryLeavesTheOldSetOrTheNewSet) {
  SCOPED_TRACE(seed_);
  const uint64_t operations = OperationsOf(old_host_, GetParam().work);
  constexpr uint64_t kStride = 3;  // over the recovery's operations, from where the seed says
  Images first;
  Images second;
  for (uint64_t n = 0; n <= operations && !HasFailure(); ++n) {
    SCOPED_TRACE(absl::StrCat("power cut after operation ", n, " of ", operations));
    MemoryFileSystem disk(old_host_, {});
    disk.CutPowerAfter(disk.operations() + n);
    GetParam().work(disk).IgnoreError();
    if (OnlyLooks(disk.first_cut_operation())) continue;

    first.ForEachNew(
        disk, {.seed = seed_.For("first", n), .samples = 4, .at_most = 1},
        [&](const DiskImage& image) {
          const uint64_t recovery_operations = OperationsOf(image, RecoverAndFinish);
          for (uint64_t m = seed_.value() % kStride; m <= recovery_operations; m += kStride) {
            if (HasFailure()) return;
            SCOPED_TRACE(absl::StrCat("and after operation ", m, " of the recovery"));
            MemoryFileSystem again(image, {});
            again.CutPowerAfter(again.operations() + m);
            RecoverAndFinish(again).IgnoreError();
            if (OnlyLooks(again.first_cut_operation())) continue;
            second.ForEachNew(again, {.seed = seed_.For("second", m), .samples = 4, .at_most = 2},
                              [&](const DiskImage& left) { CheckBoot(left, invariants_); });
          }
        });
  }
}

INSTANTIATE_TEST_SUITE_P(EachHistory, PowerCutTest, ::testing::ValuesIn(Cases()),
                         [](const ::testing::TestParamInfo<Case>& info) {
                           return info.param.name;
                         });

}  // namespace
}  // namespace mig::loader
