// One machine of the crash suite: a memory disk, an agent that does as its history says, and the
// whole loader on it.

#ifndef MIG_TESTS_CRASH_MACHINE_H_
#define MIG_TESTS_CRASH_MACHINE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/disk_image.h"
#include "base/inline_executor.h"
#include "base/memory_file_system.h"
#include "base/testing/seeded_random.h"
#include "loader/config/config.h"
#include "loader/config/dictionary.h"
#include "loader/host/testing/given_host_facts.h"
#include "loader/install/testing/invariants.h"
#include "loader/run/host.h"
#include "loader/run/run.h"
#include "loader/run/testing/fake_coordinator.h"
#include "loader/services/testing/scripted_services.h"
#include "tests/crash/world.h"

namespace mig::tests {

// Which boot the run that is attacked happens in. What was before happened in boot 0.
inline constexpr int kAttacked = 1;

// Borrows the world. One at a time: its clock is set for this boot.
class Machine {
 public:
  // Boots from `image`. Time and random numbers are those of the boot.
  Machine(World& world, const base::DiskImage& image, int boot);

  base::MemoryFileSystem& disk() { return *disk_; }
  World& world() { return world_; }

  // `mig-loader recover`, then what systemd does: the agent is started unless recover said no.
  loader::RunResult StartAgent();
  // `mig-loader run`; the coordinator is there, or it is not.
  loader::RunResult RunOnline();
  loader::RunResult RunOffline();
  loader::RunResult RecoverOnly();
  void Enroll();

  // The files that a release of these contents is here.
  loader::testing::FileSet SetOf(const loader::testing::Contents& contents) const;

  // The files that the agent was started with last, as processes saw them; nothing since a boot.
  const std::optional<loader::testing::FileSet>& running() const { return running_; }
  // The set at each start since the boot.
  const std::vector<loader::testing::FileSet>& starts() const { return starts_; }

 private:
  loader::testing::AgentScript ScriptNow();
  const loader::Host& host() const { return *host_; }

  World& world_;
  std::unique_ptr<base::MemoryFileSystem> disk_;
  std::unique_ptr<base::FileSystem> seen_through_;
  base::InlineExecutor executor_;
  base::testing::SeededRandom random_;
  loader::testing::GivenHostFacts facts_;
  loader::Config config_;
  std::unique_ptr<loader::testing::ScriptedServices> services_;
  std::optional<loader::Dictionary> dictionary_;
  std::optional<loader::Host> host_;
  std::optional<loader::testing::FileSet> running_;
  std::vector<loader::testing::FileSet> starts_;
};

}  // namespace mig::tests

#endif  // MIG_TESTS_CRASH_MACHINE_H_
