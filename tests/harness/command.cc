#include "tests/harness/command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "base/system_clock.h"
#include "tests/agent/descriptor.h"
#include "tests/harness/started.h"

namespace mig::tests {

namespace {

constexpr size_t kMaxOutputBytes = size_t{16} << 20;

struct Pipe {
  Descriptor from;
  Descriptor to;
};

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return absl::UnavailableError(absl::StrCat("pipe: ", std::strerror(errno)));
  }
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

// What there is now; false at the end.
bool Drain(const Descriptor& from, std::string& into) {
  std::array<char, 65'536> bytes;
  for (;;) {
    const ssize_t size = read(from.get(), bytes.data(), bytes.size());
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0) return false;
    const size_t room = kMaxOutputBytes - std::min(kMaxOutputBytes, into.size());
    into.append(bytes.data(), std::min(room, static_cast<size_t>(size)));
  }
}

std::string Quoted(const std::string& word) {
  const bool plain = !word.empty() && std::ranges::all_of(word, [](char c) {
    return absl::ascii_isalnum(c) || absl::string_view("-_./=:@,+%").find(c) != std::string::npos;
  });
  return plain ? word : absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

}  // namespace

std::string ShownCommand(const std::vector<std::string>& words) {
  std::vector<std::string> shown;
  for (const std::string& word : words) shown.push_back(Quoted(word));
  if (!shown.empty()) shown[0] = shown[0].substr(shown[0].rfind('/') + 1);
  return absl::StrJoin(shown, " ");
}

std::string LastLine(const std::string& text) {
  const absl::string_view stripped = absl::StripAsciiWhitespace(text);
  const size_t at = stripped.rfind('\n');
  return std::string(at == absl::string_view::npos ? stripped : stripped.substr(at + 1));
}

std::string CommandResult::ToString() const {
  const std::string word = LastLine(err).empty() ? LastLine(out) : LastLine(err);
  return absl::StrCat("`", shown, "` ended with ", exit_status, ": ",
                      word.empty() ? "it said nothing" : word);
}

absl::StatusOr<CommandResult> RunCommand(const std::vector<std::string>& words,
                                         const CommandOptions& options) {
  MIG_ASSIGN_OR_RETURN(Pipe out, MakePipe());
  MIG_ASSIGN_OR_RETURN(Pipe err, MakePipe());
  MIG_ASSIGN_OR_RETURN(const auto clock, base::SystemClock::Open());
  const base::MonotonicTime end = clock->MonotonicNow() + options.patience;
  MIG_ASSIGN_OR_RETURN(const Started started,
                       StartProgram(words, {.environment = options.environment,
                                            .directory = options.directory,
                                            .out = out.to.get(),
                                            .err = err.to.get()}));
  out.to = Descriptor();
  err.to = Descriptor();

  CommandResult result{.exit_status = 0, .out = "", .err = "", .shown = ShownCommand(words)};
  bool out_open = true;
  bool err_open = true;
  for (bool ended = false; !ended;) {
    const absl::Duration left = end - clock->MonotonicNow();
    if (left <= absl::ZeroDuration()) {
      kill(-started.pid, SIGKILL);
      Collect(started);
      return absl::DeadlineExceededError(absl::StrCat("`", result.shown, "` had not ended after ",
                                                      absl::FormatDuration(options.patience), ": ",
                                                      LastLine(result.err)));
    }
    pollfd events[] = {{.fd = started.process.get(), .events = POLLIN, .revents = 0},
                       {.fd = out_open ? out.from.get() : -1, .events = POLLIN, .revents = 0},
                       {.fd = err_open ? err.from.get() : -1, .events = POLLIN, .revents = 0}};
    poll(events, std::size(events), static_cast<int>(absl::ToInt64Milliseconds(left)) + 1);
    ended = events[0].revents != 0;
    if (ended || events[1].revents != 0) out_open = Drain(out.from, result.out);
    if (ended || events[2].revents != 0) err_open = Drain(err.from, result.err);
  }
  result.exit_status = Collect(started);
  return result;
}

absl::Status CheckExit(const absl::StatusOr<CommandResult>& result, int exit_status) {
  MIG_RETURN_IF_ERROR(result.status());
  if (result->exit_status == exit_status) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(result->ToString(), " (", exit_status, " was expected)"));
}

}  // namespace mig::tests
