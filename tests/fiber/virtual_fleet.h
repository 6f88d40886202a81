// A coordinator and some hosts in virtual time: the whole loader, as it ships, on fibers.

#ifndef MIG_TESTS_FIBER_VIRTUAL_FLEET_H_
#define MIG_TESTS_FIBER_VIRTUAL_FLEET_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "loader/run/testing/test_host.h"
#include "proto/mig/v1/report.pb.h"
#include "sim/fiber/host_clock.h"
#include "sim/fiber/virtual_time.h"
#include "sim/virtual/virtual_connector.h"
#include "tests/fiber/in_process_server.h"
#include "trust/host_id.h"

namespace mig::tests {

// One virtual machine.
struct VirtualHost {
  std::unique_ptr<sim::HostClock> clock;
  std::unique_ptr<sim::VirtualConnector> connector;
  std::unique_ptr<loader::testing::TestHost> host;
  trust::HostId id;  // once it is enrolled
};

class VirtualFleet {
 public:
  explicit VirtualFleet(int hosts);
  ~VirtualFleet();

  sim::VirtualTime& time() { return time_; }
  coordinator::testing::InProcessCoordinator& coordinator() { return *coordinator_; }
  VirtualHost& host(size_t index) { return hosts_[index]; }
  size_t size() const { return hosts_.size(); }

  // Runs `body` on one fiber, as that host's loader process, until nobody has anything to do.
  void OnFiber(absl::AnyInvocable<void()> body);
  // The same for each host, all at once.
  void OnEachFiber(const std::function<void(VirtualHost&)>& body);

  // The same machine, with what processes see on its disk; its agents are gone.
  void StartAgain(VirtualHost& host);

  // Enrolls a host; to be called on a fiber.
  void Enroll(VirtualHost& host);
  // Publishes a release of "agent" and starts a plan for everybody, from now on.
  base::Digest Roll(uint64_t sequence, const std::map<std::string, std::string>& contents);
  // What the coordinator has durably of this host, oldest first.
  std::vector<v1::Outcome> OutcomesOf(const VirtualHost& host);

 private:
  sim::VirtualTime time_;
  sim::HostClock coordinator_clock_;
  std::unique_ptr<coordinator::testing::InProcessCoordinator> coordinator_;
  std::unique_ptr<InProcessServer> server_;
  std::vector<VirtualHost> hosts_;
};

// Of this process: threads, and open sockets.
int CountThreads();
int CountSockets();

}  // namespace mig::tests

#endif  // MIG_TESTS_FIBER_VIRTUAL_FLEET_H_
