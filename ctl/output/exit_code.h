// What a program that calls migctl learns from its exit status (UX: "Exit").

#ifndef MIG_CTL_OUTPUT_EXIT_CODE_H_
#define MIG_CTL_OUTPUT_EXIT_CODE_H_

#include "absl/status/status.h"

namespace mig::ctl {

enum ExitCode {
  kExitOk = 0,
  kExitFailed = 1,
  kExitUsage = 2,
  kExitNotFound = 3,
  kExitNotAllowed = 4,
  kExitPrecondition = 5,  // a digest changed meanwhile, signatures are missing
  kExitUnreachable = 6,   // trying again is safe
  kExitHalted = 10,       // `wait`
  kExitNeedsPerson = 11,  // `wait`: paused
  kExitTimedOut = 12,     // `wait`
  kExitWill = 20,         // `explain --exit-code`
  kExitWillNot = 21,      // `explain --exit-code`
};

// InvalidArgument is always the caller's input (local files that cannot be read come as that).
ExitCode ExitCodeOf(const absl::Status& status);

}  // namespace mig::ctl

#endif  // MIG_CTL_OUTPUT_EXIT_CODE_H_
