#include "ctl/cli/watching.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "ctl/cli/command_line.h"
#include "ctl/cli/rollout_screen.h"
#include "ctl/documents/spans.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/json.h"

namespace mig::ctl {
namespace {

// A watch over weeks is many calls; each is this long at most.
constexpr absl::Duration kOneCall = absl::Hours(1);
constexpr absl::Duration kRetryAfter = absl::Seconds(2);

bool MayTryAgain(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

size_t LinesOf(absl::string_view text) {
  size_t lines = 0;
  for (const char byte : text) lines += byte == '\n' ? 1 : 0;
  return lines;
}

// Draws over what it drew before, at a terminal.
class Redraw {
 public:
  explicit Redraw(Session& session) : session_(session) {}

  void Show(const v1::Rollout& rollout) {
    if (session_.wants_lines()) session_.Show("", ToJson(rollout));
    if (session_.wants_json()) return;
    if (!session_.console().facts().out_is_terminal) {
      const std::string line = RolloutLine(rollout);
      if (line != last_) session_.console().Out(absl::StrCat(line, "\n"));
      last_ = line;
      return;
    }
    const std::string screen = RolloutScreen(rollout, session_.now());
    if (drawn_ > 0) session_.console().Out(absl::StrCat("\033[", drawn_, "A\033[J"));
    session_.console().Out(screen);
    drawn_ = LinesOf(screen);
  }

 private:
  Session& session_;
  std::string last_;
  size_t drawn_ = 0;
};

struct WaitArguments {
  std::string name;
  std::string until = "done";
  std::string timeout = "24h";
};

absl::StatusOr<int> Wait(Session& session, const WaitArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(const WaitFor wanted, WaitFor::Parse(arguments.until));
  MIG_ASSIGN_OR_RETURN(const absl::Duration timeout, ParseSpan(arguments.timeout));
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  base::Clock& clock = session.world().clock;
  const base::MonotonicTime end = clock.MonotonicNow() + timeout;
  v1::GetRolloutRequest request;
  request.set_name(arguments.name);
  MIG_ASSIGN_OR_RETURN(v1::Rollout last, admin->GetRollout(request));
  std::optional<int> exit = ExitOf(wanted, last);
  while (!exit.has_value()) {
    const absl::Duration left = end - clock.MonotonicNow();
    if (left <= absl::ZeroDuration()) {
      session.console().Err(absl::StrCat("not so after ", arguments.timeout, "\n"));
      exit = kExitTimedOut;
      break;
    }
    const absl::Status status =
        admin->WatchRollout(request, std::min(left, kOneCall), [&](const v1::Rollout& rollout) {
          last = rollout;
          exit = ExitOf(wanted, rollout);
          return !exit.has_value();
        });
    if (exit.has_value()) break;
    // The coordinator restarts, the network goes: waiting goes on.
    if (!status.ok() && !MayTryAgain(status)) return status;
    clock.SleepUntil(std::min(end, clock.MonotonicNow() + kRetryAfter));
  }
  if (*exit == kExitFailed) {
    session.console().Err(absl::StrCat("it is ", StateWord(last.state()), ", and will never be ",
                                       arguments.until, "\n"));
  }
  session.Show(RolloutScreen(last, session.now()), ToJson(last));
  return *exit;
}

}  // namespace

absl::StatusOr<int> Watch(Session& session, AdminClient& admin, const std::string& name) {
  v1::GetRolloutRequest request;
  request.set_name(name);
  Redraw redraw(session);
  std::optional<int> exit;
  v1::Rollout last;
  const auto take = [&](const v1::Rollout& rollout) {
    redraw.Show(rollout);
    last = rollout;
    if (rollout.state() == v1::Rollout::HALTED) exit = kExitHalted;
    if (IsFinal(rollout.state())) exit = kExitOk;
    return !exit.has_value();
  };
  while (!exit.has_value()) {
    const absl::Status status = admin.WatchRollout(request, kOneCall, take);
    if (exit.has_value()) break;
    if (!status.ok() && !absl::IsDeadlineExceeded(status)) return status;
    base::Clock& clock = session.world().clock;
    clock.SleepUntil(clock.MonotonicNow() + kRetryAfter);
  }
  // One value, as everywhere with -o json; -o jsonl has had a line for each change.
  if (session.wants_json() && !session.wants_lines()) session.Show("", ToJson(last));
  return *exit;
}

absl::StatusOr<WaitFor> WaitFor::Parse(absl::string_view text) {
  WaitFor wanted;
  if (text == "done") return wanted;
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
  if (parts.size() == 2 && parts[0] == "wave" && !parts[1].empty()) {
    wanted.kind = Kind::kWavePassed;
    wanted.wave = parts[1];
    return wanted;
  }
  if (parts.size() == 2 && parts[0] == "healthy" && absl::SimpleAtoi(parts[1], &wanted.healthy)) {
    wanted.kind = Kind::kHealthy;
    return wanted;
  }
  if (parts.size() == 2 && parts[0] == "state") {
    wanted.kind = Kind::kState;
    const std::string word =
        absl::StrReplaceAll(absl::AsciiStrToUpper(parts[1]), {{"-", "_"}, {" ", "_"}});
    if (v1::Rollout::State_Parse(word, &wanted.state) &&
        wanted.state != v1::Rollout::STATE_UNSPECIFIED) {
      return wanted;
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--until '", text, "': write done, wave=1, wave=canary, healthy=20 or state=running"));
}

bool WaitFor::IsTrueFor(const v1::Rollout& rollout) const {
  switch (kind) {
    case Kind::kDone:
      return IsFinal(rollout.state());
    case Kind::kHealthy:
      return rollout.total().healthy() >= healthy;
    case Kind::kState:
      return rollout.state() == state;
    case Kind::kWavePassed:
      break;
  }
  int number = 0;
  for (const v1::WaveState& each : rollout.waves()) {
    if (each.name() != "canary") ++number;
    const bool is_it =
        each.name() == wave || (each.name() != "canary" && absl::StrCat(number) == wave);
    if (is_it) return each.state() == v1::WaveState::PASSED;
  }
  return false;
}

std::optional<int> ExitOf(const WaitFor& wanted, const v1::Rollout& rollout) {
  if (wanted.IsTrueFor(rollout)) return kExitOk;
  switch (rollout.state()) {
    case v1::Rollout::HALTED:
    case v1::Rollout::FALLING_BACK:
      return kExitHalted;
    case v1::Rollout::PAUSED:
      return kExitNeedsPerson;
    default:
      return IsFinal(rollout.state()) ? std::optional<int>(kExitFailed) : std::nullopt;
  }
}

void AddWaitVerb(CommandLine& line, CLI::App* noun) {
  CLI::App* const verb =
      line.Verb(noun, "wait", "wait for something; 10 halted, 11 paused, 12 timed out",
                "migctl rollout wait agent-4.2 --until wave=1 --timeout 2h");
  const auto arguments = std::make_shared<WaitArguments>();
  verb->add_option("NAME", arguments->name, "the plan's name")->required();
  verb->add_option("--until", arguments->until,
                   "done, wave=1, wave=canary, healthy=20, state=running (done)");
  verb->add_option("--timeout", arguments->timeout, "at most this long (24h)");
  line.Does(verb, arguments, Wait);
}

}  // namespace mig::ctl
