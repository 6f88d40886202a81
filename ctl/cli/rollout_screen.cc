#include "ctl/cli/rollout_screen.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "ctl/output/progress.h"
#include "ctl/output/table.h"
#include "ctl/output/words.h"
#include "proto/mig/v1/report.pb.h"
#include "trust/refusal.h"

namespace mig::ctl {
namespace {

std::string CountsOf(const v1::HostCounts& counts) {
  std::vector<std::string> words;
  const auto add = [&](absl::string_view name, uint64_t count) {
    if (count != 0) words.push_back(absl::StrCat(name, " ", CountWords(count)));
  };
  add("healthy", counts.healthy());
  add("soaking", counts.soaking());
  add("failed", counts.failed());
  add("silent", counts.silent());
  add("pending", counts.pending());
  return absl::StrJoin(words, " ");
}

std::string WaveWord(const v1::WaveState& wave, absl::Time now) {
  switch (wave.state()) {
    case v1::WaveState::WAITING: {
      const absl::Time opens = absl::FromUnixMillis(wave.not_before_ms());
      return opens > now ? absl::StrCat("not before ", TimeWords(opens)) : "waits for its gate";
    }
    case v1::WaveState::OPEN:
      return "open";
    case v1::WaveState::PASSED:
      return "passed";
    case v1::WaveState::ON_HOLD:
      return "on hold: needs the plan signed again";
    case v1::WaveState::STOPPED:
      return "STOPPED";
    default:
      return "?";
  }
}

std::string ChangesOf(const v1::Rollout& rollout) {
  std::vector<std::string> changes;
  for (const v1::ProductChange& change : rollout.changes()) {
    changes.push_back(
        absl::StrCat(Shown(change.product()), " ",
                     change.from_version().empty() ? "-" : Shown(change.from_version()), " -> ",
                     Shown(change.to_version())));
  }
  return absl::StrJoin(changes, ", ");
}

std::string NextFor(const v1::Rollout& rollout) {
  const std::string name = Shown(rollout.name());
  switch (rollout.state()) {
    case v1::Rollout::READY:
      return absl::StrCat("migctl rollout start ", name);
    case v1::Rollout::RUNNING:
    case v1::Rollout::FALLING_BACK:
      return absl::StrCat("migctl rollout wait ", name, ", or migctl rollout halt ", name,
                          " --reason WHY");
    case v1::Rollout::PAUSED:
      return "migctl plan new PLAN.toml --again, and sign it";
    case v1::Rollout::HALTED:
      return absl::StrCat("migctl rollout events ", name, "; a better release, and a new plan");
    default:
      return absl::StrCat("migctl rollout events ", name);
  }
}

}  // namespace

std::string StateWord(v1::Rollout::State state) {
  const std::string& word = v1::Rollout::State_Name(state);
  return word.empty() ? absl::StrCat(static_cast<int>(state))
                      : absl::StrReplaceAll(word, {{"_", " "}});
}

bool IsFinal(v1::Rollout::State state) {
  return state == v1::Rollout::BASELINE || state == v1::Rollout::SUPERSEDED ||
         state == v1::Rollout::ENDED;
}

std::string RolloutScreen(const v1::Rollout& rollout, absl::Time now) {
  std::vector<std::string> head = {Shown(rollout.name()), StateWord(rollout.state())};
  if (const std::string changes = ChangesOf(rollout); !changes.empty()) head.push_back(changes);
  if (rollout.started_ms() != 0) {
    head.push_back(SpanWords(now - absl::FromUnixMillis(rollout.started_ms())));
    head.push_back(absl::StrCat("started by ", Shown(rollout.started_by())));
  }
  if (rollout.signed_by_size() > 0) {
    head.push_back(absl::StrCat("signed ", Shown(absl::StrJoin(rollout.signed_by(), " "))));
  }
  std::string screen = absl::StrCat(absl::StrJoin(head, "  "), "\n");
  if (rollout.has_why() && rollout.why().code() != v1::Refusal::NONE) {
    absl::StrAppend(&screen, "  why  ", trust::DisplayOf(rollout.why()), "  ",
                    Shown(rollout.why().text()), "\n");
  }
  for (const v1::WaveState& wave : rollout.waves()) {
    const v1::HostCounts& hosts = wave.hosts();
    absl::StrAppend(&screen, wave.state() == v1::WaveState::OPEN ? "> " : "  ", Shown(wave.name()),
                    "  ", Bar(hosts.offered(), hosts.expected(), 10), " ",
                    CountWords(hosts.offered()), "/", CountWords(hosts.expected()), "  ",
                    CountsOf(hosts), "  ", WaveWord(wave, now), "\n");
  }
  for (const v1::FailureCluster& failure : rollout.failures()) {
    absl::StrAppend(&screen, "  failed: ", CountWords(failure.hosts()), "x ",
                    absl::AsciiStrToLower(v1::Outcome::Stage_Name(failure.stage())), " ",
                    trust::DisplayOf(failure.refusal()),
                    failure.shared().empty() ? "" : absl::StrCat(", all ", Shown(failure.shared())),
                    "\n");
  }
  absl::StrAppend(&screen, "Next: ", NextFor(rollout), "\n");
  return screen;
}

std::string RolloutLine(const v1::Rollout& rollout) {
  std::vector<std::string> parts = {Shown(rollout.name()), StateWord(rollout.state())};
  for (const v1::WaveState& wave : rollout.waves()) {
    parts.push_back(absl::StrCat(Shown(wave.name()), " ", CountWords(wave.hosts().offered()), "/",
                                 CountWords(wave.hosts().expected()), " ", CountsOf(wave.hosts())));
  }
  return absl::StrJoin(parts, "\t");
}

}  // namespace mig::ctl
