// A running coordinator: store, contents, handlers, listeners and the threads that drive them.

#ifndef MIG_COORDINATOR_SERVER_SERVER_H_
#define MIG_COORDINATOR_SERVER_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/random.h"
#include "coordinator/server/config.h"
#include "coordinator/server/material.h"

namespace mig::coordinator {

// What the program knows of the machine. Borrowed; clock and random numbers are for any thread.
struct Machine {
  base::FileSystem& disk;
  base::Clock& clock;
  base::Random& random;
};

class Server {
 public:
  // Opens store and contents (made if they are missing), records the first invitation, and serves.
  // Everything acknowledged from here on is durable. `version` is what Doctor says.
  //
  // Errors: the store's and contents' (IsForeignStore: of a newer schema, another program's, or
  // another coordinator's; Unavailable: another coordinator has them); Listeners::Start's.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Machine& machine, const Config& config,
                                                       Material material,
                                                       const std::string& version);
  // As Stop.
  ~Server();

  // "loaders 127.0.0.1:8443  enrollment ...": where it listens, with the ports that it got.
  std::string ListenText() const;

  // Ends calls under way within a few seconds, writes what waits, and closes the store.
  void Stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_SERVER_SERVER_H_
