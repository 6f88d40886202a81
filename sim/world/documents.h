// What people sign and publish for one scenario: contents, releases, plans, the root.
//
// Everything follows from scenario, seed and start: the same three give the same bytes.

#ifndef MIG_SIM_WORLD_DOCUMENTS_H_
#define MIG_SIM_WORLD_DOCUMENTS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/chunk_pool.h"
#include "base/digest.h"
#include "base/file_contents.h"
#include "proto/mig/v1/root.pb.h"
#include "sim/scenario/scenario.h"
#include "trust/host_id.h"
#include "trust/ids.h"
#include "trust/public_key.h"
#include "trust/testing/test_authority.h"

namespace mig::sim {

inline constexpr absl::string_view kProduct = "agent";
inline constexpr absl::string_view kStream = "main";

// The bytes of one component, once for all releases and machines that have them.
struct Content {
  std::string bytes;
  base::Digest digest;
  base::FileContents file;  // the same bytes, in the pool's chunks
};

struct SignedRelease {
  std::string version;
  base::Digest digest;   // of its manifest
  std::string envelope;  // of its manifest, serialised
  std::map<std::string, std::shared_ptr<const Content>> components;
  // The same by the path that this fleet's dictionary gives them.
  std::map<std::string, std::shared_ptr<const Content>> files;
};

struct SignedPlan {
  std::string name;  // "rollout-1"
  base::Digest digest;
  std::string envelope;
  trust::RolloutId rollout;
  trust::CohortSeed cohort_seed;
  size_t release = 0;  // index in releases()
  // What it says, by right clocks.
  struct Wave {
    uint32_t lo_ppm = 0;
    uint32_t hi_ppm = 0;
    absl::Time opens;
    absl::Duration ramp;
  };
  std::vector<Wave> waves;
  absl::Time canaries_open;
  absl::Time starts;  // when an operator starts it
  std::optional<absl::Time> halts;
  std::vector<trust::HostId> canaries;  // sorted
};

// What the root says of the coordinator's side.
struct DomainParts {
  std::vector<base::Digest> loaders_cas;      // SPKI digests
  std::vector<base::Digest> operators_cas;    // SPKI digests
  std::vector<std::string> server_cas;        // DER; none: bytes that are no certificate
  std::vector<trust::PublicKey> online_keys;  // none: the authority's
};

// Immutable. One thread at a time (the pool's).
class Documents {
 public:
  // `start`: of the run; root and manifests were issued some time before it. `hosts`: of host-0,
  // host-1, ... `pool` must outlive the result.
  //
  // Errors: InvalidArgument  "FILE:LINE: waves ...": none of these hosts has its place in a wave
  static absl::StatusOr<std::unique_ptr<Documents>> Make(const Scenario& scenario, uint64_t seed,
                                                         absl::Time start,
                                                         const std::vector<trust::HostId>& hosts,
                                                         const DomainParts& domain,
                                                         base::ChunkPool& pool);

  // Whose online keys the coordinator may have, too.
  const trust::testing::TestAuthority& authority() const { return authority_; }
  const v1::Root& root() const { return root_; }
  const std::string& root_envelope() const { return root_envelope_; }
  const std::vector<SignedRelease>& releases() const { return releases_; }  // oldest first
  const std::vector<SignedPlan>& plans() const { return plans_; }           // in order of start

 private:
  Documents() = default;
  void SignRoot(absl::Time start, const DomainParts& domain);
  void SignReleases(const Scenario& scenario, uint64_t seed, absl::Time start,
                    base::ChunkPool& pool);
  absl::Status SignPlan(const Scenario& scenario, uint64_t seed, absl::Time start, size_t index,
                        const std::vector<trust::HostId>& hosts);

  trust::testing::TestAuthority authority_;
  v1::Root root_;
  std::string root_envelope_;
  std::vector<SignedRelease> releases_;
  std::vector<SignedPlan> plans_;
};

// What all machines' dictionary says of a component's place.
std::string PathOf(absl::string_view component);

// The first bytes follow from seed, name and `content`, the others from those.
std::string ContentBytes(uint64_t seed, const ComponentPlan& component);

}  // namespace mig::sim

#endif  // MIG_SIM_WORLD_DOCUMENTS_H_
