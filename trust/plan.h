// Plan: which manifests go to which hosts, and how fast. A value whose fields are within their
// bounds; whether it keeps the root's plan rules, and its filters are canonical, rollout/ says.

#ifndef MIG_TRUST_PLAN_H_
#define MIG_TRUST_PLAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "proto/mig/v1/gates.pb.h"
#include "trust/document_head.h"
#include "trust/host_id.h"
#include "trust/ids.h"

namespace mig::v1 {
class Plan;
}

namespace mig::trust {

struct PlanItem {
  std::string product;
  uint64_t epoch = 0;
  base::Digest manifest;                 // the target
  std::optional<base::Digest> fallback;  // the way back
};

// Local hours; one that passes midnight belongs to the day on which it starts.
struct Window {
  uint32_t days = 0;  // bit 0 is Monday: 1 to 127
  uint32_t start_minute = 0;
  uint32_t length_minutes = 0;
};

struct Canaries {
  std::vector<HostId> hosts;  // sorted, 1 to 256
  absl::Time not_before;
  absl::Duration soak;
};

struct Wave {
  uint32_t lo_ppm = 0;
  uint32_t hi_ppm = 0;
  std::string filter;
  absl::Time not_before;
  absl::Duration ramp;
  absl::Duration soak;
  bool hold = false;
  std::string name;  // may be empty
};

class Plan {
 public:
  // Reads a payload and checks all that can be checked without a root, the clock or a host's facts:
  // format, bounds, order, grammar, mandatory fields; first_issued <= issued < expires; canaries or
  // waves; lo <= hi; no not_before earlier than first_issued; baseline_until, where there is one,
  // not before expires, and none with a `hold` or without waves.
  // Errors: UNSUPPORTED another format or a critical feature; BOUND; MALFORMED all else.
  static absl::StatusOr<Plan> Parse(absl::string_view payload);

  const DocumentHead& head() const { return head_; }
  const std::string& name() const { return name_; }
  const std::string& stream() const { return stream_; }
  const Numbers& numbers() const { return numbers_; }
  const RolloutId& rollout() const { return rollout_; }
  absl::Time first_issued() const { return first_issued_; }
  uint32_t priority() const { return priority_; }
  const CohortSeed& cohort_seed() const { return cohort_seed_; }
  const std::string& filter() const { return filter_; }
  const std::optional<Window>& window() const { return window_; }
  const std::optional<base::Digest>& base() const { return base_; }
  const std::vector<PlanItem>& items() const { return items_; }
  // Null if the plan does not have it.
  const PlanItem* item(absl::string_view product) const;
  const std::optional<Canaries>& canaries() const { return canaries_; }
  const std::vector<Wave>& waves() const { return waves_; }
  uint32_t holdback_ppm() const { return holdback_ppm_; }
  // Bounds checked; nothing if only people halt it.
  const std::optional<v1::Gates>& gates() const { return gates_; }
  bool emergency() const { return emergency_; }
  const std::vector<base::Digest>& retry() const { return retry_; }
  absl::Time expires() const { return expires_; }
  // Nothing: it never becomes a baseline.
  const std::optional<absl::Time>& baseline_until() const { return baseline_until_; }

  // SHA-256("MIG rollout v1\0" || seed || i64be first_issued_ms || per item in order: u32be length,
  // product, u64be epoch, target's digest): what all plans of one rollout share.
  base::Digest RolloutBinding() const;

 private:
  Plan() = default;
  // Parts of Parse.
  absl::Status ReadIdentity(const v1::Plan& message);
  absl::Status ReadAudience(const v1::Plan& message);

  DocumentHead head_;
  std::string name_;
  std::string stream_;
  Numbers numbers_;
  RolloutId rollout_;
  absl::Time first_issued_;
  uint32_t priority_ = 0;
  CohortSeed cohort_seed_;
  std::string filter_;
  std::optional<Window> window_;
  std::optional<base::Digest> base_;
  std::vector<PlanItem> items_;
  std::optional<Canaries> canaries_;
  std::vector<Wave> waves_;
  uint32_t holdback_ppm_ = 0;
  std::optional<v1::Gates> gates_;
  bool emergency_ = false;
  std::vector<base::Digest> retry_;
  absl::Time expires_;
  std::optional<absl::Time> baseline_until_;
};

}  // namespace mig::trust

#endif  // MIG_TRUST_PLAN_H_
