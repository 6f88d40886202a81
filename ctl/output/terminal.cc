#include "ctl/output/terminal.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace mig::ctl {
namespace {

constexpr size_t kMaxLineBytes = 4096;

absl::Status WriteAll(int descriptor, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return absl::UnknownError(
          absl::StrCat("standard output could not be written: ", std::strerror(errno)));
    }
    text.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

// Echo off as long as this lives.
class WithoutEcho {
 public:
  WithoutEcho() : changed_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!changed_) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
  }
  WithoutEcho(const WithoutEcho&) = delete;
  WithoutEcho& operator=(const WithoutEcho&) = delete;
  ~WithoutEcho() {
    if (changed_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  bool hidden() const { return changed_; }

 private:
  termios before_ = {};
  bool changed_;
};

absl::StatusOr<std::string> ReadOneLine() {
  std::string line;
  while (line.size() < kMaxLineBytes) {
    char byte = 0;
    const ssize_t count = read(STDIN_FILENO, &byte, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      if (!line.empty()) return line;
      return absl::CancelledError("the input ended; nothing was changed");
    }
    if (byte == '\n') return line;
    line.push_back(byte);
  }
  return absl::InvalidArgumentError("the line is longer than 4 KiB; nothing was changed");
}

}  // namespace

Terminal::Terminal(TerminalOptions options) {
  facts_.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  facts_.err_is_terminal = isatty(STDERR_FILENO) == 1;
  facts_.can_ask = !options.no_input && isatty(STDIN_FILENO) == 1;
  facts_.has_color = facts_.out_is_terminal && !options.no_color;
  winsize size = {};
  if (facts_.out_is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    facts_.columns = size.ws_col;
  }
}

void Terminal::Out(absl::string_view text) {
  if (written_.ok()) written_ = WriteAll(STDOUT_FILENO, text);
}

void Terminal::Err(absl::string_view text) {
  // Nobody is left to be told.
  WriteAll(STDERR_FILENO, text).IgnoreError();
}

absl::StatusOr<std::string> Terminal::ReadLine(absl::string_view prompt) {
  Err(prompt);
  return ReadOneLine();
}

absl::StatusOr<std::string> Terminal::ReadSecret(absl::string_view prompt) {
  const WithoutEcho quiet;
  if (!quiet.hidden()) {
    return absl::FailedPreconditionError(
        "this terminal cannot hide what is typed; use --passphrase-file");
  }
  Err(prompt);
  absl::StatusOr<std::string> line = ReadOneLine();
  Err("\n");
  return line;
}

absl::Status Terminal::Flush() { return written_; }

}  // namespace mig::ctl
