#include "tests/fiber/virtual_connector.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/event.h"
#include "base/status_macros.h"
#include "coordinator/fleet/peer.h"
#include "loader/transport/typed_client.h"
#include "trust/x509/certificate.h"

namespace mig::tests {

namespace {

using coordinator::testing::LoaderCall;
using loader::CallLimits;
using loader::Method;

LoaderCall CallOf(Method method) {
  switch (method) {
    case Method::kCheckIn:
      return LoaderCall::kCheckIn;
    case Method::kFetch:
      return LoaderCall::kFetch;
    case Method::kReport:
      return LoaderCall::kReport;
    case Method::kRenewCertificate:
      return LoaderCall::kRenewCertificate;
    case Method::kEnroll:
      return LoaderCall::kEnroll;
    case Method::kPollEnrollment:
      return LoaderCall::kPollEnrollment;
    case Method::kRenewByPossession:
      return LoaderCall::kRenewByPossession;
    case Method::kWalkRoots:
      break;
  }
  return LoaderCall::kWalkRoots;
}

template <typename Client>
class Owning : public Client {
 public:
  Owning(base::Clock& clock, std::unique_ptr<loader::Transport> transport)
      : Client(clock, *transport), transport_(std::move(transport)) {}

 private:
  std::unique_ptr<loader::Transport> transport_;
};

}  // namespace

class VirtualConnector::VirtualTransport : public loader::Transport {
 public:
  VirtualTransport(VirtualConnector& owner, coordinator::Peer peer)
      : owner_(owner), peer_(std::move(peer)) {}

  absl::StatusOr<std::string> Unary(Method method, absl::string_view request,
                                    const CallLimits& limits) override {
    auto answer = std::make_shared<absl::StatusOr<std::string>>(absl::UnknownError("none yet"));
    MIG_RETURN_IF_ERROR(Travel(limits, [&coordinator = owner_.coordinator_, peer = peer_, answer,
                                        method, bytes = std::string(request)] {
      *answer = coordinator.Unary(CallOf(method), peer, bytes);
    }));
    return *answer;
  }

  absl::Status ServerStream(
      Method method, absl::string_view request, const CallLimits& limits,
      absl::FunctionRef<absl::Status(absl::string_view frame)> take) override {
    auto frames = std::make_shared<std::vector<std::string>>();
    auto status = std::make_shared<absl::Status>();
    MIG_RETURN_IF_ERROR(Travel(limits, [&coordinator = owner_.coordinator_, peer = peer_, frames,
                                        status, method, bytes = std::string(request)] {
      *status = coordinator.ServerStream(CallOf(method), peer, bytes, [&](absl::string_view frame) {
        frames->emplace_back(frame);
        return absl::OkStatus();
      });
    }));
    for (const std::string& frame : *frames) {
      owner_.clock_.SleepUntil(owner_.clock_.MonotonicNow() + absl::Milliseconds(1));
      MIG_RETURN_IF_ERROR(take(frame));
    }
    return *status;
  }

 private:
  // There, `serve`, and back. `serve` refers to nothing of this: the caller may be killed
  // meanwhile.
  absl::Status Travel(const CallLimits& limits, absl::AnyInvocable<void()> serve) {
    ++owner_.calls;
    std::shared_ptr<base::Event> back = owner_.clock_.NewEvent();
    if (!owner_.away) {
      auto call = std::make_shared<absl::AnyInvocable<void()>>(std::move(serve));
      sim::VirtualTime& time = owner_.time_;
      const absl::Duration latency = owner_.latency_;
      time.CallAt(time.Now() + latency, [&time, latency, call, back] {
        (*call)();
        time.CallAt(time.Now() + latency, [back] { back->Notify(); });
      });
    }
    const absl::Duration left = limits.deadline - owner_.clock_.MonotonicNow();
    if (back->WaitUntil(owner_.clock_.MonotonicNow() + left) == base::Event::Result::kHappened) {
      return absl::OkStatus();
    }
    return absl::DeadlineExceededError("the coordinator did not answer in time");
  }

  VirtualConnector& owner_;
  const coordinator::Peer peer_;
};

absl::StatusOr<std::unique_ptr<loader::CoordinatorClient>> VirtualConnector::ToCoordinator(
    const loader::ServerAddress&, const loader::IdentityPem& identity) {
  MIG_ASSIGN_OR_RETURN(const std::vector<trust::x509::Certificate> chain,
                       trust::x509::Certificate::ParsePemChain(identity.certificate_chain));
  auto transport =
      std::make_unique<VirtualTransport>(*this, coordinator_.PeerOf(chain.front().der()));
  return std::make_unique<Owning<loader::TypedCoordinatorClient>>(clock_, std::move(transport));
}

absl::StatusOr<std::unique_ptr<loader::EnrollmentClient>> VirtualConnector::ToEnrollment(
    const loader::ServerAddress&) {
  auto transport = std::make_unique<VirtualTransport>(*this, coordinator_.PeerOf(""));
  return std::make_unique<Owning<loader::TypedEnrollmentClient>>(clock_, std::move(transport));
}

}  // namespace mig::tests
