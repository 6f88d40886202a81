// One stream as one host sees it: which of its plans stand here, and how they admit the host.
// The middle of decide.h; nothing outside of rollout/ includes it.

#ifndef MIG_ROLLOUT_STREAM_VIEW_H_
#define MIG_ROLLOUT_STREAM_VIEW_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "rollout/admit.h"
#include "rollout/decide.h"

namespace mig::rollout {

struct StreamView {
  const StreamPlans* plans = nullptr;
  // Ok if the newest plan held is not below, or beside, what the host has seen.
  absl::Status newest_stands = absl::OkStatus();
  Admission newest = {};
  // There is a base, it is what the newest plan names, and it is in its own baseline; else BASE.
  absl::Status base_stands = absl::OkStatus();
  std::optional<Admission> base = std::nullopt;  // nothing: none is held

  const std::string& stream() const { return plans->newest->plan().stream(); }
};

// In the order of `documents.streams`. Every plan is seen as at kVerify, so what has ended speaks
// for nothing; but `spared`, the plan that is judged at the commit point, is seen as at kCommit.
std::vector<StreamView> ViewStreams(const Documents& documents, const HostView& host,
                                    const Clocks& clocks,
                                    const std::optional<base::Digest>& spared = std::nullopt);

// The plan by which a stream speaks for `product` on this host: its newest, if that matches, names
// the product and has not ended; else its base, if that stands, matches and names it. Null: the
// stream says nothing of it here.
const CheckedPlan* ClaimOn(const StreamView& view, absl::string_view product);

// Of all that claim `product`, the one of the highest priority, then of the lesser name; null:
// none.
const StreamView* SpeakerFor(const std::vector<StreamView>& views, absl::string_view product);

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_STREAM_VIEW_H_
