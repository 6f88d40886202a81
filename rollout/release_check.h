// Whether the release that a plan names for a product may be installed on a host, once the plan
// admits it. The end of decide.h; nothing outside of rollout/ includes it.

#ifndef MIG_ROLLOUT_RELEASE_CHECK_H_
#define MIG_ROLLOUT_RELEASE_CHECK_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "rollout/decide.h"
#include "trust/plan.h"

namespace mig::rollout {

// Whether the host has this very release of `product`, in whatever variant.
bool HasRelease(const HostView& host, absl::string_view product, const base::Digest& manifest);

// The release that `item` names, on a host that has it: ALREADY_INSTALLED if it may stay and its
// variant is still the host's own; NOT_IN_ROOT, EPOCH, BELOW_FLOOR, WITHDRAWN if it may not be
// repaired; NO_VARIANT; Ok if another variant of it is the host's now: an install like any other.
absl::Status CheckHeldRelease(const Documents& documents, const HostView& host,
                              const trust::PlanItem& item);

// The same on any host: Ok, or MISSING_DOCUMENT, PRODUCT, EPOCH, what trust::JudgeManifest says,
// NO_VARIANT, BAD_HERE, REQUIRES, VARIANT_LIMIT. The last one is lifted by time alone: `*lifted`,
// by the not-before clock, is set with it.
absl::Status CheckNewRelease(const Documents& documents, const HostView& host, const Clocks& clocks,
                             const trust::PlanItem& item, std::optional<absl::Time>& lifted);

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_RELEASE_CHECK_H_
