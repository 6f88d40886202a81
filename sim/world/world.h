// What all machines of one scenario have in common, and what is true of each of them whatever a
// program says: which agent is bad where, and when each host's turn is.

#ifndef MIG_SIM_WORLD_WORLD_H_
#define MIG_SIM_WORLD_WORLD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/chunk_pool.h"
#include "base/testing/seed.h"
#include "loader/config/config.h"
#include "loader/config/dictionary.h"
#include "sim/scenario/scenario.h"
#include "sim/world/documents.h"
#include "trust/host_id.h"
#include "trust/x509/private_key.h"

namespace mig::sim {

struct WorldOptions {
  uint64_t seed = 0;
  absl::Time start;  // when the run begins, by right clocks
  DomainParts domain;
  std::string coordinator = "mig.corp.example:8443";
  std::string enrollment = "mig.corp.example:8444";
};

// Made once, at the start; borrowed by its machines. One thread at a time.
class World {
 public:
  // Errors: InvalidArgument, as Documents::Make.
  static absl::StatusOr<std::unique_ptr<World>> Make(const Scenario& scenario,
                                                     const WorldOptions& options);

  const Scenario& scenario() const { return scenario_; }
  base::testing::Seed seed() const { return seed_; }
  absl::Time start() const { return start_; }
  const Documents& documents() const { return *documents_; }
  base::ChunkPool& pool() { return pool_; }
  // The same for all machines.
  const loader::Config& config() const { return config_; }
  const loader::Dictionary& dictionary() const { return *dictionary_; }

  // Of host-INDEX. Its key follows from seed and index, so its id is known before it enrolls.
  size_t hosts() const { return ids_.size(); }
  const trust::HostId& id(size_t host) const { return ids_[host]; }
  std::optional<size_t> Find(const trust::HostId& id) const;
  trust::x509::PrivateKey KeyOf(size_t host) const;
  static std::string NameOf(size_t host);

  // Whether the agent of a release is bad on a host.
  bool IsBad(size_t release, size_t host) const;

  // How far ahead its clock is; below zero: behind. Whole seconds.
  absl::Duration SkewOf(size_t host) const;

  // When, by right clocks, a plan first lets this host begin; computed here from the plan as it is
  // written, not with rollout/.
  absl::Time TurnOf(size_t plan, size_t host) const;

 private:
  World(const Scenario& scenario, const WorldOptions& options);

  const Scenario scenario_;
  const base::testing::Seed seed_;
  const absl::Time start_;
  base::ChunkPool pool_;
  std::vector<trust::HostId> ids_;
  std::vector<std::pair<trust::HostId, size_t>> by_id_;  // sorted
  std::unique_ptr<Documents> documents_;
  loader::Config config_;
  std::optional<loader::Dictionary> dictionary_;
};

}  // namespace mig::sim

#endif  // MIG_SIM_WORLD_WORLD_H_
