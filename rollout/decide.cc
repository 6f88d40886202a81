#include "rollout/decide.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "rollout/release_check.h"
#include "rollout/stream_view.h"
#include "trust/refusal.h"
#include "trust/seen.h"

namespace mig::rollout {
namespace {

using Place = PlanEvidence::Place;

void SetCode(PlanEvidence& evidence, const absl::Status& status) {
  const std::optional<v1::Refusal::Code> code = trust::RefusalOf(status);
  MIG_CHECK(code.has_value()) << status;
  evidence.code = *code;
  evidence.text = std::string(status.message());
}

v1::Refusal::Code CodeOf(RolloutState state) {
  switch (state) {
    case RolloutState::kNotStarted:
      return v1::Refusal::NOT_STARTED;
    case RolloutState::kHalted:
      return v1::Refusal::HALTED;
    case RolloutState::kRunning:
      break;
  }
  return v1::Refusal::NONE;
}

// One plan of `view` that names `product`. `valid_until` is lowered to when the release's own
// refusal ends, if time ends it; that the admission changes is for who looks at all streams.
PlanEvidence EvaluatePlan(const Documents& documents, const HostView& host, const Clocks& clocks,
                          const StreamView& view, Place place, const std::string& product,
                          absl::Time& valid_until) {
  const bool newest = place == Place::kNewest;
  PlanEvidence evidence{.plan = newest ? view.plans->newest : view.plans->base, .place = place};
  const trust::PlanItem& item = *evidence.plan->plan().item(product);
  evidence.admission = newest ? view.newest : *view.base;
  evidence.manifest = documents.manifest(item.manifest);
  if (evidence.manifest != nullptr) {
    evidence.variant = evidence.manifest->FirstMatchingVariant(*host.facts);
  }

  if (const absl::Status& stands = newest ? view.newest_stands : view.base_stands; !stands.ok()) {
    SetCode(evidence, stands);
    return evidence;
  }
  if (evidence.admission.code == v1::Refusal::NOT_MATCHED) {
    evidence.code = v1::Refusal::NOT_MATCHED;
    return evidence;
  }
  if (HasRelease(host, product, item.manifest)) {
    if (absl::Status held = CheckHeldRelease(documents, host, item); !held.ok()) {
      SetCode(evidence, held);
      return evidence;
    }
  }
  evidence.code = newest ? CodeOf(view.plans->state) : v1::Refusal::NONE;
  if (evidence.code == v1::Refusal::NONE) evidence.code = evidence.admission.code;
  if (evidence.code != v1::Refusal::NONE) return evidence;

  std::optional<absl::Time> lifted;
  const absl::Status release = CheckNewRelease(documents, host, clocks, item, lifted);
  if (!release.ok()) SetCode(evidence, release);
  if (lifted.has_value()) {
    NextChange next(clocks);
    next.AtNotBefore(*lifted);
    valid_until = std::min(valid_until, next.time());
  }
  return evidence;
}

// Whether the base speaks where the newest plan answers `code`: it does not admit the host yet, or
// its release cannot be had. A host that no variant is for, or that tried and failed, keeps what it
// has.
bool LeavesRoomForBase(v1::Refusal::Code code) {
  switch (code) {
    case v1::Refusal::NOT_MATCHED:
    case v1::Refusal::EXPIRED:
    case v1::Refusal::TOO_EARLY:
    case v1::Refusal::HELD_BACK:
    case v1::Refusal::HOLD:
    case v1::Refusal::WINDOW:
    case v1::Refusal::WAVES_CLOSED:
    case v1::Refusal::HALTED:
    case v1::Refusal::NOT_STARTED:
    case v1::Refusal::REQUIRES:
    case v1::Refusal::WITHDRAWN:
    case v1::Refusal::BELOW_FLOOR:
      return true;
    default:
      return false;
  }
}

bool Names(const CheckedPlan* plan, absl::string_view product) {
  return plan != nullptr && plan->plan().item(product) != nullptr;
}

// Newest and base of one stream, as far as they name `product`; what decides comes first.
std::vector<PlanEvidence> EvaluateStream(const Documents& documents, const HostView& host,
                                         const Clocks& clocks, const StreamView& view,
                                         const std::string& product, absl::Time& valid_until) {
  std::vector<PlanEvidence> evidence;
  const auto evaluate = [&](Place place) {
    evidence.push_back(EvaluatePlan(documents, host, clocks, view, place, product, valid_until));
  };
  if (Names(view.plans->newest, product)) evaluate(Place::kNewest);
  const bool has_target =
      !evidence.empty() &&
      HasRelease(host, product, view.plans->newest->plan().item(product)->manifest);
  const bool room = evidence.empty() || (!has_target && LeavesRoomForBase(evidence[0].code));
  if (!room || !Names(view.plans->base, product)) return evidence;

  evaluate(Place::kBase);
  if (evidence.back().code == v1::Refusal::NONE) std::swap(evidence.front(), evidence.back());
  return evidence;
}

// Until when the stream's plans for `product` admit as they do now, and claim it as they do now;
// also a base that is not asked now may claim it later.
absl::Time AdmissionsHold(const StreamView& view, absl::string_view product) {
  absl::Time until = absl::InfiniteFuture();
  if (Names(view.plans->newest, product)) until = view.newest.valid_until;
  if (Names(view.plans->base, product)) until = std::min(until, view.base->valid_until);
  return until;
}

// A stream that would speak, but for `speaker`.
void MarkOtherStream(const StreamView& speaker, std::vector<PlanEvidence>& evidence) {
  for (PlanEvidence& one : evidence) {
    one.code = v1::Refusal::OTHER_STREAM;
    one.text = absl::StrCat("stream ", speaker.stream(), " speaks for it here");
  }
}

ProductDecision DecideProduct(const Documents& documents, const HostView& host,
                              const Clocks& clocks, const std::vector<StreamView>& views,
                              const std::string& product) {
  ProductDecision decision{.product = product};
  const StreamView* speaker = SpeakerFor(views, product);
  for (const StreamView& view : views) {
    decision.valid_until = std::min(decision.valid_until, AdmissionsHold(view, product));
    std::vector<PlanEvidence> evidence =
        EvaluateStream(documents, host, clocks, view, product, decision.valid_until);
    const bool loses = speaker != nullptr && &view != speaker && ClaimOn(view, product) != nullptr;
    if (loses) MarkOtherStream(*speaker, evidence);
    const auto place = &view == speaker ? decision.evidence.begin() : decision.evidence.end();
    decision.evidence.insert(place, std::make_move_iterator(evidence.begin()),
                             std::make_move_iterator(evidence.end()));
  }
  if (decision.evidence.empty()) {
    decision.code = v1::Refusal::NO_PLAN;
    return decision;
  }
  if (speaker == nullptr) {
    // Nobody speaks for it; that it has what an ended plan named says more than that this ended.
    const auto has = std::find_if(
        decision.evidence.begin(), decision.evidence.end(),
        [](const PlanEvidence& one) { return one.code == v1::Refusal::ALREADY_INSTALLED; });
    if (has != decision.evidence.end()) std::rotate(decision.evidence.begin(), has, has + 1);
  }
  const PlanEvidence& decided = decision.evidence.front();
  decision.code = decided.code;
  if (decided.code == v1::Refusal::NONE) {
    decision.manifest = decided.manifest->digest();
    decision.variant = *decided.variant;
    decision.plan = decided.plan->digest();
  }
  return decision;
}

// docs/protocol.md, "What is seen". A stream without a plan for this host makes nobody STALE while
// another one has one.
bool IsStale(const Documents& documents, const HostView& host, const Clocks& clocks,
             const std::vector<StreamView>& views, NextChange& next) {
  const absl::Duration most = documents.root->plan_rules().max_plan_age;
  bool matched = false;
  bool stale = false;
  const auto look = [&](absl::Time issued) {
    // "Older than", in whole milliseconds.
    const absl::Time too_old = issued + most + absl::Milliseconds(1);
    stale = stale || clocks.not_after >= too_old;
    next.AtNotAfter(too_old);
  };
  for (const StreamView& view : views) {
    if (!view.newest_stands.ok()) continue;
    if (view.newest.filter == Truth::kTrue) {
      matched = true;
      look(view.plans->newest->plan().head().issued);
    }
    matched = matched || (view.base.has_value() && view.base->filter == Truth::kTrue);
  }
  if (!matched) {
    const std::optional<absl::Time>& since =
        host.last_match_issued.has_value() ? host.last_match_issued : host.state->enrolled;
    if (since.has_value()) look(*since);
  }
  return stale;
}

absl::Status JudgePlanned(const Documents& documents, const HostView& host, const Clocks& clocks,
                          const trust::AssignmentItem& item, Moment moment) {
  const bool at_commit = moment == Moment::kCommit;
  const std::vector<StreamView> views =
      ViewStreams(documents, host, clocks, at_commit ? item.plan : std::nullopt);
  const StreamView* view = nullptr;
  Place place = Place::kNewest;
  for (const StreamView& one : views) {
    const bool newest = one.plans->newest->digest() == *item.plan;
    if (!newest && (one.plans->base == nullptr || one.plans->base->digest() != *item.plan))
      continue;
    view = &one;
    place = newest ? Place::kNewest : Place::kBase;
  }
  if (view == nullptr) {
    return trust::Refuse(
        v1::Refusal::MISSING_DOCUMENT,
        absl::StrCat(item.product, ": the plan ", item.plan->ToHex().substr(0, 12),
                     ".. is neither the newest one held of a stream nor its base"));
  }
  const CheckedPlan& plan = place == Place::kNewest ? *view->plans->newest : *view->plans->base;
  const trust::PlanItem* named = plan.plan().item(item.product);
  if (named != nullptr && named->fallback == item.manifest) {
    return trust::Refuse(v1::Refusal::FALLBACK,
                         absl::StrCat(item.product, ": this version follows no plan's fallback"));
  }
  if (named == nullptr || named->manifest != item.manifest) {
    return trust::Refuse(v1::Refusal::NOT_IN_PLAN,
                         absl::StrCat("plan '", plan.plan().name(),
                                      "' does not name this manifest for ", item.product));
  }
  const StreamView* speaker = SpeakerFor(views, item.product);
  if (speaker != nullptr && speaker != view) {
    return trust::Refuse(v1::Refusal::OTHER_STREAM,
                         absl::StrCat(item.product, ": stream ", speaker->stream(),
                                      " speaks for it here, not ", view->stream()));
  }

  absl::Time unused = absl::InfiniteFuture();
  const PlanEvidence evidence =
      EvaluatePlan(documents, host, clocks, *view, place, item.product, unused);
  if (evidence.code != v1::Refusal::NONE) {
    return trust::Refuse(evidence.code,
                         absl::StrCat(item.product, ": plan '", plan.plan().name(), "': ",
                                      evidence.text.empty() ? v1::Refusal::Code_Name(evidence.code)
                                                            : evidence.text));
  }
  if (evidence.variant != item.variant) {
    return trust::Refuse(v1::Refusal::VARIANT,
                         absl::StrCat(item.product, ": variant ", item.variant,
                                      " was assigned, this host's own is ", *evidence.variant));
  }
  return absl::OkStatus();
}

}  // namespace

const CheckedManifest* Documents::manifest(const base::Digest& digest) const {
  const auto found = manifests.find(digest);
  return found == manifests.end() ? nullptr : found->second;
}

const ProductDecision* Decision::product(absl::string_view name) const {
  for (const ProductDecision& decision : products) {
    if (decision.product == name) return &decision;
  }
  return nullptr;
}

Decision Decide(const Documents& documents, const HostView& host, const Clocks& clocks) {
  const std::vector<StreamView> views = ViewStreams(documents, host, clocks);
  Decision decision;
  for (const std::string& product : host.products) {
    decision.products.push_back(DecideProduct(documents, host, clocks, views, product));
    decision.valid_until = std::min(decision.valid_until, decision.products.back().valid_until);
  }
  NextChange next(clocks);
  decision.stale = IsStale(documents, host, clocks, views, next);
  decision.valid_until = std::min(decision.valid_until, next.time());
  return decision;
}

absl::Status JudgeRepair(const Documents& documents, const HostView& host,
                         absl::string_view product) {
  const trust::TrustedProduct* state = host.state->product(product);
  if (state == nullptr || !state->installed.has_value()) {
    return trust::Refuse(v1::Refusal::NO_PLAN,
                         absl::StrCat(product, ": nothing is installed that could be repaired"));
  }
  const CheckedManifest* installed = documents.manifest(state->installed->manifest);
  if (installed == nullptr) {
    return trust::Refuse(v1::Refusal::MISSING_DOCUMENT,
                         absl::StrCat(product, ": the installed release's manifest is not held"));
  }
  return trust::JudgeManifest(*host.state, *documents.root, installed->verified(),
                              trust::ManifestUse::kRepair);
}

absl::Status JudgeItem(const Documents& documents, const HostView& host, const Clocks& clocks,
                       const trust::AssignmentItem& item, Moment moment) {
  if (item.plan.has_value()) return JudgePlanned(documents, host, clocks, item, moment);

  if (!HasRelease(host, item.product, item.manifest)) {
    return trust::Refuse(v1::Refusal::NO_PLAN,
                         absl::StrCat(item.product,
                                      ": an item without a plan may name the installed release "
                                      "only"));
  }
  const uint32_t recorded = host.state->product(item.product)->installed->variant;
  if (item.variant != recorded) {
    return trust::Refuse(v1::Refusal::VARIANT,
                         absl::StrCat(item.product, ": a repair in variant ", item.variant,
                                      ", but variant ", recorded, " is installed"));
  }
  return JudgeRepair(documents, host, item.product);
}

}  // namespace mig::rollout
