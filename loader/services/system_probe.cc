#include "loader/services/system_probe.h"

#include <sys/stat.h>

#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/text.h"
#include "loader/services/background_task.h"
#include "loader/services/local_socket.h"
#include "loader/services/loopback_http.h"
#include "loader/services/run_command.h"

namespace mig::loader {

namespace {

using Verdict = ProbeAnswer::Verdict;

constexpr size_t kProbeOutputBytes = 120;  // the end of it, for the message
constexpr size_t kVersionOutputBytes = 4096;

ProbeAnswer Well() { return ProbeAnswer{}; }
ProbeAnswer NotWell(std::string text) { return {Verdict::kNotWell, std::move(text)}; }
ProbeAnswer TimedOut(absl::string_view what) {
  return {Verdict::kNoAnswerInTime,
          absl::StrCat("PROBE_TIMEOUT: ", base::Escaped(what), " gave no answer in time")};
}

ProbeAnswer AnswerOf(absl::string_view what, const absl::Status& status) {
  if (status.ok()) return Well();
  if (absl::IsDeadlineExceeded(status) || absl::IsCancelled(status)) return TimedOut(what);
  const absl::string_view word = absl::IsUnavailable(status) ? "PROBE_REFUSED" : "PROBE_INVALID";
  return NotWell(absl::StrCat(word, ": ", base::Escaped(what), ": ", status.message()));
}

ProbeAnswer Exited(absl::string_view program, const CommandResult& result) {
  return NotWell(absl::StrCat("PROBE_EXIT_", result.exit_status, ": ", base::Escaped(program), ": ",
                              base::Escaped(result.output, kProbeOutputBytes)));
}

bool IsOfAVersion(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         absl::string_view("._+~:-").find(c) != absl::string_view::npos;
}

// "agent v4.2.0 (x86_64)" has the word 4.2.0, and neither 4.2 nor 4.2.0.1.
bool HasWord(absl::string_view text, absl::string_view word) {
  for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    absl::string_view before = text.substr(0, at);
    absl::ConsumeSuffix(&before, "v");
    const size_t end = at + word.size();
    const bool begins = before.empty() || !IsOfAVersion(before.back());
    if (begins && (end == text.size() || !IsOfAVersion(text[end]))) return true;
  }
  return false;
}

// How each kind of probe is asked.
struct Asker {
  base::Clock& clock;
  base::MonotonicTime deadline;

  ProbeAnswer operator()(const std::monostate&) const { return Well(); }

  ProbeAnswer operator()(const CommandProbe& probe) const {
    const absl::StatusOr<CommandResult> result =
        RunCommand(clock, probe.argv, deadline, kProbeOutputBytes);
    if (!result.ok()) {
      return NotWell(absl::StrCat("PROBE_INVALID: ", result.status().message()));
    }
    if (result->timed_out) return TimedOut(probe.argv[0]);
    if (result->exit_status == 0) return Well();
    return Exited(probe.argv[0], *result);
  }

  ProbeAnswer operator()(const HttpProbe& probe) const {
    const absl::StatusOr<LoopbackUrl> url = ParseLoopbackUrl(probe.url);
    if (!url.ok()) return AnswerOf(probe.url, url.status());
    const absl::StatusOr<int> status = GetLoopback(clock, *url, deadline);
    if (!status.ok()) return AnswerOf(absl::StrCat("GET ", probe.url), status.status());
    if (*status >= 200 && *status <= 299) return Well();
    return NotWell(absl::StrCat("PROBE_STATUS_", *status, ": GET ", base::Escaped(probe.url),
                                " was answered with ", *status));
  }

  ProbeAnswer operator()(const SocketProbe& probe) const {
    absl::Status connected = absl::CancelledError("given up");
    BackgroundTask task(clock,
                        [&](int cancel) { connected = ConnectUnix(probe.path, cancel).status(); });
    task.DoneBefore(deadline);
    task.Cancel();
    return AnswerOf(probe.path, connected);
  }

  ProbeAnswer operator()(const FileProbe& probe) const {
    struct stat file;
    if (lstat(probe.path.c_str(), &file) == 0 && S_ISREG(file.st_mode)) return Well();
    return NotWell(absl::StrCat("PROBE_MISSING: ", base::Escaped(probe.path),
                                " is not there, or no regular file"));
  }
};

}  // namespace

ProbeAnswer SystemProbe::AskVersion(const AgentSpec& spec, base::MonotonicTime deadline) {
  if (spec.version_command.empty() || spec.expected_version.empty()) return Well();
  const std::string& program = spec.version_command[0];
  const absl::StatusOr<CommandResult> result =
      RunCommand(clock_, spec.version_command, deadline, kVersionOutputBytes);
  if (!result.ok()) return NotWell(absl::StrCat("PROBE_INVALID: ", result.status().message()));
  if (result->timed_out) return TimedOut(program);
  if (result->exit_status != 0) return Exited(program, *result);
  if (HasWord(result->output, spec.expected_version)) return Well();
  return NotWell(absl::StrCat("PROBE_VERSION: ", base::Escaped(program, 80), " says ",
                              base::Escaped(result->output, 60), ", the release is ",
                              base::Escaped(spec.expected_version, 60)));
}

ProbeAnswer SystemProbe::Ask(const AgentSpec& spec, base::MonotonicTime deadline) {
  return std::visit(Asker{clock_, deadline}, spec.probe);
}

}  // namespace mig::loader
