// The stage of one history: a coordinator, a clock that each boot sets anew, and the disk of the
// host at the moment before the run that is attacked. The same in each process and thread.

#ifndef MIG_TESTS_CRASH_WORLD_H_
#define MIG_TESTS_CRASH_WORLD_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/disk_image.h"
#include "base/file_system.h"
#include "base/memory_file_system.h"
#include "base/testing/manual_clock.h"
#include "loader/install/testing/invariants.h"
#include "loader/run/testing/fake_coordinator.h"
#include "loader/run/testing/host_checker.h"
#include "tests/crash/history.h"

namespace mig::tests {

// Time as the n-th boot of a machine sees it: the same, whatever was done before.
class BootClock : public base::Clock {
 public:
  BootClock() { Boot(0); }

  // Three hours lie between two boots.
  void Boot(int number);
  void Advance(absl::Duration d) { clock_->Advance(d); }

  absl::Time WallNow() override { return clock_->WallNow(); }
  base::MonotonicTime MonotonicNow() override { return clock_->MonotonicNow(); }
  base::BootTime BootNow() override { return clock_->BootNow(); }
  std::string BootId() override { return clock_->BootId(); }
  void SleepUntil(base::MonotonicTime deadline) override { clock_->SleepUntil(deadline); }
  std::unique_ptr<base::Event> NewEvent() override { return clock_->NewEvent(); }

 private:
  std::unique_ptr<base::testing::ManualClock> clock_;
};

// How the loader sees the disk: as it is, or through something that stands in between and lives as
// long as the machine.
using DiskLens = std::function<std::unique_ptr<base::FileSystem>(base::MemoryFileSystem&)>;

// One thread at a time. Not movable: machines hold on to its clock and coordinator.
class World {
 public:
  // `lens`: of all machines of the story; not of how the host came to be. Null: none.
  explicit World(const History& history, DiskLens lens = nullptr);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  const History& history() const { return history_; }
  const DiskLens& lens() const { return lens_; }
  BootClock& clock() { return clock_; }
  loader::testing::FakeCoordinator& coordinator() { return coordinator_; }

  // The managed files of either release, sorted.
  const std::vector<std::string>& paths() const { return paths_; }
  const base::DiskImage& start() const { return start_; }
  const base::Digest& release() const { return release_; }
  const loader::testing::HostChecker& checker() const { return *checker_; }
  // The set in which the story ends.
  const loader::testing::FileSet& wanted() const;

 private:
  void Arrange();

  const History& history_;
  DiskLens lens_;
  BootClock clock_;
  loader::testing::FakeCoordinator coordinator_;
  std::vector<std::string> paths_;
  base::DiskImage start_;
  base::Digest release_;
  std::unique_ptr<loader::testing::HostChecker> checker_;
};

}  // namespace mig::tests

#endif  // MIG_TESTS_CRASH_WORLD_H_
