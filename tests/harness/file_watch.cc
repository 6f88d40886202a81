#include "tests/harness/file_watch.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/system_clock.h"

namespace mig::tests {

absl::StatusOr<FileWatch> FileWatch::Of(const std::string& path, uint32_t events) {
  Descriptor watch(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!watch.valid() || inotify_add_watch(watch.get(), path.c_str(), events) < 0) {
    return absl::UnavailableError(
        absl::StrCat(path, ": cannot be watched: ", std::strerror(errno)));
  }
  return FileWatch(std::move(watch), path);
}

FileWatch::Seen FileWatch::Wait(const Descriptor& process, absl::Duration patience) {
  pollfd events[] = {{.fd = events_.get(), .events = POLLIN, .revents = 0},
                     {.fd = process.get(), .events = POLLIN, .revents = 0}};
  poll(events, std::size(events), static_cast<int>(absl::ToInt64Milliseconds(patience)));
  if (events[0].revents != 0) return Seen::kEvent;
  return events[1].revents != 0 ? Seen::kEnded : Seen::kNothing;
}

bool FileWatch::TakeEvents(absl::string_view name) {
  bool named = false;
  alignas(inotify_event) std::array<char, 16'384> bytes;
  for (;;) {
    const ssize_t size = read(events_.get(), bytes.data(), bytes.size());
    if (size <= 0) return named;
    for (ssize_t at = 0; at < size;) {
      inotify_event event;
      std::memcpy(&event, bytes.data() + at, sizeof(event));
      // Padded with zeros.
      const char* const text = bytes.data() + at + sizeof(event);
      named = named || (event.len > 0 && absl::string_view(text) == name);
      at += static_cast<ssize_t>(sizeof(event) + event.len);
    }
  }
}

absl::Status FileWatch::WaitForName(absl::string_view name, const Descriptor& process,
                                    absl::Duration patience) {
  MIG_ASSIGN_OR_RETURN(const auto clock, base::SystemClock::Open());
  const base::MonotonicTime end = clock->MonotonicNow() + patience;
  for (;;) {
    const absl::Duration left = end - clock->MonotonicNow();
    if (left <= absl::ZeroDuration()) {
      return absl::DeadlineExceededError(
          absl::StrCat(path_, "/", name, ": nothing happened in ", absl::FormatDuration(patience)));
    }
    switch (Wait(process, left)) {
      case Seen::kEvent:
        if (TakeEvents(name)) return absl::OkStatus();
        break;
      case Seen::kEnded:
        return absl::FailedPreconditionError(
            absl::StrCat(path_, "/", name, ": the process ended before anything happened"));
      case Seen::kNothing:
        break;
    }
  }
}

}  // namespace mig::tests
