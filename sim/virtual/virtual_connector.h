// The network of fibers: a loader's transport whose other end is a coordinator in this process.
// What it carries are the serialised messages, within the shipped bounds.

#ifndef MIG_SIM_VIRTUAL_VIRTUAL_CONNECTOR_H_
#define MIG_SIM_VIRTUAL_VIRTUAL_CONNECTOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/testing/seeded_random.h"
#include "loader/run/connector.h"
#include "loader/transport/transport.h"
#include "sim/fiber/host_clock.h"
#include "sim/fiber/virtual_time.h"
#include "sim/virtual/server.h"

namespace mig::sim {

// How the network treats one host, from now on. Shares are parts per million of the calls.
struct LinkWeather {
  absl::Duration latency;  // one way
  absl::Duration jitter;   // up to so much more, each way
  uint32_t lost_ppm = 0;   // half of them the request, half the answer: ended by their deadline
  uint32_t cut_ppm = 0;    // of the streams: after some of their frames
};

// What can be seen on the way, at the host's end.
class WireTap {
 public:
  virtual ~WireTap() = default;
  virtual void CallBegins(loader::Method method, absl::string_view request) = 0;
  // When the loader gets it. A stream's answer is empty.
  virtual void CallEnds(loader::Method method, const absl::StatusOr<std::string>& answer,
                        absl::Duration took) = 0;
  // At the coordinator's end, when it answers.
  virtual void Answers(loader::Method method, absl::string_view request,
                       const absl::StatusOr<std::string>& answer) = 0;
  // Of a content: what has just come.
  virtual void Fetched(uint64_t bytes) = 0;
};

// One host's way to the coordinator. Everything on one thread.
class VirtualConnector : public loader::Connector {
 public:
  struct Options {
    std::string address = "192.0.2.1";  // where the host's calls come from
    base::testing::Seed seed = base::testing::Seed(1);
    std::function<LinkWeather()> weather;  // asked at each call; null: no latency, no faults
    WireTap* tap = nullptr;
  };

  // All borrowed. The handlers run on no fiber, as a server of its own would.
  VirtualConnector(VirtualTime& time, HostClock& clock, Server& server, Options options);

  absl::StatusOr<std::unique_ptr<loader::CoordinatorClient>> ToCoordinator(
      const loader::ServerAddress& server, const loader::IdentityPem& identity) override;
  absl::StatusOr<std::unique_ptr<loader::EnrollmentClient>> ToEnrollment(
      const loader::ServerAddress& server) override;

  bool away = false;   // no call is answered: each ends at its deadline
  uint64_t calls = 0;  // begun so far

 private:
  class VirtualTransport;
  struct Call;

  VirtualTime& time_;
  HostClock& clock_;
  Server& server_;
  const Options options_;
  base::testing::SeededRandom random_;
  // Of the last identity that was shown.
  std::string chain_pem_;
  std::shared_ptr<const coordinator::Peer> peer_;
};

}  // namespace mig::sim

#endif  // MIG_SIM_VIRTUAL_VIRTUAL_CONNECTOR_H_
