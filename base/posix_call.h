// System calls: descriptors that close themselves, EINTR, and errno as a Status.

#ifndef MIG_BASE_POSIX_CALL_H_
#define MIG_BASE_POSIX_CALL_H_

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/file.h"

namespace mig::base::internal {

// Owns one descriptor, or none (-1).
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

// Calls until it is not interrupted: RetryOnEintr([&] { return fsync(fd); }).
template <typename Call>
auto RetryOnEintr(Call call) {
  for (;;) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

// "cannot `action` `path`: `what errno says`", with the code of file_system.h's table.
absl::Status ErrnoStatus(int error, absl::string_view action, absl::string_view path);

FileStat ToFileStat(const struct ::stat& stat);

// Ok for a regular file; else FailedPrecondition that says what `path` is.
absl::Status CheckIsFile(const FileStat& stat, absl::string_view path);

}  // namespace mig::base::internal

#endif  // MIG_BASE_POSIX_CALL_H_
