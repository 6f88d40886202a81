// Sees what happens to files the moment it happens (inotify), so that nobody has to look again and
// again.

#ifndef MIG_TESTS_HARNESS_FILE_WATCH_H_
#define MIG_TESTS_HARNESS_FILE_WATCH_H_

#include <sys/inotify.h>

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/agent/descriptor.h"

namespace mig::tests {

// Move-only.
class FileWatch {
 public:
  // `events`: IN_MODIFY of a file; IN_MOVED_TO, IN_CREATE of a directory.
  static absl::StatusOr<FileWatch> Of(const std::string& path, uint32_t events);

  // Until something happens, or `process` (a pidfd) ends; at once if it has already.
  enum class Seen { kEvent, kEnded, kNothing };
  Seen Wait(const Descriptor& process, absl::Duration patience);

  // Forgets what has happened until now.
  void TakeAll() { TakeEvents(""); }

  // Until an event names file `name` of the watched directory.
  //
  // Errors: FailedPrecondition  `process` ended first
  //         DeadlineExceeded
  absl::Status WaitForName(absl::string_view name, const Descriptor& process,
                           absl::Duration patience);

 private:
  FileWatch(Descriptor events, std::string path)
      : events_(std::move(events)), path_(std::move(path)) {}

  // Takes the events that there are; whether one of them is about `name`.
  bool TakeEvents(absl::string_view name);

  Descriptor events_;
  std::string path_;
};

}  // namespace mig::tests

#endif  // MIG_TESTS_HARNESS_FILE_WATCH_H_
