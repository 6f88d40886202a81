#include "sim/live/handler_connector.h"

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "coordinator/handlers/testing/loader_calls.h"
#include "loader/transport/transport.h"
#include "loader/transport/typed_client.h"

namespace mig::sim {

namespace {

using coordinator::testing::LoaderCall;
using loader::CallLimits;
using loader::Method;

class HandlerTransport : public loader::Transport {
 public:
  explicit HandlerTransport(coordinator::testing::DrivenCoordinator& coordinator)
      : coordinator_(coordinator) {}

  absl::StatusOr<std::string> Unary(Method method, absl::string_view request,
                                    const CallLimits&) override {
    if (method != Method::kEnroll && method != Method::kWalkRoots) {
      return absl::UnimplementedError("nothing but enrollment before the coordinator serves");
    }
    const LoaderCall call =
        method == Method::kEnroll ? LoaderCall::kEnroll : LoaderCall::kWalkRoots;
    return CallUnary(coordinator_, call, coordinator::testing::PeerWith("", "127.0.0.1"), request);
  }

  absl::Status ServerStream(Method, absl::string_view, const CallLimits&,
                            absl::FunctionRef<absl::Status(absl::string_view)>) override {
    return absl::UnimplementedError("nothing but enrollment before the coordinator serves");
  }

 private:
  coordinator::testing::DrivenCoordinator& coordinator_;
};

class HandlerEnrollment : public loader::TypedEnrollmentClient {
 public:
  HandlerEnrollment(base::Clock& clock, std::unique_ptr<HandlerTransport> transport)
      : TypedEnrollmentClient(clock, *transport), transport_(std::move(transport)) {}

 private:
  const std::unique_ptr<HandlerTransport> transport_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<loader::CoordinatorClient>> HandlerConnector::ToCoordinator(
    const loader::ServerAddress&, const loader::IdentityPem&) {
  return absl::UnimplementedError("nothing but enrollment before the coordinator serves");
}

absl::StatusOr<std::unique_ptr<loader::EnrollmentClient>> HandlerConnector::ToEnrollment(
    const loader::ServerAddress&) {
  return std::make_unique<HandlerEnrollment>(clock_,
                                             std::make_unique<HandlerTransport>(coordinator_));
}

}  // namespace mig::sim
