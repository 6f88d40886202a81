#include "coordinator/handlers/rollouts/rollout_view.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "coordinator/handlers/operators/cut_text.h"
#include "trust/public_key.h"

namespace mig::coordinator {
namespace {

using Progress = RolloutProgress::State;

bool IsSuperseded(const Snapshot& snapshot, const trust::Plan& plan) {
  return std::ranges::any_of(
      snapshot.decidable().streams, [&plan](const rollout::StreamPlans& plans) {
        const trust::Plan& newest = plans.newest->plan();
        return newest.stream() == plan.stream() && newest.rollout() != plan.rollout() &&
               plans.state != rollout::RolloutState::kNotStarted &&
               plan.numbers() < newest.numbers();
      });
}

// What is still to open waits for a re-signed plan.
bool WaitsForPeople(const trust::Plan& plan, absl::Time now) {
  bool held = false;
  for (const trust::Wave& wave : plan.waves()) {
    if (!wave.hold && wave.not_before + wave.ramp > now) return false;
    held = held || wave.hold;
  }
  return held;
}

v1::HostCounts CountsOf(const OfferCounts& offers, uint64_t expected) {
  v1::HostCounts counts;
  // A host that has changed since may have been offered from elsewhere.
  counts.set_expected(std::max(expected, offers.offered));
  counts.set_offered(offers.offered);
  counts.set_healthy(offers.healthy);
  counts.set_soaking(offers.soaking);
  counts.set_failed(offers.failed);
  counts.set_silent(offers.silent);
  counts.set_pending(offers.pending);
  counts.set_uncounted(offers.uncounted);
  return counts;
}

void AddInto(const v1::HostCounts& part, v1::HostCounts& sum) {
  sum.set_expected(sum.expected() + part.expected());
  sum.set_offered(sum.offered() + part.offered());
  sum.set_healthy(sum.healthy() + part.healthy());
  sum.set_soaking(sum.soaking() + part.soaking());
  sum.set_failed(sum.failed() + part.failed());
  sum.set_silent(sum.silent() + part.silent());
  sum.set_pending(sum.pending() + part.pending());
  sum.set_uncounted(sum.uncounted() + part.uncounted());
}

OfferCounts At(const RolloutLedger::Totals& totals, const OfferPlace& place) {
  const auto found = totals.places.find(place);
  return found == totals.places.end() ? OfferCounts() : found->second;
}

v1::WaveState::State WaveStateOf(bool hold, absl::Time not_before, absl::Time full,
                                 v1::Rollout::State rollout, absl::Time now) {
  if (rollout == v1::Rollout::HALTED || rollout == v1::Rollout::FALLING_BACK) {
    return now >= not_before ? v1::WaveState::STOPPED : v1::WaveState::WAITING;
  }
  if (hold) return v1::WaveState::ON_HOLD;
  if (rollout == v1::Rollout::READY || now < not_before) return v1::WaveState::WAITING;
  // Without gates a wave has passed when it is wholly open and has soaked.
  return now >= full ? v1::WaveState::PASSED : v1::WaveState::OPEN;
}

void AddWaves(const trust::Plan& plan, const RolloutLedger::Totals& totals,
              const Census::PlanCount& expected, absl::Time now, v1::Rollout& view) {
  if (plan.canaries().has_value()) {
    v1::WaveState& canary = *view.add_waves();
    const trust::Canaries& canaries = *plan.canaries();
    canary.set_name("canary");
    canary.set_not_before_ms(absl::ToUnixMillis(canaries.not_before));
    canary.set_state(WaveStateOf(false, canaries.not_before, canaries.not_before + canaries.soak,
                                 view.state(), now));
    *canary.mutable_hosts() = CountsOf(At(totals, {.kind = OfferKind::kCanary}), expected.canaries);
  }
  for (size_t i = 0; i < plan.waves().size(); ++i) {
    const trust::Wave& wave = plan.waves()[i];
    v1::WaveState& state = *view.add_waves();
    state.set_name(wave.name.empty() ? absl::StrCat(i + 1) : wave.name);
    state.set_not_before_ms(absl::ToUnixMillis(wave.not_before));
    state.set_state(WaveStateOf(wave.hold, wave.not_before, wave.not_before + wave.ramp + wave.soak,
                                view.state(), now));
    *state.mutable_hosts() =
        CountsOf(At(totals, {.kind = OfferKind::kWave, .wave = static_cast<uint32_t>(i)}),
                 i < expected.waves.size() ? expected.waves[i] : 0);
  }
}

void AddFailures(const RolloutLedger::Totals& totals, v1::Rollout& view) {
  std::vector<std::pair<FailureKind, uint64_t>> kinds(totals.failures.begin(),
                                                      totals.failures.end());
  std::ranges::stable_sort(kinds, std::greater<>(), [](const auto& kind) { return kind.second; });
  if (kinds.size() > base::kMaxFailureKinds) kinds.resize(base::kMaxFailureKinds);
  for (const auto& [kind, hosts] : kinds) {
    v1::FailureCluster& cluster = *view.add_failures();
    cluster.set_stage(kind.stage);
    cluster.mutable_refusal()->set_code(kind.code);
    cluster.mutable_refusal()->set_exit_status(kind.exit_status);
    cluster.set_hosts(hosts);
  }
}

// The version of `product` that most hosts had before: by their outcomes, which stand whatever they
// did since, and of those that have reported nothing by what they have. Empty: none is known.
std::string VersionBefore(const Snapshot& snapshot, const std::string& product,
                          const RolloutLedger::Totals& totals, const Census::PlanCount& expected) {
  std::map<RolloutLedger::Release, uint64_t> hosts = totals.before;
  for (const auto& [release, count] : expected.before) hosts[release] += count;
  std::string version;
  uint64_t most = 0;
  for (const auto& [release, count] : hosts) {
    const rollout::CheckedManifest* manifest = snapshot.manifest(release.manifest);
    const bool is_of_it = manifest != nullptr && release.product == product &&
                          manifest->manifest().product() == product;
    if (!is_of_it || count <= most) continue;
    most = count;
    version = manifest->manifest().version();
  }
  return version;
}

void AddChanges(const Snapshot& snapshot, const trust::Plan& plan,
                const RolloutLedger::Totals& totals, const Census::PlanCount& expected,
                v1::Rollout& view) {
  for (const trust::PlanItem& item : plan.items()) {
    v1::ProductChange& change = *view.add_changes();
    change.set_product(item.product);
    const rollout::CheckedManifest* target = snapshot.manifest(item.manifest);
    if (target != nullptr) change.set_to_version(target->manifest().version());
    change.set_from_version(VersionBefore(snapshot, item.product, totals, expected));
  }
}

void AddSigners(const Snapshot& snapshot, const rollout::CheckedPlan& plan, v1::Rollout& view) {
  std::vector<std::string> names;
  for (const trust::RoleKey& key : snapshot.root()->role(trust::RoleKind::kRollout).keys) {
    const std::vector<trust::KeyId>& signers = plan.verified().signers();
    if (std::ranges::find(signers, key.key.id()) != signers.end()) names.push_back(key.name);
  }
  std::ranges::sort(names);
  for (const std::string& name : names) view.add_signed_by(name);
}

v1::RolloutEvent::Kind KindOf(const RolloutEvent& event) {
  switch (event.kind) {
    case RolloutEventKind::kStarted:
      return v1::RolloutEvent::STARTED;
    case RolloutEventKind::kPlanReplaced:
      return v1::RolloutEvent::RE_SIGNED;
    case RolloutEventKind::kHalted:
      return event.actor.empty() ? v1::RolloutEvent::HALTED_BY_GATE
                                 : v1::RolloutEvent::HALTED_BY_PERSON;
    case RolloutEventKind::kResumed:
      return v1::RolloutEvent::RESUMED;
    case RolloutEventKind::kFallingBack:
      return v1::RolloutEvent::FALLBACK_ORDERED;
    case RolloutEventKind::kWavePassed:
      return v1::RolloutEvent::WAVE_PASSED;
    case RolloutEventKind::kEnded:
      break;
  }
  return v1::RolloutEvent::FINISHED;
}

}  // namespace

v1::Rollout::State RolloutStateOf(const Snapshot& snapshot, const rollout::CheckedPlan& plan,
                                  absl::Time now) {
  switch (snapshot.progress(plan.plan().rollout()).state) {
    case Progress::kNotStarted:
      return v1::Rollout::READY;
    case Progress::kHalted:
      return v1::Rollout::HALTED;
    case Progress::kFallingBack:
      return v1::Rollout::FALLING_BACK;
    case Progress::kEnded:
      return v1::Rollout::ENDED;
    case Progress::kRunning:
      break;
  }
  switch (plan.PhaseAt(snapshot.ClocksAt(now), rollout::Moment::kVerify)) {
    case rollout::PlanPhase::kEnded:
      return v1::Rollout::ENDED;
    case rollout::PlanPhase::kBaseline:
      return IsSuperseded(snapshot, plan.plan()) ? v1::Rollout::SUPERSEDED : v1::Rollout::BASELINE;
    case rollout::PlanPhase::kRunning:
      break;
  }
  if (IsSuperseded(snapshot, plan.plan())) return v1::Rollout::SUPERSEDED;
  return WaitsForPeople(plan.plan(), now) ? v1::Rollout::PAUSED : v1::Rollout::RUNNING;
}

CountRules CountRulesFor(const trust::Plan& plan, absl::Time now) {
  CountRules rules{.now = now};
  if (plan.gates().has_value()) rules.overdue = absl::Milliseconds(plan.gates()->overdue_ms());
  if (plan.canaries().has_value()) rules.canary_soak = plan.canaries()->soak;
  for (const trust::Wave& wave : plan.waves()) rules.wave_soaks.push_back(wave.soak);
  return rules;
}

v1::Rollout RolloutOf(const Snapshot& snapshot, const rollout::CheckedPlan& plan,
                      const RolloutLedger::Totals& totals, const Census::PlanCount& expected,
                      absl::Time now) {
  const RolloutProgress& progress = snapshot.progress(plan.plan().rollout());
  v1::Rollout view;
  view.set_name(plan.plan().name());
  view.set_rollout(std::string(plan.plan().rollout().bytes()));
  view.set_plan_digest(std::string(plan.digest().bytes()));
  view.set_state(RolloutStateOf(snapshot, plan, now));
  if (view.state() == v1::Rollout::HALTED) {
    view.mutable_why()->set_code(v1::Refusal::HALTED);
    view.mutable_why()->set_text(std::string(CutText(progress.halt_reason, 256)));
  } else if (view.state() == v1::Rollout::PAUSED) {
    view.mutable_why()->set_code(v1::Refusal::HOLD);
    view.mutable_why()->set_text("a wave waits for a re-signed plan");
  }
  if (progress.started_at != absl::InfinitePast()) {
    view.set_started_by(progress.started_by);
    view.set_started_ms(absl::ToUnixMillis(progress.started_at));
  }
  AddWaves(plan.plan(), totals, expected, now, view);
  for (const v1::WaveState& wave : view.waves()) AddInto(wave.hosts(), *view.mutable_total());
  AddInto(CountsOf(At(totals, {.kind = OfferKind::kBaseline}), 0), *view.mutable_total());
  AddFailures(totals, view);
  view.set_last_event(progress.last_event);
  AddChanges(snapshot, plan.plan(), totals, expected, view);
  AddSigners(snapshot, plan, view);
  return view;
}

v1::RolloutEvent EventOf(const RolloutEvent& event) {
  v1::RolloutEvent view;
  view.set_number(event.seq);
  view.set_time_ms(absl::ToUnixMillis(event.at));
  view.set_kind(KindOf(event));
  view.set_by(event.actor);
  view.set_text(event.reason);
  view.set_wave(event.wave);
  view.set_plan_digest(std::string(event.plan.bytes()));
  return view;
}

}  // namespace mig::coordinator
