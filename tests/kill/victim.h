// One host that is killed again and again: put back into a state that was saved, with its old
// agent running or not, and looked at.

#ifndef MIG_TESTS_KILL_VICTIM_H_
#define MIG_TESTS_KILL_VICTIM_H_

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/digest.h"
#include "base/posix_file_system.h"
#include "loader/install/testing/invariants.h"
#include "tests/harness/loader_host.h"
#include "tests/harness/world.h"
#include "tests/kill/disks.h"

namespace mig::tests {

// What the second release is on this host.
enum class Temper {
  kGood,
  kBad,  // its agent cannot be executed: the host goes back at once
};

class Victim {
 public:
  // `world` is borrowed.
  Victim(const World& world, LoaderHost host, DiskKind disk, Temper temper)
      : world_(world), host_(std::move(host)), disk_kind_(disk), temper_(temper) {}

  const LoaderHost& host() const { return host_; }
  DiskKind disk_kind() const { return disk_kind_; }
  Temper temper() const { return temper_; }
  base::FileSystem& disk() { return disk_; }
  // Where its kept copies are.
  std::string kept() const { return host_.Path("state/kept/agent"); }

  // The files of this host: its state, and its agent's. The agent is not among them.
  absl::Status Save(const std::string& name) const;
  // Puts them back. Ends the agent first.
  absl::Status Restore(const std::string& name);

  // Starts the agent that lies there, as an earlier run of the loader did; returns when it runs
  // its own program.
  absl::Status StartAgent();
  void EndAgents();
  std::vector<pid_t> Agents() const;

  // I2, as seen from outside: at most one agent runs; its program and its configuration are the
  // very files that lie there. `expected`: how many. FailedPrecondition says what is wrong.
  enum class Expected { kAtMostOne, kOne };
  absl::Status CheckAgent(Expected expected) const;

  // How many files are in each directory of the host, but those that come and go: the heads among
  // the documents, of which there is a bound, and the cache of digests.
  std::map<std::string, int> Census() const;
  // Files that only a run under way may have: staged, half written, half fetched.
  std::vector<std::string> Leftovers() const;

  // What the trusted state says: the newest manifest that was seen.
  absl::StatusOr<std::optional<base::Digest>> Seen();

 private:
  std::string Snapshot(const std::string& name) const;
  // Waits until it has opened its configuration.
  bool HasOpen(pid_t agent, const std::string& path) const;

  const World& world_;
  LoaderHost host_;
  DiskKind disk_kind_;
  Temper temper_;
  base::PosixFileSystem disk_;
  pid_t started_ = 0;  // by StartAgent, and not collected yet
};

}  // namespace mig::tests

#endif  // MIG_TESTS_KILL_VICTIM_H_
