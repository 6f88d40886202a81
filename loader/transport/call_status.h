// What a failed call means, as one absl::Status with a Refusal in it.

#ifndef MIG_LOADER_TRANSPORT_CALL_STATUS_H_
#define MIG_LOADER_TRANSPORT_CALL_STATUS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mig::loader {

// `code`, `message` and `details` of a gRPC status that is not OK (the numbers of its codes are
// absl's); `coordinator`: its endpoint. A serialised v1.Refusal in `details` (at most 4 KiB) is
// what the coordinator said. Untrusted text is escaped and cut.
absl::Status CallStatus(absl::string_view coordinator, int code, absl::string_view message,
                        absl::string_view details);

}  // namespace mig::loader

#endif  // MIG_LOADER_TRANSPORT_CALL_STATUS_H_
