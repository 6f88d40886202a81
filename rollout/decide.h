// Which release this host should run, and why (docs/protocol.md, "What is seen"): facts in,
// decision and evidence out. The coordinator calls it to know what to offer, the loader to judge
// what it was offered, and both to explain. What one would refuse, the other never offers.
//
// Fallbacks and gates are not judged here yet (admit.h): an item that names a plan's fallback is
// refused with FALLBACK.

#ifndef MIG_ROLLOUT_DECIDE_H_
#define MIG_ROLLOUT_DECIDE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "proto/mig/v1/refusal.pb.h"
#include "rollout/admit.h"
#include "rollout/checked_manifest.h"
#include "rollout/checked_plan.h"
#include "rollout/clocks.h"
#include "rollout/facts.h"
#include "trust/assignment.h"
#include "trust/host_id.h"
#include "trust/root.h"
#include "trust/trusted_state.h"

namespace mig::rollout {

// The coordinator's word on a rollout. A loader does not know it, and says kRunning: a halt reaches
// it by what it is not offered.
enum class RolloutState { kRunning, kNotStarted, kHalted };

// What is held of one stream.
struct StreamPlans {
  const CheckedPlan* newest = nullptr;  // never null
  RolloutState state = RolloutState::kRunning;
  const CheckedPlan* base = nullptr;  // what `newest` names as such; null: none, or not held
};

// The documents that verify now. Borrowed; a coordinator makes one with each snapshot.
struct Documents {
  const trust::Root* root = nullptr;      // never null
  std::vector<StreamPlans> streams = {};  // sorted by stream
  std::map<base::Digest, const CheckedManifest*> manifests = {};

  // Null if it is not held.
  const CheckedManifest* manifest(const base::Digest& digest) const;
};

// One host. Borrowed.
struct HostView {
  trust::HostId id = {};
  const Facts* facts = nullptr;                // never null
  const trust::TrustedState* state = nullptr;  // never null; a coordinator's is from the check-in
  std::vector<std::string> products = {};      // of its dictionary, sorted
  // When the last plan was issued that matched this host, where that is known; else its enrollment
  // counts (STALE).
  std::optional<absl::Time> last_match_issued = std::nullopt;
};

// How one plan was judged for one product.
struct PlanEvidence {
  enum class Place { kNewest, kBase };
  const CheckedPlan* plan = nullptr;  // never null
  Place place = Place::kNewest;
  // NONE: it names a release that this host may install now. ALREADY_INSTALLED: it has it.
  v1::Refusal::Code code = v1::Refusal::REFUSAL_UNSPECIFIED;
  std::string text =
      {};  // who, what and the way out; empty with NONE and where `admission` has it all
  Admission admission = {};
  const CheckedManifest* manifest =
      nullptr;  // the target; null: the plan has none, or it is not held
  std::optional<uint32_t> variant = std::nullopt;  // the host's own, of the target
};

// The answer for one product. `manifest`, `variant` and `plan` say what to install iff code is
// NONE.
struct ProductDecision {
  std::string product;
  // NONE: install. ALREADY_INSTALLED: it has what its stream names. Else why it gets nothing now.
  v1::Refusal::Code code = v1::Refusal::REFUSAL_UNSPECIFIED;
  base::Digest manifest = {};
  uint32_t variant = 0;
  base::Digest plan = {};
  // All that was looked at; first what decided, then that stream's other plan, then other streams
  // by name. Empty: no plan names the product.
  std::vector<PlanEvidence> evidence = {};
  // By the system clock: until then the same documents, host and facts give the same answer.
  absl::Time valid_until = absl::InfiniteFuture();
};

struct Decision {
  std::vector<ProductDecision> products;            // those of the host, in their order
  bool stale = false;                               // the newest plan for this host is too old
  absl::Time valid_until = absl::InfiniteFuture();  // the least of all, and of `stale`

  // Null if the host does not have it.
  const ProductDecision* product(absl::string_view name) const;
};

// For each product of the host: the stream that speaks for it (of those whose newest plan matches
// and names it, the highest priority, then the lesser name), in it the newest plan, or its base
// while that one does not admit the host, is halted or cannot be followed; then the release: held,
// not withdrawn, not below floor or seen, a variant for this host, not bad here, its requirements
// met, not installed already.
Decision Decide(const Documents& documents, const HostView& host, const Clocks& clocks);

// Whether this host may follow one item of an assignment: Ok, or the refusal (trust::RefusalOf)
// that Decide would have given, and besides
//   VARIANT           not the host's own first TRUE variant; in a repair not the recorded one
//   NOT_IN_PLAN       the plan names another release for this product
//   MISSING_DOCUMENT  the plan is neither the newest one held of its stream nor that one's base; or
//                     the manifest is not held
//   OTHER_STREAM      another stream speaks for this product
// ALREADY_INSTALLED says that there is nothing to install; damage is repaired all the same
// (JudgeRepair). An item without a plan is judged as a repair.
//
// Ask again at the commit point, with Moment::kCommit. That spares the item's own plan, and no
// other: it may have ended since the run verified it, and still admits, is a base and speaks for
// its stream as it did. All else is judged anew. Any other plan that has ended speaks for nothing,
// just as in Decide: also the newest one that names the item's plan as its base, which from then on
// has its own priority only. At equal clocks, facts and documents kCommit refuses nothing that
// kVerify accepts. It is for a plan that this run judged at kVerify: if a check-in in between gave
// the item another plan, ask with kVerify, for that one may have ended long ago.
absl::Status JudgeItem(const Documents& documents, const HostView& host, const Clocks& clocks,
                       const trust::AssignmentItem& item, Moment moment = Moment::kVerify);

// Whether what is installed of `product` may be repaired: Ok, or NO_PLAN (nothing is installed),
// MISSING_DOCUMENT, NOT_IN_ROOT, EPOCH, BELOW_FLOOR, WITHDRAWN. No plan is needed (R6).
absl::Status JudgeRepair(const Documents& documents, const HostView& host,
                         absl::string_view product);

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_DECIDE_H_
