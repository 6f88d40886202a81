// A server with everything that the coordinator's machine has: its server key, its CAs, its online
// key. Hosts cannot tell it from the real one; what it says they judge by what is signed offline.

#ifndef MIG_TESTS_STOLEN_STOLEN_COORDINATOR_H_
#define MIG_TESTS_STOLEN_STOLEN_COORDINATOR_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/random.h"
#include "proto/mig/v1/assignment.pb.h"

namespace mig::tests {

// What it answers to every check-in: these documents, and an assignment of these items that is
// truly for this host and nonce, and truly signed with the online key. Every fetch gets `content`.
struct Lie {
  std::vector<std::string> documents;  // serialised Envelopes
  std::vector<v1::AssignmentItem> items;
  std::string content;
};

class StolenCoordinator {
 public:
  // `directory` is the real coordinator's; `port` where the loaders expect it, at 127.0.0.1.
  // `clock` and `random` are borrowed. Serves when this returns.
  //
  // Errors: Unavailable  the port is in use
  static absl::StatusOr<std::unique_ptr<StolenCoordinator>> Start(const std::string& directory,
                                                                  uint16_t port, Lie lie,
                                                                  base::Clock& clock,
                                                                  base::Random& random);
  virtual ~StolenCoordinator() = default;

  // How often a host asked.
  virtual int check_ins() const = 0;
  virtual int fetches() const = 0;
};

}  // namespace mig::tests

#endif  // MIG_TESTS_STOLEN_STOLEN_COORDINATOR_H_
