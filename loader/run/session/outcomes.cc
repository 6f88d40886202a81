#include "loader/run/session/outcomes.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/sizes.h"
#include "base/text.h"
#include "loader/install/component_error.h"
#include "loader/run/session/failure.h"
#include "trust/ids.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

// The stage at which an agent was found unwell, by what was wrong.
v1::Outcome::Stage StageOf(v1::Refusal::Code code) {
  switch (code) {
    case v1::Refusal::START:
      return v1::Outcome::ACTIVATE;
    case v1::Refusal::EXIT:
    case v1::Refusal::PROBE:
    case v1::Refusal::PROBE_TIMEOUT:
      return v1::Outcome::HEALTH;
    case v1::Refusal::INTERRUPTED:
      return v1::Outcome::RECOVER;
    default:
      return v1::Outcome::REVERT;
  }
}

v1::Outcome Timed(absl::Time started, absl::Time ended) {
  v1::Outcome outcome;
  outcome.set_started_ms(absl::ToUnixMillis(started));
  outcome.set_ended_ms(absl::ToUnixMillis(ended));
  outcome.set_count(1);
  return outcome;
}

std::string NewAttempt(base::Random& random) {
  return std::string(trust::AttemptId::Random(random).bytes());
}

// Which files of the installed release were not as they should be.
std::string PutRight(const Journal& journal) {
  const std::string names = absl::StrJoin(
      journal.files, ", ",
      [](std::string* out, const JournalFile& file) { absl::StrAppend(out, file.name); });
  return base::Escaped(absl::StrCat("changed here, put right: ", names),
                       base::kMaxReportTextBytes - 8);
}

// Of a notice there is none: a coordinator that takes none would get one of each of them.
void AddNoticeOf(const v1::RejectedOutcome& rejected, const v1::ReportRequest& request,
                 std::vector<Notice>& told) {
  for (const v1::Outcome& outcome : request.outcomes()) {
    if (outcome.attempt() != rejected.attempt() || outcome.kind() == v1::Outcome::NOTICE) continue;
    const absl::Time ended = absl::FromUnixMillis(outcome.ended_ms());
    told.push_back({.code = rejected.refusal().code(),
                    .text = absl::StrCat(
                        "the coordinator never takes the report of ",
                        v1::Outcome::Kind_Name(outcome.kind()), " ", outcome.product(), " of ",
                        absl::FormatTime("%Y-%m-%d %H:%M UTC", ended, absl::UTCTimeZone()),
                        "; it is set aside: ", rejected.refusal().text())});
  }
}

bool CannotGoBack(v1::Refusal::Code code) {
  return code == v1::Refusal::KEPT_SET_UNHEALTHY || code == v1::Refusal::KEPT_SET_DAMAGED ||
         code == v1::Refusal::NO_WAY_BACK;
}

}  // namespace

v1::Outcome OutcomeOf(const Journal& journal, const v1::Refusal* unwell, absl::Time ended) {
  const TransactionFacts& facts = journal.facts;
  v1::Outcome outcome = Timed(facts.started, ended);
  outcome.set_attempt(std::string(facts.id.bytes()));
  outcome.set_product(facts.product);
  outcome.set_kind(facts.kind);
  outcome.set_manifest_digest(std::string(facts.to.manifest.bytes()));
  outcome.set_variant(facts.to.variant);
  if (facts.from) outcome.set_from_manifest_digest(std::string(facts.from->manifest.bytes()));
  if (facts.plan) outcome.set_plan_digest(std::string(facts.plan->bytes()));
  if (facts.rollout) outcome.set_rollout(std::string(facts.rollout->bytes()));
  outcome.set_agent_output(journal.agent_output);

  v1::Refusal& refusal = *outcome.mutable_refusal();
  if (journal.phase == Phase::kDone && unwell == nullptr) {
    outcome.set_result(v1::Outcome::HEALTHY);
    outcome.set_stage(v1::Outcome::COMPLETE);
    refusal.set_code(v1::Refusal::NONE);
    if (facts.kind == v1::Outcome::REPAIR) refusal.set_text(PutRight(journal));
    return outcome;
  }
  refusal = unwell != nullptr ? *unwell : journal.refusal.value_or(v1::Refusal());
  if (refusal.code() == v1::Refusal::REFUSAL_UNSPECIFIED)
    refusal.set_code(v1::Refusal::INTERRUPTED);
  const bool stuck = unwell != nullptr || CannotGoBack(refusal.code());
  outcome.set_result(stuck ? v1::Outcome::CANNOT_GO_BACK : v1::Outcome::WENT_BACK);
  outcome.set_stage(StageOf(refusal.code()));
  return outcome;
}

v1::Outcome OutcomeOf(const RefusedItem& refused, const absl::Status& why, base::Random& random,
                      absl::Time ended) {
  v1::Outcome outcome = Timed(refused.started, ended);
  outcome.set_attempt(NewAttempt(random));
  outcome.set_product(refused.product);
  outcome.set_kind(v1::Outcome::REFUSAL);
  outcome.set_result(v1::Outcome::UNCHANGED);
  outcome.set_stage(refused.stage);
  if (refused.effort != nullptr) refused.effort->WriteTo(outcome);
  outcome.set_component(ComponentOf(why));
  *outcome.mutable_refusal() = RefusalFor(why, v1::Refusal::INTERNAL);
  if (refused.item != nullptr) {
    outcome.set_manifest_digest(std::string(refused.item->manifest.bytes()));
    outcome.set_variant(refused.item->variant);
    if (refused.item->plan) outcome.set_plan_digest(std::string(refused.item->plan->bytes()));
  }
  return outcome;
}

v1::Outcome OutcomeOf(const Notice& notice, absl::string_view product, base::Random& random,
                      absl::Time now) {
  v1::Outcome outcome = Timed(now, now);
  outcome.set_attempt(NewAttempt(random));
  outcome.set_product(std::string(product));
  outcome.set_kind(v1::Outcome::NOTICE);
  outcome.set_result(v1::Outcome::UNCHANGED);
  outcome.set_stage(v1::Outcome::RECOVER);
  outcome.mutable_refusal()->set_code(notice.code);
  outcome.mutable_refusal()->set_text(base::Escaped(notice.text, base::kMaxReportTextBytes - 8));
  return outcome;
}

std::vector<Notice> DeliverReports(CoordinatorClient& client, uint64_t generation,
                                   ReportSpool& spool, StatusRecord& status, int most_batches) {
  std::vector<Notice> told;
  if (status.message().reports_generation() != generation) {
    if (!spool.SendAgain().ok()) return told;
    status.message().set_reports_generation(generation);
  }
  for (int batch = 0; batch < most_batches; ++batch) {
    const absl::StatusOr<v1::ReportRequest> request = spool.NextBatch();
    if (!request.ok() || request->outcomes().empty()) return told;
    const absl::StatusOr<v1::ReportAnswer> answer = client.Report(*request);
    if (!answer.ok()) return told;
    if (answer->acknowledged_attempts().empty() && answer->rejected().empty()) return told;
    if (!spool.Settle(*answer).ok()) return told;
    for (const v1::RejectedOutcome& rejected : answer->rejected()) {
      AddNoticeOf(rejected, *request, told);
    }
    if (!answer->acknowledged_attempts().empty()) {
      status.message().set_last_acknowledged_attempt(*answer->acknowledged_attempts().rbegin());
    }
  }
  return told;
}

}  // namespace mig::loader
