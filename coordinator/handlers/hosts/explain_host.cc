// AdminHosts::ExplainHost: the coordinator's word on why a host has or does not have a release.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/handlers/check_in/check_in_request.h"
#include "coordinator/handlers/hosts/admin_hosts.h"
#include "coordinator/handlers/hosts/host_line.h"
#include "coordinator/handlers/operators/cut_text.h"
#include "rollout/explain.h"
#include "trust/refusal.h"
#include "trust/root_chain.h"

namespace mig::coordinator {
namespace {

v1::Evidence::Mark MarkOf(rollout::Line::Sign sign) {
  switch (sign) {
    case rollout::Line::Sign::kFor:
      return v1::Evidence::YES;
    case rollout::Line::Sign::kAgainst:
      return v1::Evidence::NO;
    case rollout::Line::Sign::kOpen:
      break;
  }
  return v1::Evidence::UNKNOWN;
}

void AddLine(const rollout::Line& line, v1::Verdict& verdict) {
  v1::Evidence& evidence = *verdict.add_evidence();
  evidence.set_mark(MarkOf(line.sign));
  evidence.set_topic(line.subject);
  evidence.set_text(std::string(CutText(line.text, base::kMaxEvidenceBytes)));
  evidence.set_code(line.code);
  for (const rollout::Line& detail : line.details) AddLine(detail, verdict);
}

v1::Verdict::Answer AnswerOf(rollout::Outlook outlook) {
  switch (outlook) {
    case rollout::Outlook::kHas:
      return v1::Verdict::HAS;
    case rollout::Outlook::kWill:
      return v1::Verdict::WILL;
    case rollout::Outlook::kWillNot:
      break;
  }
  return v1::Verdict::WILL_NOT;
}

std::string Ago(absl::Duration age) {
  if (age < absl::Minutes(1)) return "less than a minute ago";
  if (age < absl::Hours(2)) return absl::StrCat(absl::ToInt64Minutes(age), " min ago");
  if (age < absl::Hours(48)) return absl::StrCat(absl::ToInt64Hours(age), " h ago");
  return absl::StrCat(absl::ToInt64Hours(age) / 24, " d ago");
}

// What the decision cannot know: contact, identity, contents, the host's last outcome.
std::vector<rollout::Line> OwnLines(const HostKnowledge& host, const Snapshot& snapshot,
                                    std::optional<absl::Time> certificate_expires, absl::Time now) {
  using Sign = rollout::Line::Sign;
  std::vector<rollout::Line> lines;
  if (host.entry.last_seen == absl::InfinitePast()) {
    lines.push_back({.sign = Sign::kOpen, .subject = "contact", .text = "has not checked in yet"});
  } else {
    const absl::Duration age = now - host.entry.last_seen;
    lines.push_back({.sign = age > kSilentAfter ? Sign::kAgainst : Sign::kOpen,
                     .subject = "contact",
                     .text = absl::StrCat("seen ", Ago(age))});
  }
  if (certificate_expires.has_value()) {
    const absl::Duration left = *certificate_expires - now;
    const bool over = left <= absl::ZeroDuration();
    lines.push_back(
        {.sign = over ? Sign::kAgainst : Sign::kFor,
         .subject = "identity",
         .code = over ? v1::Refusal::CERTIFICATE_TIME : v1::Refusal::NONE,
         .text = over ? "its certificate has expired; it renews by itself when it is back"
                      : absl::StrCat("certificate ", absl::ToInt64Hours(left) / 24, " d")});
  }
  v1::Host line = LineOf(host, snapshot, now);
  if (line.has_why()) {
    lines.push_back(
        {.sign = Sign::kAgainst,
         .subject = line.state() == v1::Host::FAILED ? "health" : "identity",
         .code = line.why().code(),
         .text = absl::StrCat(StateWord(line.state()), ": ", trust::DisplayOf(line.why()),
                              line.why().text().empty() ? "" : ", ", line.why().text())});
  }
  if (!trust::CheckRootLives(*snapshot.root(), snapshot.ClocksAt(now).not_after).ok()) {
    lines.push_back(
        {.sign = Sign::kAgainst,
         .subject = "root",
         .code = v1::Refusal::ROOT_EXPIRED,
         .text = "the root has expired: nothing is offered until its successor is here"});
  }
  return lines;
}

v1::Verdict VerdictOf(const rollout::ProductDecision& decision,
                      const rollout::Explanation& explanation) {
  v1::Verdict verdict;
  verdict.set_product(decision.product);
  verdict.set_answer(AnswerOf(explanation.outlook));
  const bool has = decision.code == v1::Refusal::ALREADY_INSTALLED;
  verdict.mutable_refusal()->set_code(has ? v1::Refusal::NONE : decision.code);
  if (decision.valid_until != absl::InfiniteFuture()) {
    verdict.set_valid_until_ms(absl::ToUnixMillis(decision.valid_until));
  }
  if (!decision.evidence.empty()) {
    const rollout::PlanEvidence& decided = decision.evidence.front();
    verdict.set_plan(decided.plan->plan().name());
    if (decided.manifest != nullptr) verdict.set_version(decided.manifest->manifest().version());
    if (decided.admission.opens.has_value() && verdict.answer() == v1::Verdict::WILL) {
      verdict.set_not_before_ms(absl::ToUnixMillis(*decided.admission.opens));
    }
    verdict.mutable_refusal()->set_text(std::string(CutText(decided.text, 256)));
  }
  for (const rollout::Line& line : explanation.lines) AddLine(line, verdict);
  return verdict;
}

}  // namespace

void AdminHosts::ExplainHost(const Peer& peer, const v1::ExplainHostRequest& request,
                             Done<v1::Explanation> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "ExplainHost");
  if (!caller.ok()) return done(caller.status());
  const absl::StatusOr<KnownHost> host = Know(request.host());
  if (!host.ok()) return done(host.status());
  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  const HostKnowledge known = host->Knowledge();
  const absl::StatusOr<std::vector<CertificateRecord>> certificates =
      fleet_.store().ListCertificates(host->record.id, 1);
  if (!certificates.ok()) return done(certificates.status());
  std::optional<absl::Time> expires;
  if (!certificates->empty()) expires = certificates->front().expires_at;

  v1::Explanation answer;
  *answer.mutable_host() = LineOf(known, *snapshot, caller->now);
  const std::vector<rollout::Line> own = OwnLines(known, *snapshot, expires, caller->now);
  CheckInFacts said;
  if (known.said != nullptr) {
    absl::StatusOr<CheckInFacts> remembered = ReadRemembered(*known.said, known.entry);
    if (!remembered.ok()) return done(remembered.status());
    said = *std::move(remembered);
  }
  const std::optional<rollout::Facts> facts =
      KnownFacts(known.record, known.said, said.state, *snapshot);
  if (!facts.has_value()) {
    return done(trust::Refuse(v1::Refusal::INTERNAL,
                              "what is stored of this host's last check-in cannot be read"));
  }
  const rollout::HostView view{
      .id = known.record.id, .facts = &*facts, .state = &said.state, .products = said.products};
  rollout::Clocks clocks = snapshot->ClocksAt(caller->now);
  clocks.waves_closed_until = said.state.waves_closed_until.value_or(absl::InfinitePast());
  const rollout::Decision decision = rollout::Decide(snapshot->decidable(), view, clocks);
  for (const rollout::ProductDecision& product : decision.products) {
    if (!request.product().empty() && product.product != request.product()) continue;
    rollout::Explanation explanation =
        rollout::Explain(snapshot->decidable(), view, clocks, product,
                         {.host_name = NameOf(known.record, known.said)});
    explanation.lines.insert(explanation.lines.end(), own.begin(), own.end());
    *answer.add_verdicts() = VerdictOf(product, explanation);
  }
  if (answer.verdicts().empty()) {
    // Never seen, or its dictionary has no such product: still a word on why.
    v1::Verdict& verdict = *answer.add_verdicts();
    verdict.set_product(request.product());
    verdict.set_answer(v1::Verdict::WILL_NOT);
    verdict.mutable_refusal()->set_code(known.said == nullptr ? v1::Refusal::UNAVAILABLE
                                                              : v1::Refusal::UNKNOWN_COMPONENT);
    verdict.mutable_refusal()->set_text(known.said == nullptr
                                            ? "it has not checked in yet"
                                            : "its dictionary does not have this product");
    for (const rollout::Line& line : own) AddLine(line, verdict);
  }
  done(std::move(answer));
}

}  // namespace mig::coordinator
