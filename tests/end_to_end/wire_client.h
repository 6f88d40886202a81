// A host's identity in the hands of a test: calls that a loader would never make.

#ifndef MIG_TESTS_END_TO_END_WIRE_CLIENT_H_
#define MIG_TESTS_END_TO_END_WIRE_CLIENT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/random.h"
#include "tests/harness/coordinator.h"
#include "tests/harness/loader_host.h"

namespace mig::tests {

class WireClient {
 public:
  // With the key and certificate of an enrolled host, on its `machine` (the coordinator's word of
  // it). `clock` and `random` are borrowed.
  static absl::StatusOr<std::unique_ptr<WireClient>> As(const LoaderHost& host,
                                                        const std::string& machine,
                                                        const CoordinatorPorts& coordinator,
                                                        base::Clock& clock, base::Random& random);
  virtual ~WireClient() = default;

  // Checks in as a host without anything, and gives the ticket of the assignment. NotFound: there
  // is none.
  virtual absl::StatusOr<std::string> Ticket() = 0;
  // The whole content.
  virtual absl::StatusOr<std::string> Fetch(const std::string& ticket, const base::Digest& digest,
                                            uint64_t size_bytes) = 0;
};

}  // namespace mig::tests

#endif  // MIG_TESTS_END_TO_END_WIRE_CLIENT_H_
