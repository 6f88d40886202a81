// The rules of `seen` (docs/protocol.md, "What is seen"; R4, R5): pure functions over the host's
// trusted state, the root and one document. The coordinator asks the same ones, so that it never
// offers what a loader would refuse.

#ifndef MIG_TRUST_SEEN_H_
#define MIG_TRUST_SEEN_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "trust/manifest.h"
#include "trust/plan.h"
#include "trust/root.h"
#include "trust/trusted_state.h"
#include "trust/verified.h"

namespace mig::trust {

enum class ManifestUse {
  kInstall,  // an update, a fallback, another variant, an adoption
  kRepair,   // what is installed, named by its digest, in its recorded variant
};

// Whether `manifest` may be put to `use` on a host with `state`. Does not move anything: a
// product's `seen` moves when the manifest was admitted too (MoveSeen).
//
// Errors: NOT_IN_ROOT EPOCH BELOW_FLOOR WITHDRAWN (these bind a repair too)
//         BELOW_SEEN    lower than `seen`, and not a repair of the installed one
//         EQUIVOCATION  `seen`'s numbers with another digest
absl::Status JudgeManifest(const TrustedState& state, const Root& root,
                           const Verified<Manifest>& manifest, ManifestUse use);

// `seen` of the manifest's product at least at `manifest`. Call it, and make the state durable,
// once an assignment named it and it was admitted, before anything is staged.
void MoveSeen(TrustedState& state, const Verified<Manifest>& manifest);

enum class PlanPlace {
  kNewest,   // above `seen`, or the very one: what its stream says now
  kEarlier,  // below `seen`: good for nothing but as the newest one's base (JudgeBase)
};

// Where `plan` stands in its stream. Ask rollout::CheckPlanRules first: only a plan that keeps them
// verifies, and what verifies moves `seen`.
//
// Errors: NOT_IN_ROOT EPOCH
//         EQUIVOCATION  `seen`'s numbers with another digest, or a rollout id that was seen with
//                       another seed, first issue or targets
//         BELOW_SEEN    of a stream that may be one that was forgotten, from before that
absl::StatusOr<PlanPlace> JudgePlan(const TrustedState& state, const Root& root,
                                    const Verified<Plan>& plan);

// `seen` of the plan's stream at least at `plan`, with its rollout. JudgePlan let it pass under
// `root`.
//
// A state has room for as many streams as a root (16). If the plan's is one more, all that `root`
// does not have are forgotten: nobody can plan under those names now. Should one come back, by a
// later root, its old plans must not: what was seen of it is gone, but a stream without `seen`
// takes no plan that was issued before the root under which it was forgotten (`streams_forgotten`),
// and each product's `seen` and floor bind what such a plan could name. Only what is needed is
// forgotten, so that a stream which is merely left out of one root loses nothing as a rule.
// (Decided against: a name for ever, which fills the state; raising the bound, which only puts it
// off.)
void MoveSeen(TrustedState& state, const Root& root, const Verified<Plan>& plan);

// BASE unless `base` is what `newest` names as such: same digest, stream and epoch, lower sequence.
// Whether it is in its own baseline now, rollout/ says. A base's own base counts for nothing.
absl::Status JudgeBase(const Verified<Plan>& newest, const Verified<Plan>& base);

// Ends the bad marks that `plan` says to `retry`: those set under a plan issued earlier.
void ClearRetried(TrustedState& state, const Verified<Plan>& plan);

}  // namespace mig::trust

#endif  // MIG_TRUST_SEEN_H_
