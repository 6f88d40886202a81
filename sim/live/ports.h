// Ports of this machine for a program that is started, killed and started again.

#ifndef MIG_SIM_LIVE_PORTS_H_
#define MIG_SIM_LIVE_PORTS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "loader/services/unique_fd.h"

namespace mig::sim {

// A free TCP port of 127.0.0.1, kept from everybody who asks for any free one. It is bound and does
// not listen, so a program that sets SO_REUSEADDR (as servers do) gets it. Move-only.
class ReservedPort {
 public:
  // ResourceExhausted: there is none.
  static absl::StatusOr<ReservedPort> Any();

  uint16_t number() const { return number_; }

 private:
  ReservedPort(loader::UniqueFd socket, uint16_t number)
      : socket_(std::move(socket)), number_(number) {}

  loader::UniqueFd socket_;
  uint16_t number_;
};

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_PORTS_H_
