#include "coordinator/handlers/rollouts/admin_rollouts.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "coordinator/handlers/documents/document_view.h"
#include "coordinator/handlers/operators/page.h"
#include "coordinator/handlers/rollouts/rollout_view.h"
#include "trust/fields.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

using Progress = RolloutProgress::State;

constexpr int kTries = 3;

absl::StatusOr<const rollout::CheckedPlan*> FindPlan(const Snapshot& snapshot,
                                                     absl::string_view name) {
  const rollout::CheckedPlan* plan = snapshot.plan_named(name);
  if (plan != nullptr) return plan;
  for (const auto& [digest, held] : snapshot.documents()) {
    if (held->record.type == DocumentType::kPlan && held->record.title == name) {
      return trust::WithContext(absl::StrCat("plan '", name, "'"), held->verdict);
    }
  }
  return trust::Refuse(
      v1::Refusal::NOT_FOUND,
      absl::StrCat("there is no rollout '", base::Escaped(name, 64), "'; see migctl rollout list"));
}

// (Start and halt count the inventory before they append: the answer is made by the thread that
// commits, which then finds the count and reads nothing.)

// What hosts would be given must be here, wholly, before anybody is told of it.
absl::Status CheckContents(const Snapshot& snapshot, const trust::Plan& plan, BlobStore& blobs) {
  for (const trust::PlanItem& item : plan.items()) {
    const rollout::CheckedManifest* manifest = snapshot.manifest(item.manifest);
    if (manifest == nullptr) {
      return trust::Refuse(
          v1::Refusal::MISSING_DOCUMENT,
          absl::StrCat("the release of ", item.product, " does not verify now; sign it first"));
    }
    const std::set<base::Digest> missing = MissingContents(manifest->manifest(), blobs);
    if (missing.empty()) continue;
    return trust::Refuse(
        v1::Refusal::MISSING_DOCUMENT,
        absl::StrCat(item.product, "@", manifest->manifest().version(), ": ", missing.size(),
                     " contents are not stored, the first is ",
                     missing.begin()->ToHex().substr(0, 12), "..; publish the release again"));
  }
  return absl::OkStatus();
}

absl::Status CheckStartable(const Snapshot& snapshot, const rollout::CheckedPlan& plan,
                            const v1::StartRolloutRequest& request, BlobStore& blobs,
                            absl::Time now) {
  MIG_RETURN_IF_ERROR(CheckReason(request.why().reason(), Needed::kNo));
  if (absl::string_view(request.plan_digest()) != plan.digest().bytes()) {
    return trust::Refuse(v1::Refusal::CHANGED_MEANWHILE,
                         absl::StrCat("the newest plan of '", plan.plan().name(), "' is ",
                                      plan.digest().ToHex().substr(0, 12),
                                      "..; look at it again (migctl plan show)"));
  }
  const rollout::Clocks clocks = snapshot.ClocksAt(now);
  if (plan.PhaseAt(clocks, rollout::Moment::kVerify) == rollout::PlanPhase::kEnded) {
    return trust::Refuse(v1::Refusal::EXPIRED,
                         absl::StrCat("plan '", plan.plan().name(), "' ended at ",
                                      absl::FormatTime(plan.EndsAt(clocks), absl::UTCTimeZone())));
  }
  return CheckContents(snapshot, plan.plan(), blobs);
}

}  // namespace

absl::StatusOr<v1::Rollout> AdminRollouts::View(absl::string_view name, absl::Time now) {
  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  MIG_ASSIGN_OR_RETURN(const rollout::CheckedPlan* plan, FindPlan(*snapshot, name));
  return ViewOf(*snapshot, *plan, now);
}

absl::StatusOr<v1::Rollout> AdminRollouts::ViewOf(const Snapshot& snapshot,
                                                  const rollout::CheckedPlan& plan,
                                                  absl::Time now) {
  MIG_ASSIGN_OR_RETURN(const Census::PlanCount expected, census_.ForPlan(plan, now));
  const RolloutLedger::Totals totals =
      fleet_.ledger().Count(plan.plan().rollout(), CountRulesFor(plan.plan(), now));
  return RolloutOf(snapshot, plan, totals, expected, now);
}

void AdminRollouts::StartRollout(const Peer& peer, const v1::StartRolloutRequest& request,
                                 Done<v1::Rollout> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "StartRollout");
  if (!caller.ok()) return done(caller.status());
  if (absl::Status s = fleet_.CheckNotBehind(); !s.ok()) return done(s);
  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  const absl::StatusOr<const rollout::CheckedPlan*> plan = FindPlan(*snapshot, request.name());
  if (!plan.ok()) return done(plan.status());
  const absl::Time now = caller->now;
  if (absl::Status s = CheckStartable(*snapshot, **plan, request, blobs_, now); !s.ok()) {
    return done(s);
  }
  const RolloutProgress& progress = snapshot->progress((*plan)->plan().rollout());
  if (progress.state == Progress::kRunning) return done(ViewOf(*snapshot, **plan, now));
  if (progress.state != Progress::kNotStarted) {
    return done(
        trust::Refuse(v1::Refusal::HALTED,
                      absl::StrCat("'", request.name(), "' was halted (", progress.halt_reason,
                                   "); what goes on is a new plan with another rollout")));
  }
  if (absl::Status s = census_.ForPlan(**plan, now).status(); !s.ok()) return done(s);
  RolloutEvent event{.rollout = (*plan)->plan().rollout(),
                     .seq = progress.last_event + 1,
                     .kind = RolloutEventKind::kStarted,
                     .at = now,
                     .plan = (*plan)->digest(),
                     .actor = caller->name(),
                     .reason = request.why().reason()};
  WriteBatch batch = {AppendEvent{std::move(event)},
                      AppendAudit{AuditOf(*caller, "rollout.start", request.name(),
                                          request.why().reason(), (*plan)->digest().ToHex())}};
  fleet_.Append(std::move(batch), [this, name = request.name(), now, done = std::move(done)](
                                      const absl::StatusOr<Written>& written) mutable {
    // Aborted: somebody else was faster; what there is now says who.
    if (!written.ok() && !absl::IsAborted(written.status())) return done(written.status());
    done(View(name, now));
  });
}

void AdminRollouts::HaltRollout(const Peer& peer, const v1::HaltRolloutRequest& request,
                                Done<v1::Rollout> done) {
  absl::StatusOr<Caller> caller = door_.Admit(peer, "HaltRollout");
  if (!caller.ok()) return done(caller.status());
  if (absl::Status s = CheckReason(request.why().reason(), Needed::kYes); !s.ok()) return done(s);
  Halt(*std::move(caller), request.name(), request.why().reason(), kTries, std::move(done));
}

void AdminRollouts::Halt(Caller caller, std::string name, std::string reason, int tries_left,
                         Done<v1::Rollout> done) {
  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  const absl::StatusOr<const rollout::CheckedPlan*> plan = FindPlan(*snapshot, name);
  if (!plan.ok()) return done(plan.status());
  const RolloutProgress& progress = snapshot->progress((*plan)->plan().rollout());
  const bool can_halt =
      progress.state == Progress::kRunning || progress.state == Progress::kNotStarted;
  if (!can_halt) return done(ViewOf(*snapshot, **plan, caller.now));

  if (absl::Status s = census_.ForPlan(**plan, caller.now).status(); !s.ok()) return done(s);
  RolloutEvent event{.rollout = (*plan)->plan().rollout(),
                     .seq = progress.last_event + 1,
                     .kind = RolloutEventKind::kHalted,
                     .at = caller.now,
                     .plan = (*plan)->digest(),
                     .actor = caller.name(),
                     .reason = reason};
  WriteBatch batch = {AppendEvent{std::move(event)},
                      AppendAudit{AuditOf(caller, "rollout.halt", name, reason, "")}};
  fleet_.Append(std::move(batch), [this, caller = std::move(caller), name = std::move(name),
                                   reason = std::move(reason), tries_left, done = std::move(done)](
                                      const absl::StatusOr<Written>& written) mutable {
    if (absl::IsAborted(written.status()) && tries_left > 1) {
      return Halt(std::move(caller), std::move(name), std::move(reason), tries_left - 1,
                  std::move(done));
    }
    if (!written.ok()) return done(written.status());
    done(View(name, caller.now));
  });
}

void AdminRollouts::GetRollout(const Peer& peer, const v1::GetRolloutRequest& request,
                               Done<v1::Rollout> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "GetRollout");
  if (!caller.ok()) return done(caller.status());
  done(View(request.name(), caller->now));
}

void AdminRollouts::Watch(const Peer& peer, const v1::GetRolloutRequest& request,
                          Done<v1::Rollout> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "WatchRollout");
  if (!caller.ok()) return done(caller.status());
  done(View(request.name(), caller->now));
}

bool AdminRollouts::IsFinal(const v1::Rollout& rollout) {
  switch (rollout.state()) {
    case v1::Rollout::HALTED:
    case v1::Rollout::BASELINE:
    case v1::Rollout::SUPERSEDED:
    case v1::Rollout::ENDED:
      return true;
    default:
      return false;
  }
}

void AdminRollouts::ListRollouts(const Peer& peer, const v1::ListRolloutsRequest& request,
                                 Done<v1::ListRolloutsAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "ListRollouts");
  if (!caller.ok()) return done(caller.status());
  const absl::StatusOr<size_t> rows = PageRows(request.page());
  if (!rows.ok()) return done(rows.status());

  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  std::set<RolloutId> ids;
  for (const auto& [digest, held] : snapshot->documents()) {
    if (held->plan != nullptr) ids.insert(held->plan->plan().rollout());
  }
  // Newest first: by first issue, then id; the token is the last one's id.
  std::vector<const rollout::CheckedPlan*> plans;
  for (const RolloutId& id : ids) {
    const rollout::CheckedPlan* plan = snapshot->plan_of(id);
    if (plan == nullptr) continue;
    const bool wanted = request.state() == v1::Rollout::STATE_UNSPECIFIED ||
                        RolloutStateOf(*snapshot, *plan, caller->now) == request.state();
    if (wanted) plans.push_back(plan);
  }
  std::ranges::sort(plans, std::greater<>(), [](const rollout::CheckedPlan* plan) {
    return std::make_pair(plan->plan().first_issued(), plan->plan().rollout());
  });
  auto next = plans.begin();
  if (!request.page().token().empty()) {
    next = std::ranges::find(plans, request.page().token(), [](const rollout::CheckedPlan* plan) {
      return plan->plan().rollout().ToHex();
    });
    if (next != plans.end()) ++next;
  }
  v1::ListRolloutsAnswer answer;
  for (; next != plans.end(); ++next) {
    if (static_cast<size_t>(answer.rollouts_size()) == *rows) {
      answer.set_next_token((*std::prev(next))->plan().rollout().ToHex());
      break;
    }
    absl::StatusOr<v1::Rollout> view = ViewOf(*snapshot, **next, caller->now);
    if (!view.ok()) return done(view.status());
    *answer.add_rollouts() = *std::move(view);
  }
  done(std::move(answer));
}

void AdminRollouts::ListRolloutEvents(const Peer& peer, const v1::ListRolloutEventsRequest& request,
                                      Done<v1::ListRolloutEventsAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "ListRolloutEvents");
  if (!caller.ok()) return done(caller.status());
  const absl::StatusOr<size_t> rows = PageRows(request.page());
  if (!rows.ok()) return done(rows.status());
  const absl::StatusOr<uint64_t> after = NumberToken(request.page());
  if (!after.ok()) return done(after.status());
  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  const absl::StatusOr<const rollout::CheckedPlan*> plan = FindPlan(*snapshot, request.name());
  if (!plan.ok()) return done(plan.status());
  const absl::StatusOr<std::vector<RolloutEvent>> events = fleet_.store().ListEvents(
      (*plan)->plan().rollout(), std::max(*after, request.after_event()), *rows);
  if (!events.ok()) return done(events.status());
  v1::ListRolloutEventsAnswer answer;
  for (const RolloutEvent& event : *events) *answer.add_events() = EventOf(event);
  if (events->size() == *rows) answer.set_next_token(absl::StrCat(events->back().seq));
  done(std::move(answer));
}

void AdminRollouts::ResumeRollout(const Peer& peer, const v1::ResumeRolloutRequest&,
                                  Done<v1::PendingRequest> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "ResumeRollout");
  if (!caller.ok()) return done(caller.status());
  done(absl::UnimplementedError(
      "resuming comes with the rollout gates; until then start a new plan with another rollout"));
}

void AdminRollouts::FallBackRollout(const Peer& peer, const v1::FallBackRolloutRequest&,
                                    Done<v1::Rollout> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "FallBackRollout");
  if (!caller.ok()) return done(caller.status());
  done(absl::UnimplementedError(
      "the ordered fallback comes with the rollout gates; until then halt, and roll out a release "
      "with the old contents"));
}

}  // namespace mig::coordinator
