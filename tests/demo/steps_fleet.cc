// Step 15: five hundred of them at once, and their coordinator killed meanwhile.

#include <unistd.h>

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "sim/report/words.h"
#include "tests/demo/steps.h"

namespace mig::tests {

namespace {

using google::protobuf::Struct;
using google::protobuf::Value;
using sim::CountWords;

constexpr uint64_t kLoaders = 500;
// mig-sim's statuses (docs/simulation.md).
constexpr int kAllHeld = 0;
constexpr int kRateNotKept = 111;
constexpr absl::Duration kPatience = absl::Minutes(2);
// Ends a child with its parent, so that nothing goes on when somebody ends the demo.
constexpr char kSetpriv[] = "/usr/bin/setpriv";

const Value& Field(const Struct& object, const std::string& name) {
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? Value::default_instance() : found->second;
}

std::string Text(const Struct& object, const std::string& name) {
  return Field(object, name).string_value();
}

// The counts that the step looks at, as mig-sim's JSON names them.
struct Counts {
  uint64_t loaders, runs, runs_intended, check_ins, calls, errors, unavailable, installs, reports;
  uint64_t hosts_on_newest, coordinator_kills, promises_checked;
  uint64_t handshakes_full, generator_behind;

  // DataLoss: one is missing.
  static absl::StatusOr<Counts> Of(const Struct& summary) {
    Counts counts = {};
    for (const auto& [name, count] : std::vector<std::pair<std::string, uint64_t*>>{
             {"loaders", &counts.loaders},
             {"runs", &counts.runs},
             {"runs_intended", &counts.runs_intended},
             {"check_ins", &counts.check_ins},
             {"calls", &counts.calls},
             {"errors", &counts.errors},
             {"installs", &counts.installs},
             {"reports", &counts.reports},
             {"hosts_on_newest", &counts.hosts_on_newest},
             {"coordinator_kills", &counts.coordinator_kills},
             {"promises_checked", &counts.promises_checked},
             {"handshakes_full", &counts.handshakes_full},
             {"generator_behind", &counts.generator_behind}}) {
      const Value& value = Field(summary, name);
      if (!value.has_number_value()) {
        return absl::DataLossError(absl::StrCat("mig-sim's summary has no ", name));
      }
      *count = static_cast<uint64_t>(value.number_value());
    }
    const Struct& by_status = Field(summary, "errors_by_status").struct_value();
    counts.unavailable = static_cast<uint64_t>(Field(by_status, "UNAVAILABLE").number_value());
    return counts;
  }
};

// Unless the run was whole, no promise was broken, and what the scenario demands is so.
absl::Status CheckVerdict(const Struct& summary, int exit_status) {
  if (Field(summary, "violation").has_struct_value()) {
    const Struct& violation = Field(summary, "violation").struct_value();
    return NotSo("all promises to hold",
                 absl::StrCat(Text(violation, "promise"), " on ", Text(violation, "host"), ": ",
                              Text(violation, "what")));
  }
  if (Text(summary, "ending") != "whole") return NotSo("a whole run", Text(summary, "ending_text"));
  std::vector<std::string> failed;
  for (const Value& each : Field(summary, "assertions").list_value().values()) {
    const Struct& assertion = each.struct_value();
    if (Field(assertion, "ok").bool_value()) continue;
    failed.push_back(
        absl::StrCat("`", Text(assertion, "assertion"), "` saw ", Text(assertion, "seen")));
  }
  if (!failed.empty()) return NotSo("what the scenario demands", absl::StrJoin(failed, ", "));
  // A machine that is busy begins some runs late: no news about what is shown here.
  if (exit_status == kAllHeld || exit_status == kRateNotKept) return absl::OkStatus();
  return NotSo("mig-sim to end with 0", absl::StrCat(exit_status));
}

absl::Status CheckCounts(const Counts& seen, const std::string& errors_by_status) {
  const auto check = [](const char* what, uint64_t count, bool holds) {
    return holds ? absl::OkStatus() : NotSo(what, CountWords(count));
  };
  MIG_RETURN_IF_ERROR(check("500 loaders", seen.loaders, seen.loaders == kLoaders));
  MIG_RETURN_IF_ERROR(check("all on the newest release", seen.hosts_on_newest,
                            seen.hosts_on_newest == seen.loaders));
  MIG_RETURN_IF_ERROR(check("each run to begin", seen.runs, seen.runs == seen.runs_intended));
  MIG_RETURN_IF_ERROR(
      check("the coordinator killed once", seen.coordinator_kills, seen.coordinator_kills == 1));
  MIG_RETURN_IF_ERROR(check("calls that the kill cost", seen.errors, seen.errors > 0));
  if (seen.unavailable != seen.errors) return NotSo("errors UNAVAILABLE only", errors_by_status);
  // Each install is reported once; and so is each attempt whose call the kill cut off.
  MIG_RETURN_IF_ERROR(
      check("each install reported once", seen.reports,
            seen.reports >= seen.installs && seen.reports - seen.installs <= seen.errors));
  MIG_RETURN_IF_ERROR(check("the promises checked after each run", seen.promises_checked,
                            seen.promises_checked >= seen.runs));
  return check("a full handshake for each run that met no error", seen.handshakes_full,
               seen.handshakes_full + seen.errors >= seen.runs);
}

std::string Line(const Counts& seen) {
  const std::string late =
      seen.generator_behind == 0
          ? ""
          : absl::StrCat("; ", CountWords(seen.generator_behind), " runs began late");
  return absl::StrCat("loaders ", CountWords(seen.loaders), ", runs ", CountWords(seen.runs),
                      " of ", CountWords(seen.runs_intended), " intended, check-ins ",
                      CountWords(seen.check_ins), "; newest on ", CountWords(seen.hosts_on_newest),
                      " of ", CountWords(seen.loaders), "; kill -9 cost ", CountWords(seen.errors),
                      " of ", CountWords(seen.calls), " calls, all UNAVAILABLE; reports ",
                      CountWords(seen.reports), ", each once: ", CountWords(seen.installs),
                      " installs and ", CountWords(seen.reports - seen.installs),
                      " attempts that it cut off; promises checked ",
                      CountWords(seen.promises_checked), "x: held; handshakes full ",
                      CountWords(seen.handshakes_full), late);
}

}  // namespace

absl::StatusOr<std::string> FleetThroughAKill(Stage& stage) {
  std::vector<std::string> words;
  if (access(kSetpriv, X_OK) == 0) words = {kSetpriv, "--pdeathsig", "KILL", "--"};
  words.insert(words.end(),
               {stage.simulator.program, "run", stage.simulator.scenario, "--live", "-o", "json"});
  CommandOptions options = stage.world.options();
  options.patience = kPatience;
  options.environment.push_back(absl::StrCat("TMPDIR=", stage.world.directory()));
  MIG_ASSIGN_OR_RETURN(const CommandResult ran, RunCommand(words, options));

  Struct summary;
  if (!google::protobuf::util::JsonStringToMessage(ran.out, &summary).ok()) {
    return NotSo("a summary of mig-sim", ran.ToString());
  }
  MIG_RETURN_IF_ERROR(CheckVerdict(summary, ran.exit_status));
  MIG_ASSIGN_OR_RETURN(const Counts seen, Counts::Of(summary));
  MIG_RETURN_IF_ERROR(
      CheckCounts(seen, Field(summary, "errors_by_status").struct_value().ShortDebugString()));
  return Line(seen);
}

}  // namespace mig::tests
