// Offers and outcomes of each rollout, counted in memory: what was offered to whom, and what became
// of it. offered = healthy + failed + silent + pending, at every instant.

#ifndef MIG_COORDINATOR_FLEET_ROLLOUT_LEDGER_H_
#define MIG_COORDINATOR_FLEET_ROLLOUT_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "coordinator/store/ids.h"
#include "coordinator/store/offer_record.h"
#include "proto/mig/v1/report.pb.h"

namespace mig::coordinator {

// Where in its rollout a host was offered something.
struct OfferPlace {
  OfferKind kind = OfferKind::kWave;
  uint32_t wave = 0;  // of kWave

  friend auto operator<=>(const OfferPlace&, const OfferPlace&) = default;
};

struct OfferCounts {
  uint64_t offered = 0;  // = healthy + failed + silent + pending
  uint64_t healthy = 0;
  uint64_t soaking = 0;  // of the healthy
  uint64_t failed = 0;
  uint64_t silent = 0;
  uint64_t pending = 0;
  uint64_t uncounted = 0;  // enrolled later: in none of the above
};

// Failures that look the same.
struct FailureKind {
  v1::Outcome::Stage stage = v1::Outcome::STAGE_UNSPECIFIED;
  v1::Refusal::Code code = v1::Refusal::REFUSAL_UNSPECIFIED;
  uint32_t exit_status = 0;

  friend auto operator<=>(const FailureKind&, const FailureKind&) = default;
};

// How counting depends on the plan and the time.
struct CountRules {
  absl::Time now;
  // From an offer to silence; InfiniteDuration: never.
  absl::Duration overdue = absl::InfiniteDuration();
  // A healthy host's soak, by wave; canaries' apart.
  std::vector<absl::Duration> wave_soaks = {};
  absl::Duration canary_soak = absl::ZeroDuration();
};

// Any thread may call.
class RolloutLedger {
 public:
  RolloutLedger() = default;
  RolloutLedger(const RolloutLedger&) = delete;
  RolloutLedger& operator=(const RolloutLedger&) = delete;

  // The first one of (host, rollout) counts.
  void Apply(const OfferRecord& offer);
  // What became of an install under the rollout: healthy or failed; the last word counts. Attempts
  // that changed nothing (a download that broke off) will be made again, and change no count.
  void ApplyOutcome(const HostId& host, const RolloutId& rollout, absl::Time received_at,
                    const v1::Outcome& outcome);

  // What stands for (host, rollout); nothing: never offered.
  struct Offer {
    OfferPlace place;
    bool counted = true;
    absl::Time at;
  };
  std::optional<Offer> FindOffer(const HostId& host, const RolloutId& rollout) const;

  // One release of one product.
  struct Release {
    std::string product;
    base::Digest manifest;

    friend auto operator<=>(const Release&, const Release&) = default;
  };
  struct Totals {
    std::map<OfferPlace, OfferCounts> places;
    std::map<FailureKind, uint64_t> failures;
    // What hosts said they had before, by their last outcomes.
    std::map<Release, uint64_t> before;
  };
  Totals Count(const RolloutId& rollout, const CountRules& rules) const;

 private:
  struct Slot {
    int64_t offered_ms = 0;
    int64_t ended_ms = 0;  // 0: no outcome yet
    uint16_t wave = 0;
    uint16_t code = 0;
    uint8_t kind = 0;
    uint8_t result = 0;
    uint8_t stage = 0;
    uint8_t exit_status = 0;
    bool counted = true;
    uint8_t before = 0;  // position in Rollout::before, plus 1; 0: nothing known
  };
  // Releases that hosts had before; at most 255 different ones, each with how many slots say so, so
  // that one host holds one place, whatever it reports.
  struct Before {
    Release release;
    uint64_t hosts = 0;
  };
  struct Rollout {
    absl::flat_hash_map<HostId, Slot> slots;
    std::vector<Before> before;
  };
  static void NoteBefore(const v1::Outcome& outcome, Rollout& rollout, Slot& slot);

  mutable absl::Mutex mutex_;
  std::map<RolloutId, Rollout> rollouts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_FLEET_ROLLOUT_LEDGER_H_
