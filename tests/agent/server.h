// What the agent does all day: it says who it is, on a unix socket and over HTTP on loopback.

#ifndef MIG_TESTS_AGENT_SERVER_H_
#define MIG_TESTS_AGENT_SERVER_H_

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "tests/agent/release.h"
#include "tests/agent/settings.h"

namespace mig::tests {

// Serves until SIGTERM or SIGINT, or until the release's behaviour says so, and gives the exit
// status. Calls `serving` once, when the first client would get an answer. One thread, one client
// at a time; one that says nothing is dropped after a second.
//
//   unix socket    answers at once:  version=1.1 pid=4711 setting=none state=ready
//   GET /health    200, 500 or 503 with the same line; other paths 404
//
// Errors: FailedPrecondition  another agent holds the pid file, or the port is in use
//         PermissionDenied    a file or socket cannot be made
absl::StatusOr<int> Serve(const Release& release, const Settings& settings,
                          absl::AnyInvocable<void()> serving);

}  // namespace mig::tests

#endif  // MIG_TESTS_AGENT_SERVER_H_
