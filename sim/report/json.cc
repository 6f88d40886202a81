#include "sim/report/json.h"

#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/json.h"
#include "sim/report/figures.h"
#include "sim/report/text.h"

namespace mig::sim {

namespace {

using base::JsonObject;

// Exact to a microsecond or a ten-thousandth; JSON has no infinity.
std::string Decimal(double value) {
  if (!std::isfinite(value)) return "null";
  std::string text = absl::StrFormat("%.6f", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string Ms(absl::Duration time) { return Decimal(absl::ToDoubleMilliseconds(time)); }

std::string List(const std::vector<std::string>& elements) {
  return absl::StrCat("[", absl::StrJoin(elements, ","), "]");
}

std::string Texts(const std::vector<std::string>& texts) {
  std::vector<std::string> elements;
  for (const std::string& text : texts) elements.push_back(base::JsonText(text));
  return List(elements);
}

absl::string_view EndingName(Ending ending) {
  switch (ending) {
    case Ending::kWhole:
      return "whole";
    case Ending::kCoordinatorGone:
      return "coordinator_gone";
    case Ending::kNoAnswer:
      return "no_answer";
    case Ending::kInterrupted:
      return "interrupted";
  }
  return "";
}

// Null where there was none: no samples are not a fast one.
std::string MsOf(const Histogram& times, absl::Duration time) {
  return times.count() == 0 ? "null" : Ms(time);
}

std::string Phases(const Summary& summary) {
  JsonObject phases;
  for (const Phase phase :
       {Phase::kConnect, Phase::kCheckIn, Phase::kFetch, Phase::kReport, Phase::kRun}) {
    const auto found = summary.phases.find(phase);
    const Histogram times = found == summary.phases.end() ? Histogram() : found->second;
    JsonObject figures;
    figures.Json("n", absl::StrCat(times.count()))
        .Json("p50_ms", MsOf(times, times.Quantile(50'000)))
        .Json("p90_ms", MsOf(times, times.Quantile(90'000)))
        .Json("p99_ms", MsOf(times, times.Quantile(99'000)))
        .Json("p99_9_ms", MsOf(times, times.Quantile(99'900)))
        .Json("max_ms", MsOf(times, times.max()));
    phases.Json(PhaseName(phase), figures.str());
  }
  return phases.str();
}

std::string Assertions(const std::vector<Verdict>& verdicts) {
  std::vector<std::string> list;
  for (const Verdict& verdict : verdicts) {
    JsonObject object;
    object.Text("assertion", verdict.assertion.text)
        .Flag("ok", verdict.result == Verdict::Result::kHeld)
        .Json("value", verdict.value ? Decimal(*verdict.value) : "null")
        .Text("seen", verdict.seen);
    list.push_back(object.str());
  }
  return List(list);
}

std::string Counts(const std::map<std::string, uint64_t>& counts) {
  JsonObject object;
  for (const auto& [name, count] : counts) object.Json(name, absl::StrCat(count));
  return object.str();
}

std::string ViolationJson(const Violation& violation) {
  return JsonObject()
      .Text("promise", violation.promise)
      .Text("host", violation.host)
      .Json("at_s", Decimal(absl::ToDoubleSeconds(violation.at)))
      .Text("what", violation.what)
      .Json("trace", Texts(violation.trace))
      .str();
}

}  // namespace

std::string ToJson(const Outcome& outcome) {
  const Summary& s = outcome.summary;
  JsonObject object;
  object.Text("scenario", s.scenario)
      .Text("file", outcome.file)
      .Text("mode", s.mode == Mode::kLive ? "live" : "virtual")
      .Json("seed", absl::StrCat(s.seed))
      .Number("exit", outcome.exit)
      .Text("ending", EndingName(s.ending))
      .Text("ending_text", s.ending_text)
      .Json("outcome_hash", s.mode == Mode::kVirtual ? base::JsonText(s.outcome_hash) : "null");
  for (const Figure& figure : FiguresOf(s)) {
    switch (figure.kind) {
      case Figure::Kind::kCount:
        object.Json(figure.name, absl::StrCat(figure.count));
        break;
      case Figure::Kind::kShare:
        object.Json(figure.name, figure.samples == 0 ? "null" : Decimal(figure.number));
        break;
      case Figure::Kind::kMemory:
        object.Json(figure.name, Decimal(figure.number));
        break;
      case Figure::Kind::kTime:
        break;  // those of phases are in `phases`
    }
  }
  object.Json("worst_lateness_ms", Ms(s.worst_lateness))
      .Json("errors_by_status", Counts(s.errors_by_status))
      .Json("hosts_by_version", Counts(s.hosts_by_version))
      .Json("phases", Phases(s))
      .Json("assertions", Assertions(outcome.verdicts))
      .Json("violation", s.violation ? ViolationJson(*s.violation) : "null")
      .Json("lasted_s", Decimal(absl::ToDoubleSeconds(s.lasted)))
      .Json("took_s", Decimal(absl::ToDoubleSeconds(s.took)))
      .Text("again", ReplayCommand(outcome));
  return object.str();
}

}  // namespace mig::sim
