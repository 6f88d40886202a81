#include "sim/live/coordinator_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "loader/services/child_process.h"
#include "loader/services/unique_fd.h"
#include "sim/live/resources.h"

namespace mig::sim {

namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(5);
constexpr size_t kShownBytes = 400;
// A child whose parent is killed ends too, if this is there (util-linux).
constexpr char kSetpriv[] = "/usr/bin/setpriv";

std::vector<std::string> CommandLine(const CoordinatorProcess::Options& options) {
  std::vector<std::string> command = {options.program, "--config", options.config};
  if (access(kSetpriv, X_OK) == 0) {
    command.insert(command.begin(), {kSetpriv, "--pdeathsig", "KILL", "--"});
  }
  return command;
}

absl::Duration TimeOf(const timeval& time) { return absl::DurationFromTimeval(time); }

}  // namespace

CoordinatorProcess::~CoordinatorProcess() { Kill(); }

absl::Status CoordinatorProcess::Start() {
  const loader::UniqueFd log(
      open(options_.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  struct stat before = {};
  if (!log.ok() || fstat(log.get(), &before) != 0) {
    return absl::ErrnoToStatus(errno, options_.log);
  }
  log_begin_ = static_cast<uint64_t>(before.st_size);
  how_it_ended_.clear();
  MIG_ASSIGN_OR_RETURN(pid_, loader::StartChild(CommandLine(options_), {.output = log.get()}));
  return absl::OkStatus();
}

absl::StatusOr<bool> CoordinatorProcess::Serves() {
  if (!IsRunning()) {
    return absl::InternalError(
        absl::StrCat(options_.program, " does not start: ", how_it_ended_, ": ", LastLine()));
  }
  return absl::StrContains(LastLine(), "serving");
}

absl::Status CoordinatorProcess::AwaitServing(absl::FunctionRef<bool()> is_stopped) {
  const base::MonotonicTime deadline = clock_.MonotonicNow() + kStartTimeout;
  for (;;) {
    MIG_ASSIGN_OR_RETURN(const bool serves, Serves());
    if (serves) return absl::OkStatus();
    if (is_stopped()) return absl::CancelledError("stopped before the coordinator served");
    if (clock_.MonotonicNow() > deadline) {
      return absl::InternalError(absl::StrCat(options_.program, " does not serve after ",
                                              absl::FormatDuration(kStartTimeout), ": ",
                                              LastLine()));
    }
    clock_.SleepUntil(clock_.MonotonicNow() + kPoll);
  }
}

bool CoordinatorProcess::IsRunning() { return pid_.has_value() && !Reap(WNOHANG); }

void CoordinatorProcess::Kill() {
  if (!pid_.has_value()) return;
  LookAtPeakRssBytes();
  kill(*pid_, SIGKILL);
  Reap(0);
}

absl::Status CoordinatorProcess::Stop() {
  if (!IsRunning()) return absl::InternalError(absl::StrCat("the coordinator ", how_it_ended_));
  LookAtPeakRssBytes();
  kill(*pid_, SIGTERM);
  const base::MonotonicTime deadline = clock_.MonotonicNow() + kStopTimeout;
  while (!Reap(WNOHANG)) {
    if (clock_.MonotonicNow() > deadline) {
      Kill();
      return absl::InternalError(absl::StrCat("the coordinator did not stop in ",
                                              absl::FormatDuration(kStopTimeout),
                                              " and was killed"));
    }
    clock_.SleepUntil(clock_.MonotonicNow() + kPoll);
  }
  if (WIFEXITED(exit_status_) && WEXITSTATUS(exit_status_) == 0) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("the coordinator, told to stop, ", how_it_ended_, ": ", LastLine()));
}

bool CoordinatorProcess::Reap(int wait_options) {
  rusage usage = {};
  pid_t ended;
  do {
    ended = wait4(*pid_, &exit_status_, wait_options, &usage);
  } while (ended < 0 && errno == EINTR);
  if (ended == 0) return false;
  pid_.reset();
  cpu_time_ += TimeOf(usage.ru_utime) + TimeOf(usage.ru_stime);
  how_it_ended_ = WIFSIGNALED(exit_status_)
                      ? absl::StrCat("ended by signal ", WTERMSIG(exit_status_), " (",
                                     strsignal(WTERMSIG(exit_status_)), ")")
                      : absl::StrCat("ended with status ", WEXITSTATUS(exit_status_));
  return true;
}

uint64_t CoordinatorProcess::LookAtPeakRssBytes() {
  if (pid_.has_value()) {
    peak_rss_bytes_ = std::max(peak_rss_bytes_, PeakRssBytes(absl::StrCat(*pid_)));
  }
  return peak_rss_bytes_;
}

std::string CoordinatorProcess::LastLine() const {
  std::ifstream log(options_.log);
  log.seekg(static_cast<std::streamoff>(log_begin_));
  const std::string text((std::istreambuf_iterator<char>(log)), std::istreambuf_iterator<char>());
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipWhitespace());
  return lines.empty() ? "it said nothing" : base::Escaped(lines.back(), kShownBytes);
}

}  // namespace mig::sim
