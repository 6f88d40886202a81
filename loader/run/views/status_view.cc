#include "loader/run/views/status_view.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "loader/install/recover.h"
#include "loader/run/documents/trust_session.h"
#include "loader/run/session/status_record.h"
#include "loader/run/views/self_view.h"
#include "loader/run/views/standing.h"
#include "loader/state/state_directory.h"
#include "rollout/slot.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

using rollout::Line;

std::optional<absl::Time> TimeOf(int64_t ms) {
  if (ms == 0) return std::nullopt;
  return absl::FromUnixMillis(ms);
}

absl::Status NotEnrolled() {
  return trust::Refuse(v1::Refusal::NOT_ENROLLED,
                       "this host is not enrolled: get a token (migctl enroll token new), then "
                       "mig-loader enroll --token-file FILE");
}

// Everything that both screens read.
struct Read {
  std::unique_ptr<StateDirectory> directory;
  TrustSession trust;
  StatusRecord status;
};

absl::StatusOr<Read> ReadAll(const Host& host) {
  absl::StatusOr<std::unique_ptr<StateDirectory>> directory =
      StateDirectory::Open(host.disk, {.path = host.config.state_directory,
                                       .owner_uid = host.owner_uid,
                                       .if_missing = StateDirectory::IfMissing::kFail});
  if (absl::IsNotFound(directory.status())) return NotEnrolled();
  MIG_RETURN_IF_ERROR(directory.status());
  MIG_ASSIGN_OR_RETURN(TrustSession trust, TrustSession::Open(host, **directory));
  if (!trust.state().host_id.has_value()) return NotEnrolled();
  StatusRecord status = StatusRecord::Load((*directory)->status());
  return Read{
      .directory = *std::move(directory), .trust = std::move(trust), .status = std::move(status)};
}

ProductView ViewOf(const Read& read, const std::string& name,
                   const std::map<std::string, std::string>& versions) {
  ProductView view{.product = name};
  view.refusal.set_code(v1::Refusal::NONE);
  const auto version = versions.find(name);
  if (version != versions.end()) view.version = version->second;
  const trust::TrustedProduct* trusted = read.trust.state().product(name);
  if (trusted != nullptr && trusted->seen.has_value()) view.seen = trusted->seen->numbers;
  const v1::ProductStatus* status = read.status.FindProduct(name);
  if (status == nullptr) return view;
  view.health = status->health();
  view.health_since = TimeOf(status->health_since_ms());
  view.unwell = status->unwell();
  view.restarts = status->restarts();
  view.restarted = TimeOf(status->restarted_ms());
  view.kept_local = status->kept_local();
  if (status->has_refusal()) view.refusal = status->refusal();
  return view;
}

SetAsideReport ViewOf(const v1::SpoolRecord& record) {
  const v1::Outcome& outcome = record.outcome();
  return {.what = absl::StrCat(v1::Outcome::Kind_Name(outcome.kind()),
                               outcome.product().empty() ? "" : " ", outcome.product()),
          .when = absl::FromUnixMillis(outcome.ended_ms()),
          .why = record.rejected()};
}

absl::StatusOr<StatusView> ViewOf(const Host& host, Read& read) {
  const trust::TrustedState& state = read.trust.state();
  const v1::StatusState& status = read.status.message();
  StatusView view{.host_id = *state.host_id,
                  .root_version = read.trust.root()->version(),
                  .root_expires = read.trust.root()->expires(),
                  .trial_root = read.trust.root()->IsTrial()};
  const auto versions = InstalledVersions(read.trust.held(), state);
  for (const Product& product : host.dictionary.products()) {
    view.products.push_back(ViewOf(read, product.name, versions));
  }
  for (const auto& [name, stream] : state.streams) view.plans[name] = stream.seen.numbers;
  view.last_run = TimeOf(status.last_attempt_ms());
  view.last_exit_code = static_cast<int>(status.last_exit_code());
  view.last_refusal = status.last_refusal();
  MIG_ASSIGN_OR_RETURN(const rollout::CheckInSchedule schedule,
                       rollout::CheckInSchedule::Make(*state.host_id, host.config.interval));
  view.next_run = schedule.NextDue(host.clock.WallNow(), read.status.last_attempt());
  view.certificate_expires = TimeOf(status.certificate_expires_ms());
  if (state.waves_closed_until > host.clock.WallNow()) {
    view.waves_closed_until = state.waves_closed_until;
  }
  if (const absl::StatusOr<ReportSpool> spool = read.directory->OpenSpool(); spool.ok()) {
    view.waiting_reports = spool->WaitingOutcomes();
    for (const v1::SpoolRecord& record : spool->SetAside()) {
      view.set_aside_reports.push_back(ViewOf(record));
    }
  }
  MIG_ASSIGN_OR_RETURN(view.journal, PeekPhase(host.place()));
  for (const Notice& notice : read.trust.notices()) view.notes.push_back(notice.text);
  return view;
}

// What the host knows beyond its documents.
void AddLocalLines(const StatusView& status, const ProductView& product,
                   const trust::TrustedProduct* trusted, rollout::Explanation& explanation) {
  std::vector<Line>& lines = explanation.lines;
  if (product.health == v1::ProductState::HEALTHY) {
    lines.push_back({.sign = Line::Sign::kFor, .subject = "health", .text = "the agent is well"});
  } else if (product.health == v1::ProductState::UNHEALTHY) {
    lines.push_back(
        {.sign = Line::Sign::kAgainst,
         .subject = "health",
         .code = v1::Refusal::PROBE,
         .text = product.unwell.empty()
                     ? "the agent was not well at the last run"
                     : absl::StrCat("the agent was not well at the last run: ", product.unwell)});
  }
  if (product.restarts > 0) {
    lines.push_back(
        {.sign = Line::Sign::kAgainst,
         .subject = "restarts",
         .code = v1::Refusal::EXIT,
         .text = absl::StrCat("of this release, the agent was found dead and started ", "again ",
                              product.restarts, " time", product.restarts == 1 ? "" : "s")});
  }
  if (!product.kept_local.empty()) {
    lines.push_back({.sign = Line::Sign::kOpen,
                     .subject = "local changes",
                     .code = v1::Refusal::LOCAL_CHANGE_KEPT,
                     .text = absl::StrCat(product.kept_local,
                                          ": changed on this host, and kept so by the "
                                          "dictionary's local_change")});
  }
  if (trusted != nullptr) {
    for (const trust::BadMark& mark : trusted->bad) {
      lines.push_back({.sign = Line::Sign::kAgainst,
                       .subject = "bad here",
                       .code = v1::Refusal::BAD_HERE,
                       .text = absl::StrCat("release ", mark.manifest.ToHex().substr(0, 12),
                                            ".. failed here with ", trust::DisplayOf(mark),
                                            ", and this host went back by itself")});
    }
  }
  if (status.journal.has_value()) {
    lines.push_back({.sign = Line::Sign::kOpen,
                     .subject = "journal",
                     .code = v1::Refusal::INTERRUPTED,
                     .text = absl::StrCat("an install is in phase ", PhaseName(*status.journal),
                                          "; mig-loader recover, or the next run, goes on")});
  }
  if (!status.set_aside_reports.empty()) {
    const SetAsideReport& newest = status.set_aside_reports.back();
    lines.push_back({.sign = Line::Sign::kOpen,
                     .subject = "reports",
                     .code = newest.why.code(),
                     .text = absl::StrCat(status.set_aside_reports.size(),
                                          " are never taken by the coordinator, the newest of ",
                                          newest.what, ": ", newest.why.text())});
  }
  if (status.last_refusal.code() > v1::Refusal::NONE) {
    lines.push_back({.sign = Line::Sign::kOpen,
                     .subject = "last run",
                     .code = status.last_refusal.code(),
                     .text = absl::StrCat(trust::DisplayOf(status.last_refusal), ": ",
                                          status.last_refusal.text())});
  }
}

}  // namespace

absl::StatusOr<StatusView> ReadStatus(const Host& host) {
  MIG_ASSIGN_OR_RETURN(Read read, ReadAll(host));
  return ViewOf(host, read);
}

absl::StatusOr<SelfExplanation> ExplainSelf(const Host& host) {
  MIG_ASSIGN_OR_RETURN(Read read, ReadAll(host));
  SelfExplanation result;
  MIG_ASSIGN_OR_RETURN(result.status, ViewOf(host, read));
  MIG_ASSIGN_OR_RETURN(const SelfView self,
                       LookAtSelf(host, read.trust.held(), read.trust.state()));
  const rollout::Documents documents = read.trust.held().View();
  const rollout::HostView view = loader::ViewOf(host, self, read.trust.state());
  const rollout::Clocks clocks = read.trust.Clocks();
  const rollout::Decision decision = rollout::Decide(documents, view, clocks);
  const std::string name = self.environment.hostname().empty()
                               ? result.status.host_id.ToHex().substr(0, 12)
                               : self.environment.hostname();
  for (const rollout::ProductDecision& product : decision.products) {
    rollout::Explanation explanation =
        rollout::Explain(documents, view, clocks, product, {.host_name = name});
    for (const ProductView& seen : result.status.products) {
      if (seen.product != product.product) continue;
      AddLocalLines(result.status, seen, read.trust.state().product(seen.product), explanation);
    }
    result.products.push_back({.product = product.product, .why = std::move(explanation)});
  }
  return result;
}

}  // namespace mig::loader
