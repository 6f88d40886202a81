// The agent's two doors, and how a client is answered at each.

#ifndef MIG_TESTS_AGENT_LISTENERS_H_
#define MIG_TESTS_AGENT_LISTENERS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/agent/descriptor.h"

namespace mig::tests {

// Errors: FailedPrecondition  the port is in use
absl::StatusOr<Descriptor> ListenOnLoopback(uint32_t port);

// Replaces a socket that was left behind.
// Errors: PermissionDenied    it cannot be made; InvalidArgument  the path is too long
absl::StatusOr<Descriptor> ListenOnUnixSocket(const std::string& path);

// Takes the next client, gives it `line`, and lets it go.
void AnswerOnUnixSocket(const Descriptor& listener, absl::string_view line);

// Takes the next client, reads its request, and answers: `status` and `line` for GET /health.
void AnswerHttp(const Descriptor& listener, int status, absl::string_view line);

}  // namespace mig::tests

#endif  // MIG_TESTS_AGENT_LISTENERS_H_
