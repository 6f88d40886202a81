// What the virtual network leads to: the coordinator's end of each call, in bytes.

#ifndef MIG_SIM_VIRTUAL_SERVER_H_
#define MIG_SIM_VIRTUAL_SERVER_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "coordinator/fleet/peer.h"
#include "loader/transport/transport.h"

namespace mig::sim {

// One thread. Called on no fiber: it must not wait.
class Server {
 public:
  using Answered = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;

  // One server stream. Gone when it is destroyed.
  class Stream {
   public:
    virtual ~Stream() = default;
    // The next frame; nothing: that was all. Unavailable once the process that opened it is gone.
    virtual absl::StatusOr<std::optional<std::string>> Next() = 0;
  };

  virtual ~Server() = default;

  // False: nobody listens.
  virtual bool IsUp() const = 0;
  // What its TLS would prove of a caller with this certificate (DER; empty: none).
  virtual coordinator::Peer PeerOf(absl::string_view certificate_der,
                                   absl::string_view address) = 0;
  // Answers at once or later; never, if the process is killed meanwhile.
  virtual void Unary(loader::Method method, const coordinator::Peer& peer, std::string request,
                     Answered answered) = 0;
  virtual absl::StatusOr<std::unique_ptr<Stream>> Open(loader::Method method,
                                                       const coordinator::Peer& peer,
                                                       absl::string_view request) = 0;
};

}  // namespace mig::sim

#endif  // MIG_SIM_VIRTUAL_SERVER_H_
