// A command of the host's dictionary, run to its end within bounds of time and output.

#ifndef MIG_LOADER_SERVICES_RUN_COMMAND_H_
#define MIG_LOADER_SERVICES_RUN_COMMAND_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/time_point.h"

namespace mig::loader {

struct CommandResult {
  bool timed_out = false;    // it, and its process group, were killed
  uint32_t exit_status = 0;  // 128 + n for signal n
  std::string output;        // the last bytes of its standard output and error
};

// Started as child_process.h says. What it leaves running in other sessions is not touched and not
// waited for, even if that holds its output open. Output beyond the last `max_output_bytes` is
// dropped as it comes. FailedPrecondition, ResourceExhausted: it could not be started.
absl::StatusOr<CommandResult> RunCommand(base::Clock& clock, const std::vector<std::string>& argv,
                                         base::MonotonicTime deadline, size_t max_output_bytes);

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_RUN_COMMAND_H_
