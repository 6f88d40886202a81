// The first assignment of a rollout's release to a host.

#ifndef MIG_COORDINATOR_STORE_OFFER_RECORD_H_
#define MIG_COORDINATOR_STORE_OFFER_RECORD_H_

#include <cstdint>

#include "absl/time/time.h"
#include "base/digest.h"
#include "coordinator/store/host_record.h"
#include "coordinator/store/ids.h"

namespace mig::coordinator {

// Stored as these numbers.
enum class OfferKind : uint8_t {
  kCanary = 1,
  kWave = 2,      // `wave` says which
  kBaseline = 3,  // the plan was the baseline already
};

// Durable before the assignment is answered (DESIGN.md 6): the gates' denominator. The first one
// for (host, rollout) stays; later ones change nothing.
struct OfferRecord {
  HostId host;
  RolloutId rollout;
  OfferKind kind = OfferKind::kWave;
  // Position in the plan's waves; 0 for the other kinds.
  uint32_t wave = 0;
  absl::Time at;
  // The plan it was made under: payload digest.
  base::Digest plan;
  // False: the host enrolled after the rollout's first issue; it is served and never counted.
  bool counted = true;

  friend bool operator==(const OfferRecord&, const OfferRecord&) = default;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_OFFER_RECORD_H_
