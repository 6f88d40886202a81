#include "tests/harness/background.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/system_clock.h"
#include "tests/agent/descriptor.h"
#include "tests/harness/file_watch.h"
#include "tests/harness/files.h"

namespace mig::tests {

absl::StatusOr<Background> Background::Start(const std::vector<std::string>& words,
                                             const CommandOptions& options,
                                             const std::string& log) {
  const Descriptor file(open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file.valid()) {
    return absl::UnavailableError(absl::StrCat(log, ": ", std::strerror(errno)));
  }
  const off_t begin = lseek(file.get(), 0, SEEK_END);
  MIG_ASSIGN_OR_RETURN(Started started, StartProgram(words, {.environment = options.environment,
                                                             .directory = options.directory,
                                                             .out = file.get(),
                                                             .err = file.get()}));
  return Background(std::move(started), ShownCommand(words), log, static_cast<size_t>(begin));
}

Background::~Background() {
  if (started_.pid == 0) return;
  Signal(SIGKILL);
  Collect(started_);
}

std::string Background::Said() const {
  const absl::StatusOr<std::string> text = ReadFile(log_);
  return text.ok() && text->size() > log_begin_ ? text->substr(log_begin_) : "";
}

absl::Status Background::WaitFor(absl::string_view text, absl::Duration patience) {
  MIG_ASSIGN_OR_RETURN(FileWatch watch, FileWatch::Of(log_, IN_MODIFY));
  MIG_ASSIGN_OR_RETURN(const auto clock, base::SystemClock::Open());
  const base::MonotonicTime end = clock->MonotonicNow() + patience;
  // Watched before it is read: a line that comes between is an event.
  while (!absl::StrContains(Said(), text)) {
    const absl::Duration left = end - clock->MonotonicNow();
    if (left <= absl::ZeroDuration()) {
      return absl::DeadlineExceededError(absl::StrCat("`", shown_, "` did not say '", text, "' in ",
                                                      absl::FormatDuration(patience), ": ",
                                                      LastLine(Said())));
    }
    const FileWatch::Seen seen = watch.Wait(started_.process, left);
    if (seen == FileWatch::Seen::kEvent) watch.TakeAll();
    if (seen == FileWatch::Seen::kEnded && !absl::StrContains(Said(), text)) {
      const int status = Collect(started_);
      started_ = Started();
      return absl::FailedPreconditionError(
          absl::StrCat("`", shown_, "` ended with ", status, ": ", LastLine(Said())));
    }
  }
  return absl::OkStatus();
}

void Background::Signal(int signal) const {
  if (started_.pid > 0) kill(started_.pid, signal);
}

absl::StatusOr<int> Background::WaitEnd(absl::Duration patience) {
  if (started_.pid == 0) {
    return absl::FailedPreconditionError(absl::StrCat("`", shown_, "` has ended already"));
  }
  if (!EndsWithin(started_, patience)) {
    return absl::DeadlineExceededError(
        absl::StrCat("`", shown_, "` had not ended after ", absl::FormatDuration(patience)));
  }
  const int status = Collect(started_);
  started_ = Started();
  return status;
}

}  // namespace mig::tests
