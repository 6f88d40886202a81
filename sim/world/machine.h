// One virtual machine: a disk in memory, given facts, an agent that behaves as its scenario says.
// The loader on it is the one that ships.

#ifndef MIG_SIM_WORLD_MACHINE_H_
#define MIG_SIM_WORLD_MACHINE_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/disk_image.h"
#include "base/file_contents.h"
#include "base/file_system.h"
#include "base/inline_executor.h"
#include "base/memory_file_system.h"
#include "base/random.h"
#include "base/testing/seeded_random.h"
#include "loader/host/testing/given_host_facts.h"
#include "loader/install/journal.h"
#include "loader/run/connector.h"
#include "loader/run/host.h"
#include "loader/services/testing/scripted_services.h"
#include "proto/mig/v1/report.pb.h"
#include "sim/world/world.h"
#include "trust/host_id.h"
#include "trust/trusted_state.h"

namespace mig::sim {

// What a machine's managed files are, all together.
struct FilesFound {
  // The release whose set it is, byte for byte, no file more or less; nothing: of none.
  std::optional<size_t> release;
  bool none = false;      // no managed file at all
  std::string describes;  // for messages, if it is neither: "/opt/a/agent of 1.1, ..."
};

struct LoaderState {
  FilesFound files;
  // Nothing: there is none, or it cannot be read.
  std::optional<trust::TrustedState> trusted;
  // An install that has begun and not ended; nothing: none, or it cannot be read.
  std::optional<loader::Journal> journal;
  bool has_journal = false;
  // Outcomes that wait, by attempt.
  std::map<std::string, v1::Outcome> spooled;
};

// One thread at a time. Memory: its disk's inodes; contents are the world's.
class Machine {
 public:
  // All borrowed. A fresh disk: the package is installed, the key lies there and waits for its
  // certificate, nothing is enrolled.
  Machine(World& world, size_t index, base::Clock& clock, loader::Connector& connector);
  // The same machine with another disk: it boots from what a power cut left.
  Machine(World& world, size_t index, base::Clock& clock, loader::Connector& connector,
          const base::DiskImage& image);

  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // For loader::Enroll, Run, RecoverRun.
  const loader::Host& host() const { return *host_; }
  World& world() const { return world_; }
  size_t index() const { return index_; }
  std::string name() const { return World::NameOf(index_); }
  const trust::HostId& id() const { return world_.id(index_); }
  base::MemoryFileSystem& disk() const { return *disk_; }
  loader::testing::ScriptedServices& services() { return services_; }

  // Processes are gone, and the disk is another one. Reboot the clock too.
  void Boot(const base::DiskImage& image);

  // kill -9 of the loader: the next one finds the disk as it is seen, with what was not durable
  // still so; agents go on.
  void LoaderDies();

  // What stands between the loader and its disk, for tests of what a worse disk does; null:
  // nothing. Counts from the next Boot on.
  std::function<std::unique_ptr<base::FileSystem>(base::MemoryFileSystem&)> disk_in_between;

  // Asked at each start of the agent, before it runs.
  std::function<void()> on_agent_start;

  // How it behaves then; null: as the scenario says.
  std::function<loader::testing::AgentScript()> behaves;

  // --- What is there, read behind the loader's back: counts no operation and fails never.

  FilesFound Files() const;
  // What the loader remembers. One look at the disk for all of it.
  LoaderState State() const;

 private:
  // What a file `trust` says, read once where its bytes stay the same.
  struct TrustedFile {
    base::FileContents contents;
    std::optional<trust::TrustedState> state;
  };

  void Build();
  loader::testing::AgentScript ScriptNow();

  World& world_;
  const size_t index_;
  base::Clock& clock_;
  loader::Connector& connector_;
  std::unique_ptr<base::MemoryFileSystem> disk_;
  std::unique_ptr<base::FileSystem> in_between_;
  base::InlineExecutor executor_;
  base::testing::SeededRandom random_;
  loader::testing::GivenHostFacts facts_;
  loader::testing::ScriptedServices services_;
  std::optional<loader::Host> host_;
  mutable std::optional<TrustedFile> trusted_;  // of the last look
};

// Which release's set of managed files an image has.
FilesFound FilesOf(const World& world, const base::DiskImage& image);

// Where components lie.
const std::vector<std::string>& ManagedPaths();

// By path, whatever lies where a component could. Valid as long as the image.
std::map<std::string, const base::DiskNode*> ManagedFilesOf(const base::DiskImage& image);

}  // namespace mig::sim

#endif  // MIG_SIM_WORLD_MACHINE_H_
