#include "coordinator/fleet/snapshot.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "trust/times.h"

namespace mig::coordinator {
namespace {

using State = RolloutProgress::State;

rollout::RolloutState DecidableState(State state) {
  switch (state) {
    case State::kNotStarted:
      return rollout::RolloutState::kNotStarted;
    case State::kRunning:
      return rollout::RolloutState::kRunning;
    case State::kHalted:
    case State::kFallingBack:
    case State::kEnded:
      break;
  }
  return rollout::RolloutState::kHalted;
}

// Whether a plan speaks for its stream before one with `than`: one that was started before one that
// was not, then the higher number.
struct Claim {
  bool started = false;
  trust::Numbers numbers;
  friend auto operator<=>(const Claim&, const Claim&) = default;
};

}  // namespace

Snapshot::Snapshot(std::vector<trust::Verified<trust::Root>> roots, HeldDocuments documents,
                   Rollouts rollouts)
    : roots_(std::move(roots)), documents_(std::move(documents)), rollouts_(std::move(rollouts)) {
  MIG_CHECK(!roots_.empty()) << "a coordinator has a root";
  newest_issued_ = root()->head().issued;
  for (const auto& [digest, held] : documents_) {
    if (held->manifest != nullptr) {
      newest_issued_ = std::max(newest_issued_, held->manifest->manifest().head().issued);
      decidable_.manifests.emplace(digest, held->manifest.get());
    }
    if (held->plan != nullptr) {
      newest_issued_ = std::max(newest_issued_, held->plan->plan().head().issued);
    }
  }
  decidable_.root = &*root();
  ChoosePlans();
}

void Snapshot::ChoosePlans() {
  for (const trust::RootStream& stream : root()->streams()) {
    const rollout::CheckedPlan* newest = nullptr;
    Claim best;
    for (const auto& [digest, held] : documents_) {
      if (held->plan == nullptr) continue;
      const trust::Plan& plan = held->plan->plan();
      if (plan.stream() != stream.stream || plan.numbers().epoch != stream.epoch) continue;
      const RolloutProgress& known = progress(plan.rollout());
      const bool started = known.state != State::kNotStarted;
      // Of a rollout that was started only the plan in force counts.
      if (started && known.plan != digest) continue;
      const Claim claim{.started = started, .numbers = plan.numbers()};
      if (newest != nullptr && claim < best) continue;
      newest = held->plan.get();
      best = claim;
    }
    if (newest == nullptr) continue;

    rollout::StreamPlans chosen{.newest = newest};
    chosen.state = DecidableState(progress(newest->plan().rollout()).state);
    chosen.base = StandingBase(newest->plan());
    decidable_.streams.push_back(chosen);
  }
}

// A rollout that was halted, or that nobody has started, is no base for another one.
const rollout::CheckedPlan* Snapshot::StandingBase(const trust::Plan& newest) const {
  if (!newest.base().has_value()) return nullptr;
  const rollout::CheckedPlan* base = plan(*newest.base());
  const bool runs = base != nullptr && progress(base->plan().rollout()).state == State::kRunning;
  return runs ? base : nullptr;
}

const HeldDocument* Snapshot::document(const base::Digest& digest) const {
  const auto found = documents_.find(digest);
  return found == documents_.end() ? nullptr : found->second.get();
}

const rollout::CheckedManifest* Snapshot::manifest(const base::Digest& digest) const {
  const HeldDocument* held = document(digest);
  return held == nullptr ? nullptr : held->manifest.get();
}

const rollout::CheckedPlan* Snapshot::plan(const base::Digest& digest) const {
  const HeldDocument* held = document(digest);
  return held == nullptr ? nullptr : held->plan.get();
}

const RolloutProgress& Snapshot::progress(const RolloutId& rollout) const {
  const auto found = rollouts_.find(rollout);
  return found == rollouts_.end() ? nothing_ : found->second;
}

const rollout::CheckedPlan* Snapshot::plan_of(const RolloutId& rollout) const {
  const RolloutProgress& known = progress(rollout);
  if (known.state != State::kNotStarted) return plan(known.plan);
  const rollout::CheckedPlan* newest = nullptr;
  for (const auto& [digest, held] : documents_) {
    if (held->plan == nullptr || held->plan->plan().rollout() != rollout) continue;
    if (newest == nullptr || newest->plan().numbers() < held->plan->plan().numbers()) {
      newest = held->plan.get();
    }
  }
  return newest;
}

const rollout::CheckedPlan* Snapshot::plan_named(absl::string_view name) const {
  const rollout::CheckedPlan* newest = nullptr;
  for (const auto& [digest, held] : documents_) {
    if (held->plan == nullptr || held->plan->plan().name() != name) continue;
    const trust::Plan& one = held->plan->plan();
    if (newest == nullptr || newest->plan().head().issued < one.head().issued) {
      newest = held->plan.get();
    }
  }
  return newest == nullptr ? nullptr : plan_of(newest->plan().rollout());
}

rollout::Clocks Snapshot::ClocksAt(absl::Time now) const {
  rollout::Clocks clocks = rollout::Clocks::All(now);
  clocks.not_after = trust::NotAfterNow(now, {&newest_issued_, 1});
  return clocks;
}

}  // namespace mig::coordinator
