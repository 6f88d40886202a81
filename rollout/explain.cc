#include "rollout/explain.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/text.h"
#include "rollout/admit.h"
#include "rollout/checked_plan.h"
#include "rollout/cohort.h"
#include "rollout/filter.h"
#include "trust/document_head.h"
#include "trust/plan.h"
#include "trust/root.h"
#include "trust/trusted_state.h"

namespace mig::rollout {
namespace {

using Sign = Line::Sign;

Sign SignOf(Truth truth) {
  if (truth == Truth::kUnknown) return Sign::kOpen;
  return truth == Truth::kTrue ? Sign::kFor : Sign::kAgainst;
}

// "0.6127": four digits of the parts per million.
std::string Share(uint32_t ppm) {
  return absl::StrFormat("%d.%04d", ppm / 1000000, ppm / 100 % 10000);
}

// "agent 4.2.0"; the digest's first digits where the manifest is not held.
std::string TargetName(const PlanEvidence& evidence, const std::string& product) {
  if (evidence.manifest != nullptr) {
    return absl::StrCat(product, " ", base::Escaped(evidence.manifest->manifest().version(), 128));
  }
  const trust::PlanItem& item = *evidence.plan->plan().item(product);
  return absl::StrCat(product, " (manifest ", item.manifest.ToHex().substr(0, 12), "..)");
}

// Makes the lines about one plan.
class PlanLines {
 public:
  PlanLines(const PlanEvidence& evidence, const HostView& host, const Clocks& clocks,
            absl::TimeZone zone, std::vector<Line>& out)
      : evidence_(evidence),
        admission_(evidence.admission),
        plan_(evidence.plan->plan()),
        host_(host),
        clocks_(clocks),
        zone_(zone),
        out_(out) {}

  void AddAll(const std::string& product) {
    AddPlan(product);
    AddFilter();
    if (admission_.filter != Truth::kTrue) return;
    AddWave();
    AddWindow();
    if (admission_.waves_closed) {
      Add(Sign::kAgainst, "clock", v1::Refusal::WAVES_CLOSED,
          absl::StrCat("it stepped forward; no wave opens before ",
                       TimeText(clocks_.waves_closed_until, zone_)));
    }
    AddRelease();
  }

 private:
  void Add(Sign sign, absl::string_view subject, v1::Refusal::Code code, std::string text,
           std::vector<Line> details = {}) {
    out_.push_back(Line{.sign = sign,
                        .subject = std::string(subject),
                        .code = sign == Sign::kFor ? v1::Refusal::NONE : code,
                        .text = std::move(text),
                        .details = std::move(details)});
  }

  void AddPlan(const std::string& product) {
    const bool ended = admission_.phase == PlanPhase::kEnded;
    const absl::string_view place =
        evidence_.place == PlanEvidence::Place::kBase ? "the base of its stream" : "";
    const absl::string_view phase = ended                                     ? "ended "
                                    : admission_.phase == PlanPhase::kRunning ? "runs until "
                                                                              : "baseline until ";
    Add(ended ? Sign::kAgainst : Sign::kFor, "plan", v1::Refusal::EXPIRED,
        absl::StrCat("'", plan_.name(), "' (stream ", plan_.stream(), ", ",
                     trust::ToText(plan_.numbers()), ")", place.empty() ? "" : ", ", place,
                     ", names ", TargetName(evidence_, product), "; ", phase,
                     TimeText(admission_.ends, zone_)));
  }

  void AddFilter() {
    const Filter& filter = evidence_.plan->filter();
    Add(SignOf(admission_.filter), "filter", v1::Refusal::NOT_MATCHED,
        filter.empty() ? "every host" : filter.text(), Terms(filter));
  }

  std::vector<Line> Terms(const Filter& filter) const {
    std::vector<Line> lines;
    for (const TermEvidence& term : filter.Explain(*host_.facts)) {
      const std::string seen = term.seen.has_value()
                                   ? absl::StrCat("this host has \"", *term.seen, "\"")
                                   : "this host does not say";
      lines.push_back(Line{.sign = SignOf(term.truth),
                           .subject = "term",
                           .code = v1::Refusal::NONE,
                           .text = absl::StrCat(term.term, ": ", TruthName(term.truth), ", ", seen),
                           .details = {}});
    }
    return lines;
  }

  void AddWave() {
    const bool open = admission_.opens.has_value() && *admission_.opens <= clocks_.not_before;
    const bool through = admission_.admitted() || admission_.code == v1::Refusal::WINDOW ||
                         admission_.code == v1::Refusal::WAVES_CLOSED || open;
    const std::string cohort = absl::StrCat("cohort ", Share(CohortPpm(admission_.cohort)), " -> ");
    const std::string when =
        admission_.opens.has_value()
            ? absl::StrCat(", opens for it ", TimeText(*admission_.opens, zone_))
            : "";
    if (admission_.canary && !admission_.wave.has_value()) {
      Add(through ? Sign::kFor : Sign::kAgainst, "canary", v1::Refusal::TOO_EARLY,
          absl::StrCat("named in the plan, from ", TimeText(plan_.canaries()->not_before, zone_)));
      return;
    }
    if (admission_.held_back) {
      Add(Sign::kAgainst, "holdback", v1::Refusal::HELD_BACK,
          absl::StrCat(cohort, "a control: the last ", Share(plan_.holdback_ppm()),
                       " wait for the baseline", when));
      return;
    }
    if (!admission_.wave.has_value()) {
      const bool hold = admission_.code == v1::Refusal::HOLD;
      Add(Sign::kAgainst, "wave", hold ? v1::Refusal::HOLD : v1::Refusal::TOO_EARLY,
          absl::StrCat(cohort, hold ? "a wave on hold, until the plan is signed again without it"
                                    : "no wave of this plan comes to it"));
      return;
    }
    const trust::Wave& wave = plan_.waves()[*admission_.wave];
    Add(through ? Sign::kFor : Sign::kAgainst, "wave", v1::Refusal::TOO_EARLY,
        absl::StrCat(cohort, "wave ", *admission_.wave + 1, wave.name.empty() ? "" : " ", wave.name,
                     " (", Share(wave.lo_ppm), "-", Share(wave.hi_ppm), ")",
                     through ? ", open for it" : when));
  }

  void AddWindow() {
    if (!plan_.window().has_value()) return;
    Add(admission_.window_open ? Sign::kFor : Sign::kAgainst, "window", v1::Refusal::WINDOW,
        absl::StrFormat("local %02d:%02d, %d minutes long, %s", plan_.window()->start_minute / 60,
                        plan_.window()->start_minute % 60, plan_.window()->length_minutes,
                        admission_.window_open ? "open now" : "closed now"));
  }

  // What is not the admission's: the release itself, the rollout's state.
  void AddRelease() {
    if (evidence_.code == v1::Refusal::HALTED) {
      Add(Sign::kAgainst, "rollout", evidence_.code, "halted; see its events");
    } else if (evidence_.code == v1::Refusal::NOT_STARTED) {
      Add(Sign::kAgainst, "rollout", evidence_.code, "not started");
    } else if (evidence_.code == v1::Refusal::OTHER_STREAM) {
      Add(Sign::kAgainst, "stream", evidence_.code, evidence_.text);
    } else if (evidence_.code == v1::Refusal::ALREADY_INSTALLED) {
      Add(Sign::kFor, "release", evidence_.code, evidence_.text);
    } else if (!evidence_.text.empty()) {
      Add(Sign::kAgainst, "release", evidence_.code, evidence_.text);
    } else if (evidence_.variant.has_value()) {
      Add(Sign::kFor, "release", evidence_.code,
          absl::StrCat("variant ", *evidence_.variant, " is for this host"));
    }
  }

  const PlanEvidence& evidence_;
  const Admission& admission_;
  const trust::Plan& plan_;
  const HostView& host_;
  const Clocks& clocks_;
  absl::TimeZone zone_;
  std::vector<Line>& out_;
};

// What is installed, and the floor.
Line PathLine(const Documents& documents, const HostView& host, const std::string& product) {
  const trust::TrustedProduct* state = host.state->product(product);
  std::string has = "has none";
  if (state != nullptr && state->installed.has_value()) {
    const CheckedManifest* installed = documents.manifest(state->installed->manifest);
    has = installed == nullptr
              ? absl::StrCat("has ", state->installed->manifest.ToHex().substr(0, 12), "..")
              : absl::StrCat("has ", base::Escaped(installed->manifest().version(), 128),
                             " (sequence ", trust::ToText(installed->manifest().numbers()),
                             ", variant ", state->installed->variant, ")");
  }
  const trust::RootProduct* root = documents.root->product(product);
  const std::string floor = root == nullptr    ? ", not in the root"
                            : root->floor == 0 ? ", no floor"
                                               : absl::StrCat(", floor ", root->floor);
  return Line{.sign = root == nullptr ? Line::Sign::kAgainst : Line::Sign::kFor,
              .subject = "path",
              .code = root == nullptr ? v1::Refusal::NOT_IN_ROOT : v1::Refusal::NONE,
              .text = absl::StrCat(has, floor),
              .details = {}};
}

bool IsLiftedByTime(v1::Refusal::Code code) {
  return code == v1::Refusal::TOO_EARLY || code == v1::Refusal::HELD_BACK ||
         code == v1::Refusal::WINDOW || code == v1::Refusal::WAVES_CLOSED;
}

void SetHeadline(const Clocks& clocks, const ProductDecision& decision,
                 const ExplainOptions& options, Explanation& out) {
  if (decision.evidence.empty()) {
    out.headline =
        absl::StrCat(options.host_name, " gets no ", decision.product, ": no plan names it");
    return;
  }
  const PlanEvidence& decided = decision.evidence.front();
  const std::string target = TargetName(decided, decision.product);
  if (decision.code == v1::Refusal::ALREADY_INSTALLED) {
    out.outlook = Outlook::kHas;
    out.headline = absl::StrCat(options.host_name, " has ", target);
    return;
  }
  const std::string lacks = absl::StrCat(options.host_name, " does NOT have ", target);
  if (decision.code == v1::Refusal::NONE) {
    out.outlook = Outlook::kWill;
    out.headline = absl::StrCat(lacks, "; it will, at its next check-in");
  } else if (IsLiftedByTime(decision.code) && decided.admission.opens.has_value()) {
    out.outlook = Outlook::kWill;
    const absl::Time opens = std::max(*decided.admission.opens, clocks.not_before);
    out.headline = absl::StrCat(lacks, "; it will, not before ", TimeText(opens, options.zone));
  } else {
    out.headline = absl::StrCat(lacks, "; it will not: ", v1::Refusal::Code_Name(decision.code));
  }
}

void AppendLine(const Line& line, int indent, std::string& out) {
  constexpr size_t kSubjectColumn = 9;
  absl::StrAppend(&out, std::string(indent, ' '), SignText(line.sign), " ");
  if (indent == 1) {
    std::string subject = line.subject;
    subject.resize(std::max(subject.size() + 1, kSubjectColumn), ' ');
    absl::StrAppend(&out, subject, " ");
  }
  absl::StrAppend(&out, line.text, "\n");
  for (const Line& detail : line.details) AppendLine(detail, indent + 12, out);
}

}  // namespace

Explanation Explain(const Documents& documents, const HostView& host, const Clocks& clocks,
                    const ProductDecision& decision, const ExplainOptions& options) {
  Explanation explanation;
  SetHeadline(clocks, decision, options, explanation);
  for (const PlanEvidence& evidence : decision.evidence) {
    PlanLines(evidence, host, clocks, options.zone, explanation.lines).AddAll(decision.product);
  }
  explanation.lines.push_back(PathLine(documents, host, decision.product));
  return explanation;
}

absl::string_view SignText(Line::Sign sign) {
  switch (sign) {
    case Line::Sign::kFor:
      return "+";
    case Line::Sign::kAgainst:
      return "x";
    case Line::Sign::kOpen:
      break;
  }
  return "?";
}

std::string ToText(const Explanation& explanation) {
  std::string out = absl::StrCat(explanation.headline, "\n");
  for (const Line& line : explanation.lines) AppendLine(line, 1, out);
  return out;
}

std::string TimeText(absl::Time time, absl::TimeZone zone) {
  return absl::FormatTime("%a %Y-%m-%d %H:%M %Z", time, zone);
}

}  // namespace mig::rollout
