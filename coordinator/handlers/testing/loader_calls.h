// The calls that loaders make, as serialised bytes to a coordinator's handlers: what stands where a
// network would be.

#ifndef MIG_COORDINATOR_HANDLERS_TESTING_LOADER_CALLS_H_
#define MIG_COORDINATOR_HANDLERS_TESTING_LOADER_CALLS_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/handlers/testing/driven_coordinator.h"

namespace mig::coordinator::testing {

// As in LoaderService and EnrollmentService.
enum class LoaderCall {
  kCheckIn,
  kFetch,
  kReport,
  kRenewCertificate,
  kEnroll,
  kPollEnrollment,
  kRenewByPossession,
  kWalkRoots,
};

// Answers when the handler does; commits the store as often as that takes. Requests and answers are
// bounded as gRPC's are. kFetch is no unary call.
absl::StatusOr<std::string> CallUnary(DrivenCoordinator& coordinator, LoaderCall call,
                                      const Peer& peer, absl::string_view request);

// kFetch. If `take` fails, the stream is cut and that is the result.
absl::Status CallServerStream(DrivenCoordinator& coordinator, LoaderCall call, const Peer& peer,
                              absl::string_view request,
                              absl::FunctionRef<absl::Status(absl::string_view frame)> take);

// What a network would prove of a caller with this certificate (DER; empty: none). Crashes unless
// the certificate is one.
Peer PeerWith(absl::string_view certificate_der, absl::string_view address);

}  // namespace mig::coordinator::testing

#endif  // MIG_COORDINATOR_HANDLERS_TESTING_LOADER_CALLS_H_
