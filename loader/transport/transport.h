// Serialised bytes out, serialised bytes in: the lower half of CoordinatorClient (CONTRACT.md 7).
// Real: grpc_transport.h. The simulator's virtual network stands in for exactly this, so that what
// it carries are the shipped messages within the shipped bounds.

#ifndef MIG_LOADER_TRANSPORT_TRANSPORT_H_
#define MIG_LOADER_TRANSPORT_TRANSPORT_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/time_point.h"

namespace mig::loader {

// The calls of LoaderService and EnrollmentService that a loader makes.
enum class Method {
  kCheckIn,
  kFetch,
  kReport,
  kRenewCertificate,
  kEnroll,
  kPollEnrollment,
  kRenewByPossession,
  kWalkRoots,
};

// "/mig.v1.LoaderService/CheckIn"
absl::string_view MethodPath(Method method);
inline bool IsServerStream(Method method) { return method == Method::kFetch; }

struct CallLimits {
  // The whole call ends before this.
  base::MonotonicTime deadline;
  // Of a stream: the longest wait for the next frame.
  absl::Duration stall = absl::InfiniteDuration();
};

// One caller at a time. Blocks only in base::Event, within the limits. Requests and answers are at
// most kMaxGrpcMessageBytes each: more is refused on the way out (ResourceExhausted), and on the
// way in before it is held in memory.
//
// Errors carry a v1.Refusal (trust/refusal.h) and name the coordinator: what it said itself, or
//   UNAVAILABLE         no connection, it broke, or a limit came first
//   SLOW                a stream stalled
//   SERVER_CERTIFICATE  the server's certificate is not by the right CA, not of this endpoint, or
//                       not a coordinator's: not one byte of a request was sent
//   BOUND               a message over kMaxGrpcMessageBytes
// A coordinator's error without a Refusal keeps its status code.
class Transport {
 public:
  virtual ~Transport() = default;

  virtual absl::StatusOr<std::string> Unary(Method method, absl::string_view request,
                                            const CallLimits& limits) = 0;

  // Gives each frame to `take`, in order. If `take` fails the stream is cut and that is the result.
  virtual absl::Status ServerStream(
      Method method, absl::string_view request, const CallLimits& limits,
      absl::FunctionRef<absl::Status(absl::string_view frame)> take) = 0;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_TRANSPORT_TRANSPORT_H_
