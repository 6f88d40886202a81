// The coordinator of handlers/testing as the other end of the simulator's network.

#ifndef MIG_TESTS_FIBER_IN_PROCESS_SERVER_H_
#define MIG_TESTS_FIBER_IN_PROCESS_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "sim/virtual/server.h"

namespace mig::tests {

// Always up. Borrows it.
class InProcessServer : public sim::Server {
 public:
  explicit InProcessServer(coordinator::testing::InProcessCoordinator& coordinator)
      : coordinator_(coordinator) {}

  bool IsUp() const override { return true; }
  coordinator::Peer PeerOf(absl::string_view certificate_der, absl::string_view address) override {
    return coordinator_.PeerOf(certificate_der, address);
  }
  void Unary(loader::Method method, const coordinator::Peer& peer, std::string request,
             Answered answered) override;
  absl::StatusOr<std::unique_ptr<Stream>> Open(loader::Method method, const coordinator::Peer& peer,
                                               absl::string_view request) override;

 private:
  coordinator::testing::InProcessCoordinator& coordinator_;
};

}  // namespace mig::tests

#endif  // MIG_TESTS_FIBER_IN_PROCESS_SERVER_H_
