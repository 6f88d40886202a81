// Invariants I1 to I8 of ADVERSARY.md 9, on the machines of a simulation: the checker of
// loader/run/testing, told what each machine comes from and goes to.

#ifndef MIG_SIM_WORLD_HOST_INVARIANTS_H_
#define MIG_SIM_WORLD_HOST_INVARIANTS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/disk_image.h"
#include "base/file_contents.h"
#include "base/memory_file_system.h"
#include "loader/install/testing/invariants.h"
#include "loader/run/run_result.h"
#include "loader/run/testing/host_checker.h"
#include "proto/mig/v1/report.pb.h"
#include "sim/world/machine.h"
#include "sim/world/promises.h"
#include "sim/world/world.h"

namespace mig::sim {

// One per simulation, for all its machines. Looks at copies of their disks, so it counts no
// operation. One thread. Memory: about 1 KiB for each host.
//
// `installed`: the release that the host had when its last process ended (Promises).
class HostInvariants {
 public:
  explicit HostInvariants(const World& world);

  // The agent is about to be started: I6, and what runs from now on.
  std::optional<Finding> AgentStarts(const Machine& machine, std::optional<size_t> installed);

  // A power cut left `image`, or a kill, or a process whose disk failed. `told`: the outcomes of
  // this host that the coordinator has. I1 to I6.
  std::optional<Finding> Left(const Machine& machine, const base::DiskImage& image,
                              std::optional<size_t> installed,
                              const std::vector<v1::Outcome>& told);
  // The agents that ran are gone.
  void PowerWent(size_t host) { hosts_[host].running.reset(); }

  // A process ended by itself, on a disk that worked. I1 to I4, where anything changed since the
  // last look.
  std::optional<Finding> Whole(const Machine& machine, std::optional<size_t> installed,
                               Promises::Process process, const loader::RunResult& result);

  // Somebody has damaged its files: until they are right again that is what it comes from.
  void Damaged(const Machine& machine);
  bool IsDamaged(size_t host) const { return hosts_[host].damaged.has_value(); }
  // Half of what it trusts is damaged: until a run has ended well, it may have forgotten anything.
  void TrustDamaged(size_t host) { hosts_[host].trust_damaged = true; }

  // I7: what recovering once more did to a machine that had recovered.
  static std::optional<Finding> RecoveredAgain(const base::DiskImage& once,
                                               const base::DiskImage& again);

  // I8: at the end, of a host that has nothing more to do.
  std::optional<Finding> Settled(const Machine& machine, std::optional<size_t> installed) const;

  uint64_t checked() const { return checked_; }

 private:
  // What of a disk these invariants are about.
  struct Look {
    std::vector<std::string> names;  // paths, kinds, modes and owners, sorted
    std::vector<base::FileContents> contents;
    bool IsSameAs(const Look& other) const;
  };
  struct Known {
    std::optional<loader::testing::FileSet> damaged;
    bool trust_damaged = false;
    std::optional<loader::testing::FileSet> running;
    Look look;
    std::map<size_t, loader::testing::DiskWeight> first_weight;  // by installed release
  };

  Look LookAt(const Machine& machine) const;
  loader::testing::HostChecker CheckerOf(size_t host, base::FileSystem& disk,
                                         std::optional<size_t> installed) const;
  std::optional<size_t> ReleaseOf(const base::Digest& manifest) const;
  loader::testing::FileSet SetOf(std::optional<size_t> release) const;

  const World& world_;
  std::vector<loader::testing::FileSet> sets_;  // by release
  std::vector<std::string> paths_;              // of all of them
  std::vector<Known> hosts_;
  uint64_t checked_ = 0;
};

}  // namespace mig::sim

#endif  // MIG_SIM_WORLD_HOST_INVARIANTS_H_
