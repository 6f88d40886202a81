#include "tests/agent/self_install.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "tests/agent/descriptor.h"
#include "tests/agent/pid_file.h"

namespace mig::tests {

namespace {

constexpr int kPatienceMs = 10'000;
constexpr size_t kMaxWordsBytes = 4'096;

// In the child. Its words go to the pipe, of which only the first line is ever read; it keeps no
// other descriptor, so that nobody who waits for the end of one waits for this process.
[[noreturn]] void BecomeAgent(const std::string& program, const std::string& config, int words) {
  setsid();
  close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  dup2(words, STDOUT_FILENO);
  dup2(words, STDERR_FILENO);
  execl(program.c_str(), program.c_str(), "--config", config.c_str(), nullptr);
  dprintf(STDERR_FILENO, "%s: %s\n", program.c_str(), std::strerror(errno));
  _exit(127);
}

// Until a line is whole, the other end is closed, or patience ends.
std::string FirstLine(const Descriptor& words) {
  std::string text;
  while (text.size() < kMaxWordsBytes && !absl::StrContains(text, "\n")) {
    pollfd readable{.fd = words.get(), .events = POLLIN, .revents = 0};
    if (poll(&readable, 1, kPatienceMs) != 1) break;
    char bytes[512];
    const ssize_t size = read(words.get(), bytes, sizeof(bytes));
    if (size <= 0) break;
    text.append(bytes, static_cast<size_t>(size));
  }
  return std::string(absl::StripAsciiWhitespace(text));
}

}  // namespace

absl::StatusOr<std::string> InstallSelf(const std::string& program, const Settings& settings) {
  if (settings.pid_file.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(settings.config_path, ": --install needs pid_file = PATH"));
  }
  MIG_RETURN_IF_ERROR(EndHolder(settings.pid_file));

  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return absl::UnavailableError(absl::StrCat("pipe: ", std::strerror(errno)));
  }
  const Descriptor words(ends[0]);
  {
    const Descriptor said(ends[1]);
    const pid_t child = fork();
    if (child < 0) return absl::UnavailableError(absl::StrCat("fork: ", std::strerror(errno)));
    if (child == 0) BecomeAgent(program, settings.config_path, said.get());
  }
  const std::string line = FirstLine(words);
  if (!absl::EndsWith(line, " serves")) {
    return absl::UnavailableError(
        absl::StrCat(program, " does not serve: ", line.empty() ? "it said nothing" : line));
  }
  return line;
}

}  // namespace mig::tests
