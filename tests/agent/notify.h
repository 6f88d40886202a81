// The agent's word to whoever started it, by sd_notify(3)'s protocol.

#ifndef MIG_TESTS_AGENT_NOTIFY_H_
#define MIG_TESTS_AGENT_NOTIFY_H_

#include "absl/strings/string_view.h"

namespace mig::tests {

// To NOTIFY_SOCKET, if there is one and somebody listens.
void Notify(absl::string_view text);

}  // namespace mig::tests

#endif  // MIG_TESTS_AGENT_NOTIFY_H_
