// A plan from its file: times made absolute, names made digests, the rules kept.

#ifndef MIG_CTL_DOCUMENTS_MAKE_PLAN_H_
#define MIG_CTL_DOCUMENTS_MAKE_PLAN_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "base/random.h"
#include "ctl/documents/plan_file.h"
#include "trust/envelope.h"
#include "trust/host_id.h"
#include "trust/plan.h"
#include "trust/root.h"

namespace mig::ctl {

// What a plan's file only names, found elsewhere. Each names what it did not find, and the way out.
struct PlanLookups {
  // A verified manifest of `product`, by version.
  std::function<absl::StatusOr<base::Digest>(const std::string& product,
                                             const std::string& version)>
      release;
  std::function<absl::StatusOr<trust::HostId>(const std::string& name)> host;
};

struct PlanFacts {
  absl::Time now;
  uint64_t sequence = 0;
  // The stream's newest plan that is in its baseline now; nothing: none.
  std::optional<base::Digest> base;
  // The plan that is signed again: rollout, seed and first issue are its; null: a new rollout.
  const trust::Plan* before = nullptr;
};

struct MadePlan {
  trust::Envelope envelope;  // nobody has signed it yet
  trust::Plan plan;
};

// Errors: InvalidArgument for what the file says wrongly; as the lookups; as LintPlan.
absl::StatusOr<MadePlan> MakePlan(const PlanFile& file, const PlanFacts& facts,
                                  const trust::Root& root, const PlanLookups& lookups,
                                  base::Random& random);

// What hosts and coordinators will ask of a plan, asked before anybody signs it: the root has its
// stream and products with these epochs, the plan rules, canonical filters that read what they
// may; and against the plan `before` of the same rollout (or null): its binding, and that a lifted
// `hold` opens no earlier than now.
// Errors (trust::RefusalOf): NOT_IN_ROOT EPOCH PLAN_RULES FILTER BOUND EQUIVOCATION.
absl::Status LintPlan(const trust::Plan& plan, const trust::Root& root, const trust::Plan* before);

}  // namespace mig::ctl

#endif  // MIG_CTL_DOCUMENTS_MAKE_PLAN_H_
