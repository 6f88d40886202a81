// A program that runs beside: it writes to a log file, is waited for by what it says, and is killed
// at the end.

#ifndef MIG_TESTS_HARNESS_BACKGROUND_H_
#define MIG_TESTS_HARNESS_BACKGROUND_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/harness/command.h"
#include "tests/harness/started.h"

namespace mig::tests {

// Move-only. Killed by its destructor, unless it was left.
class Background {
 public:
  // Both of its outputs are appended to the file `log`.
  static absl::StatusOr<Background> Start(const std::vector<std::string>& words,
                                          const CommandOptions& options, const std::string& log);

  Background(Background&& other) noexcept
      : started_(std::exchange(other.started_, Started())),
        shown_(std::move(other.shown_)),
        log_(std::move(other.log_)),
        log_begin_(other.log_begin_) {}
  Background& operator=(Background&& other) noexcept {
    std::swap(started_, other.started_);
    std::swap(shown_, other.shown_);
    std::swap(log_, other.log_);
    std::swap(log_begin_, other.log_begin_);
    return *this;
  }
  ~Background();

  pid_t pid() const { return started_.pid; }
  const Descriptor& process() const { return started_.process; }

  // What it wrote since this start.
  std::string Said() const;

  // Blocks until it has written a line that contains `text`; sleeps in inotify, does not poll.
  //
  // Errors: FailedPrecondition  it ended before; has its status and last line
  //         DeadlineExceeded
  absl::Status WaitFor(absl::string_view text, absl::Duration patience);

  void Signal(int signal) const;
  // Its exit status, or 128 + signal. DeadlineExceeded if it does not end: then it still runs.
  absl::StatusOr<int> WaitEnd(absl::Duration patience);

  // Lets it run on when this is gone.
  void Leave() { started_ = Started(); }

 private:
  Background(Started started, std::string shown, std::string log, size_t log_begin)
      : started_(std::move(started)),
        shown_(std::move(shown)),
        log_(std::move(log)),
        log_begin_(log_begin) {}

  Started started_;  // pid 0: ended and collected, or left
  std::string shown_;
  std::string log_;
  size_t log_begin_ = 0;
};

}  // namespace mig::tests

#endif  // MIG_TESTS_HARNESS_BACKGROUND_H_
