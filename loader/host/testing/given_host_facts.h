// A host that is what a test says.

#ifndef MIG_LOADER_HOST_TESTING_GIVEN_HOST_FACTS_H_
#define MIG_LOADER_HOST_TESTING_GIVEN_HOST_FACTS_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "loader/host/host_facts.h"
#include "proto/mig/v1/environment.pb.h"

namespace mig::loader::testing {

// The fields are the test's to change at any time.
class GivenHostFacts : public HostFacts {
 public:
  // A plain Debian workstation, x86_64, UTC, machine id "machine-1", loader 1.0.0.
  GivenHostFacts() {
    environment.set_hostname("lap-0193");
    environment.set_os("linux");
    environment.set_distribution("debian");
    environment.set_distribution_version("12");
    environment.set_kernel("6.1.0-18-amd64");
    environment.set_arch("x86_64");
    environment.set_init("systemd");
    environment.set_model("ThinkPad X1");
    environment.add_addresses("10.1.4.7");
    environment.set_proxied(false);
    environment.set_time_zone("Etc/UTC");
    environment.set_loader_version("1.0.0");
  }

  v1::Environment Environment() override { return environment; }
  int32_t UtcOffsetMinutes(absl::Time) override { return environment.utc_offset_min(); }
  absl::StatusOr<std::string> MachineId() override { return machine_id; }

  v1::Environment environment;
  absl::StatusOr<std::string> machine_id = std::string("machine-1");
};

}  // namespace mig::loader::testing

#endif  // MIG_LOADER_HOST_TESTING_GIVEN_HOST_FACTS_H_
