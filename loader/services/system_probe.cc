#include "loader/services/system_probe.h"

#include <sys/stat.h>

#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "loader/services/background_task.h"
#include "loader/services/local_socket.h"
#include "loader/services/loopback_http.h"
#include "loader/services/run_command.h"

namespace mig::loader {

namespace {

using Verdict = ProbeAnswer::Verdict;

constexpr size_t kProbeOutputBytes = 120;  // the end of it, for the message

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
    return NotWell(absl::StrCat("PROBE_EXIT_", result->exit_status, ": ",
                                base::Escaped(probe.argv[0]), ": ",
                                base::Escaped(result->output, kProbeOutputBytes)));
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

ProbeAnswer SystemProbe::Ask(const AgentSpec& spec, base::MonotonicTime deadline) {
  return std::visit(Asker{clock_, deadline}, spec.probe);
}

}  // namespace mig::loader
