#include "tests/agent/pid_file.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace mig::tests {

namespace {

constexpr int kPatienceMs = 5'000;

// glibc 2.36 has wrappers only for C programs that ask for them by another header.
int OpenProcess(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }
bool Signal(const Descriptor& process, int signal) {
  return syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
}

bool EndsWithin(const Descriptor& process, int ms) {
  pollfd ended{.fd = process.get(), .events = POLLIN, .revents = 0};
  return poll(&ended, 1, ms) == 1;
}

bool TryLock(const Descriptor& file) { return flock(file.get(), LOCK_EX | LOCK_NB) == 0; }

pid_t ReadPid(const Descriptor& file) {
  char text[32] = {};
  const ssize_t size = pread(file.get(), text, sizeof(text) - 1, 0);
  int32_t pid = 0;
  if (size <= 0) return 0;
  const absl::string_view number(text, static_cast<size_t>(size));
  return absl::SimpleAtoi(absl::StripAsciiWhitespace(number), &pid) && pid > 0 ? pid : 0;
}

}  // namespace

absl::StatusOr<PidFile> PidFile::Take(const std::string& path) {
  Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file.valid()) {
    return absl::PermissionDeniedError(absl::StrCat(path, ": ", std::strerror(errno)));
  }
  if (!TryLock(file)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": agent ", ReadPid(file), " runs already; end it, or use --install"));
  }
  const std::string text = absl::StrCat(getpid(), "\n");
  if (ftruncate(file.get(), 0) != 0 ||
      pwrite(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return absl::PermissionDeniedError(absl::StrCat(path, ": ", std::strerror(errno)));
  }
  return PidFile(std::move(file));
}

PidFile::~PidFile() {
  if (file_.valid() && ftruncate(file_.get(), 0) != 0) return;  // a number without a lock is nobody
}

absl::Status EndHolder(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid()) return absl::OkStatus();  // never ran here
  const pid_t pid = ReadPid(file);
  const Descriptor process(pid > 0 ? OpenProcess(pid) : -1);
  // Held still, with the process in hand: so the number is the holder's.
  if (TryLock(file)) return absl::OkStatus();
  if (!process.valid()) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": locked, but '", pid, "' is no process; end the holder by hand"));
  }
  for (const int signal : {SIGTERM, SIGKILL}) {
    const bool gone = !Signal(process, signal) && errno == ESRCH;
    if (gone || EndsWithin(process, kPatienceMs)) return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "agent ", pid, " of ", path, " does not end, not even by SIGKILL; may you end it?"));
}

}  // namespace mig::tests
