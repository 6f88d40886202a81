// What release a copy of the test agent is. It stands at the end of the agent's own program file,
// where `make_agent` (or `cat`) put it, so that tests make good and bad releases without a
// compiler:
//
//   ...the program...
//   --- mig-test-agent release ---
//   version = 1.1
//   behaviour = exit-after
//   after_ms = 500

#ifndef MIG_TESTS_AGENT_RELEASE_H_
#define MIG_TESTS_AGENT_RELEASE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mig::tests {

// Its release must stand within this many last bytes of the program; the last marker counts.
inline constexpr size_t kMaxReleaseBytes = 4'096;

enum class Behaviour {
  kHealthy,         // healthy          serves, /health says 200
  kExitAtOnce,      // exit-at-once     ends before it serves: healthy in --version only
  kExitAfter,       // exit-after       serves, and ends after after_ms
  kNeverReady,      // never-ready      serves, /health says 503 for ever
  kReadyAfter,      // ready-after      503 at first, 200 after after_ms
  kUnhealthy,       // unhealthy        serves, /health says 500
  kUnhealthyAfter,  // unhealthy-after  200 at first, 500 after after_ms
  kHang,            // hang             listens and never answers
  kBroken,          // broken           even --version ends with exit_status
};

struct Release {
  std::string version = "unreleased";
  Behaviour behaviour = Behaviour::kHealthy;
  absl::Duration after;
  int exit_status = 1;  // of exit-at-once, exit-after and broken
  // With any behaviour:
  bool ignore_sigterm = false;  // only SIGKILL ends it
  bool notify = false;          // it says READY=1 as soon as /health says 200
  bool stray = false;           // it leaves a process behind (forks.h): PID_FILE.stray
};

// `tail`: the last bytes of a program file. Without a marker: the default Release.
//
// Errors: InvalidArgument  an unknown key or value
absl::StatusOr<Release> ParseRelease(absl::string_view tail);

// Of the program file at `path`.
//
// Errors: NotFound  it cannot be read; and as above
absl::StatusOr<Release> ReadRelease(const std::string& path);

}  // namespace mig::tests

#endif  // MIG_TESTS_AGENT_RELEASE_H_
