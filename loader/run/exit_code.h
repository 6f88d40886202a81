// What a program that calls mig-loader learns from its exit status.

#ifndef MIG_LOADER_RUN_EXIT_CODE_H_
#define MIG_LOADER_RUN_EXIT_CODE_H_

#include "absl/status/status.h"
#include "proto/mig/v1/refusal.pb.h"

namespace mig::loader {

enum class ExitCode {
  kOk = 0,            // also: not due, not its wave
  kInternal = 1,      // our own fault, or the disk's
  kUsage = 2,         // arguments, configuration, dictionary, packaged root
  kNotEnrolled = 3,   // or revoked, disabled, denied
  kRefused = 5,       // a document, an assignment, contents
  kWentBack = 6,      // the new agent was not well, the old one runs again
  kCannotGoBack = 7,  // neither is well: a person is needed
  kStale = 8,         // the newest plan for this host is too old
  kRootExpired = 9,   // nothing but the root's successor is accepted
  kChanged = 20,      // with --detailed-exit-code: ok, and something was changed
  kLater = 75,        // EX_TEMPFAIL: offline, busy, disk full, clock; the next run tries again
};

// One table for all: NONE and the answers of admission ("not yet") are kOk.
ExitCode ExitCodeOf(v1::Refusal::Code code);

// Of an error, by its refusal, else by its canonical code.
ExitCode ExitCodeOf(const absl::Status& status);

// The one that a person must rather hear of: kCannotGoBack, kWentBack, kInternal, kUsage,
// kNotEnrolled, kRootExpired, kRefused, kStale, kLater, kOk.
ExitCode Graver(ExitCode a, ExitCode b);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_EXIT_CODE_H_
