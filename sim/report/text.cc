#include "sim/report/text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/text.h"
#include "sim/report/figures.h"
#include "sim/report/words.h"

namespace mig::sim {

namespace {

absl::string_view ModeFlag(Mode mode) { return mode == Mode::kLive ? "--live" : "--virtual"; }

// Of others: a name of a file, a trace.
std::string Shown(absl::string_view text) {
  return base::CheckText(text).ok() ? std::string(text) : base::Escaped(text);
}

// "1,057 (installs 1,000, others 57)", the kinds only where there is another one than installs.
std::string Reports(const Summary& s) {
  const std::string all = CountWords(s.reports);
  if (s.reports == s.installs_reported) return all;
  std::vector<std::string> kinds;
  const auto add = [&kinds](absl::string_view kind, uint64_t count) {
    if (count > 0) kinds.push_back(absl::StrCat(kind, " ", CountWords(count)));
  };
  add("installs", s.installs_reported);
  add("went back", s.went_back_reported);
  add("repairs", s.repairs_reported);
  add("others", s.others_reported);
  return absl::StrCat(all, " (", absl::StrJoin(kinds, ", "), ")");
}

std::string Headline(const Outcome& outcome) {
  const Summary& s = outcome.summary;
  std::string text = absl::StrCat(
      Shown(s.scenario), "  ", ModeFlag(s.mode), "  seed ", s.seed, "  ", SpanWords(s.lasted),
      s.mode == Mode::kVirtual ? absl::StrCat(" of its world in ", LatencyWords(s.took)) : "",
      "\n  loaders ", CountWords(s.loaders), "  runs ", CountWords(s.runs), " of ",
      CountWords(s.runs_intended), " intended  check-ins ", CountWords(s.check_ins), "  errors ",
      CountWords(s.errors()), " of ", CountWords(s.calls), " calls\n");
  absl::StrAppend(&text, "  installs ", CountWords(s.installs), "  went back ",
                  CountWords(s.went_back), "  repairs ", CountWords(s.repairs), "  reports ",
                  Reports(s), "  enrollments ", CountWords(s.enrollments), "  fetched ",
                  CountWords((s.fetched_bytes + 999) / 1000), " kB\n");
  if (s.power_cuts + s.coordinator_kills > 0) {
    absl::StrAppend(&text, "  power cuts ", CountWords(s.power_cuts), "  coordinator kills ",
                    CountWords(s.coordinator_kills), "\n");
  }
  if (s.loader_kills + s.disk_faults + s.damages > 0) {
    absl::StrAppend(&text, "  loader kills ", CountWords(s.loader_kills), "  disk faults ",
                    CountWords(s.disk_faults), "  damages ", CountWords(s.damages), "\n");
  }
  if (s.mode == Mode::kLive) {
    absl::StrAppend(&text, "  handshakes full ", CountWords(s.handshakes_full), "\n");
  }
  absl::StrAppendFormat(&text, "  memory %.0f MiB", s.peak_rss_mib);
  if (s.mode == Mode::kLive) {
    absl::StrAppendFormat(&text, " (driver %.0f, coordinator %.0f)", s.driver_rss_mib,
                          s.coordinator_rss_mib);
  }
  return absl::StrCat(text, "\n");
}

std::string Versions(const Summary& s) {
  std::vector<std::string> versions;
  for (const auto& [version, hosts] : s.hosts_by_version) {
    versions.push_back(
        absl::StrCat(version.empty() ? "none" : Shown(version), " on ", CountWords(hosts)));
  }
  return absl::StrCat("RELEASES    newest on ", CountWords(s.on_newest), " of ",
                      CountWords(s.loaders), versions.empty() ? "" : "  (",
                      absl::StrJoin(versions, ", "), versions.empty() ? "\n" : ")\n");
}

std::string Assertions(const std::vector<Verdict>& verdicts) {
  if (verdicts.empty()) return "ASSERTIONS  none\n";
  size_t width = 0;
  for (const Verdict& verdict : verdicts) width = std::max(width, verdict.assertion.text.size());
  std::string text = "ASSERTIONS\n";
  for (const Verdict& verdict : verdicts) {
    absl::StrAppendFormat(&text, "  %s %-*s  %s\n",
                          verdict.result == Verdict::Result::kHeld ? "ok" : "x ",
                          static_cast<int>(width), verdict.assertion.text, verdict.seen);
  }
  return text;
}

std::string PhaseRow(const Summary& s, Phase phase) {
  const auto found = s.phases.find(phase);
  if (found == s.phases.end() || found->second.count() == 0) return "";
  const Histogram& times = found->second;
  const std::string name = phase == Phase::kConnect ? "connect+tls" : std::string(PhaseName(phase));
  return absl::StrFormat("  %-11s %9s %9s %9s %9s %9s %10s\n", name,
                         LatencyWords(times.Quantile(50'000)), LatencyWords(times.Quantile(90'000)),
                         LatencyWords(times.Quantile(99'000)), LatencyWords(times.Quantile(99'900)),
                         LatencyWords(times.max()), CountWords(times.count()));
}

std::string Phases(const Summary& s) {
  std::string text = absl::StrFormat("%-13s %9s %9s %9s %9s %9s %10s", "PHASES", "p50", "p90",
                                     "p99", "p99.9", "max", "n");
  if (s.mode == Mode::kLive) {
    absl::StrAppend(&text, "   generator behind: ", CountWords(s.generator_behind));
    if (s.generator_behind > 0) {
      absl::StrAppend(&text, " (worst ", LatencyWords(s.worst_lateness), ")");
    }
  }
  absl::StrAppend(&text, "\n");
  for (const Phase phase :
       {Phase::kConnect, Phase::kCheckIn, Phase::kFetch, Phase::kReport, Phase::kRun}) {
    absl::StrAppend(&text, PhaseRow(s, phase));
  }
  return text;
}

std::string Errors(const Summary& s) {
  if (s.errors() == 0) return "ERRORS      none\n";
  std::vector<std::string> errors;
  for (const auto& [status, count] : s.errors_by_status) {
    if (count > 0) errors.push_back(absl::StrCat(Shown(status), " ", CountWords(count)));
  }
  return absl::StrCat("ERRORS      ", absl::StrJoin(errors, ", "), "\n");
}

std::string Promises(const Outcome& outcome) {
  const Summary& s = outcome.summary;
  std::string text = absl::StrCat("PROMISES    checked ", CountWords(s.promises_checked), "x: ");
  if (!s.violation) return absl::StrCat(text, s.promises_checked > 0 ? "held\n" : "not checked\n");
  const Violation& violation = *s.violation;
  absl::StrAppend(&text, "BROKEN\n  promise ", Shown(violation.promise), "\n  on ",
                  violation.host.empty() ? "the coordinator" : Shown(violation.host), " at ",
                  absl::FormatDuration(violation.at), ": ", Shown(violation.what), "\n");
  if (!violation.trace.empty()) absl::StrAppend(&text, "  what it did, oldest first:\n");
  for (const std::string& step : violation.trace) absl::StrAppend(&text, "    ", Shown(step), "\n");
  return text;
}

std::string LastLines(const Outcome& outcome) {
  const Summary& s = outcome.summary;
  std::string text;
  if (s.ending != Ending::kWhole) {
    absl::StrAppend(&text, "ENDED EARLY ", Shown(s.ending_text),
                    "; these are the figures until then\n");
  }
  if (outcome.exit == kExitRateNotKept) {
    absl::StrAppend(&text,
                    "RATE        not kept: the figures are of this machine too; fewer hosts, "
                    "a longer check_in_every_s, or a faster machine\n");
  }
  if (s.mode == Mode::kVirtual) absl::StrAppend(&text, "OUTCOME     ", s.outcome_hash, "\n");
  return absl::StrCat(text, "again: ", ReplayCommand(outcome), "\n", "exit ", outcome.exit, ": ",
                      ExitWords(outcome.exit), "\n");
}

// As a shell takes it.
std::string Quoted(const std::string& file) {
  const bool is_plain = std::ranges::all_of(file, [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           absl::string_view("/._-+,:@").find(static_cast<char>(c)) != absl::string_view::npos;
  });
  if (is_plain && !file.empty() && file.front() != '-') return file;
  std::string quoted = "'";
  for (const char c : file) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string ToText(const Outcome& outcome) {
  const Summary& s = outcome.summary;
  return absl::StrCat(Headline(outcome), Versions(s), Assertions(outcome.verdicts), Phases(s),
                      Errors(s), Promises(outcome), LastLines(outcome));
}

std::string ReplayCommand(const Outcome& outcome) {
  return absl::StrCat("mig-sim run ", Quoted(outcome.file), " ", ModeFlag(outcome.summary.mode),
                      " --seed ", outcome.summary.seed);
}

}  // namespace mig::sim
