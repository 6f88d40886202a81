// LoaderHandlers::Report: durable before it is acknowledged, counted once by (host, attempt).

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/handlers/check_in/check_in_summary.h"
#include "coordinator/handlers/loaders/loader_handlers.h"
#include "coordinator/handlers/loaders/outcome_check.h"
#include "coordinator/handlers/loaders/reported_state.h"
#include "trust/fields.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

constexpr size_t kMaxOutcomes = base::kMaxOutcomesPerReport;

absl::StatusOr<std::vector<AttemptId>> AttemptsOf(const v1::ReportRequest& request) {
  const trust::FieldName field{.parent = "", .index = 0, .name = "outcomes"};
  MIG_RETURN_IF_ERROR(trust::CheckCount(field, request.outcomes_size(), 1, kMaxOutcomes));
  size_t bytes = 0;
  for (const v1::Outcome& outcome : request.outcomes()) bytes += outcome.ByteSizeLong();
  MIG_RETURN_IF_ERROR(trust::CheckRange(field, bytes, 1, base::kMaxReportBytes));
  std::vector<AttemptId> attempts;
  for (int i = 0; i < request.outcomes_size(); ++i) {
    MIG_ASSIGN_OR_RETURN(
        const AttemptId attempt,
        trust::IdField<AttemptId>(
            {.parent = "outcomes", .index = static_cast<size_t>(i), .name = "attempt"},
            request.outcomes(i).attempt()));
    attempts.push_back(attempt);
  }
  return attempts;
}

}  // namespace

OutcomeRecord LoaderHandlers::RecordOf(const HostId& host, const AttemptId& attempt,
                                       const v1::Outcome& outcome, absl::Time now) const {
  OutcomeRecord record{.host = host, .attempt = attempt, .received_at = now, .counted = false};
  record.outcome = outcome.SerializeAsString();
  const absl::StatusOr<RolloutId> rollout = RolloutId::FromBytes(outcome.rollout());
  if (!rollout.ok()) return record;
  record.rollout = *rollout;
  // Kept apart from every gate unless it was offered here, to a host that was there before.
  const std::optional<RolloutLedger::Offer> offer = fleet_.ledger().FindOffer(host, *rollout);
  record.counted = offer.has_value() && offer->counted;
  return record;
}

// The host's last check-in, moved on by what it reports; nothing where that changes nothing.
std::optional<HostSeenRecord> LoaderHandlers::SeenAfter(const HostId& host,
                                                        const v1::ReportRequest& taken) {
  absl::StatusOr<HostSeenRecord> seen = fleet_.LastSeen(host);
  if (!seen.ok()) return std::nullopt;
  std::optional<v1::CheckInRequest> said = SaidIn(&*seen);
  if (!said.has_value()) return std::nullopt;
  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  bool changed = false;
  for (const v1::Outcome& outcome : taken.outcomes()) {
    changed = ApplyReported(outcome, *snapshot, *said) == StateChange::kSome || changed;
  }
  if (!changed) return std::nullopt;
  seen->summary = SummaryOf(*said);
  return *std::move(seen);
}

void LoaderHandlers::Report(const Peer& peer, const v1::ReportRequest& request,
                            Done<v1::ReportAnswer> done) {
  const absl::StatusOr<HostId> host = Admit(peer, HostCall::kReport, "");
  if (!host.ok()) return done(Refused(host.status()));
  const absl::StatusOr<std::vector<AttemptId>> attempts = AttemptsOf(request);
  if (!attempts.ok()) return done(Refused(attempts.status()));

  const absl::Time now = clock_.WallNow();
  v1::ReportAnswer answer;
  v1::ReportRequest taken;
  WriteBatch batch;
  for (int i = 0; i < request.outcomes_size(); ++i) {
    const v1::Outcome& outcome = request.outcomes(i);
    const std::string attempt((*attempts)[static_cast<size_t>(i)].bytes());
    if (absl::Status s = CheckOutcome(outcome); !s.ok()) {
      v1::RejectedOutcome& rejected = *answer.add_rejected();
      rejected.set_attempt(attempt);
      *rejected.mutable_refusal() = trust::ToMessage(s, v1::Refusal::MALFORMED);
      continue;
    }
    answer.add_acknowledged_attempts(attempt);
    batch.push_back(
        InsertOutcome{RecordOf(*host, (*attempts)[static_cast<size_t>(i)], outcome, now)});
    *taken.add_outcomes() = outcome;
  }
  if (batch.empty()) return done(std::move(answer));
  if (fleet_.hosts().CountOutcomes(*host, batch.size())) batch.push_back(TrimOutcomes{*host});
  if (std::optional<HostSeenRecord> seen = SeenAfter(*host, taken); seen.has_value()) {
    // In memory too, where the check-in itself may still wait to be written, and would win.
    fleet_.seen().Put(*seen, now);
    batch.push_back(RecordSeen{*std::move(seen)});
  }
  fleet_.Append(std::move(batch), [this, answer = std::move(answer), done = std::move(done)](
                                      const absl::StatusOr<Written>& written) mutable {
    if (!written.ok()) return done(written.status());
    for (int i = 0; i < answer.acknowledged_attempts_size(); ++i) {
      if (written->rows[static_cast<size_t>(i)].effect == RowResult::Effect::kWritten) {
        counters_.outcomes.fetch_add(1, std::memory_order_relaxed);
      }
    }
    done(std::move(answer));
  });
}

}  // namespace mig::coordinator
