// The real mig-coordinator in a world: started, stopped, killed and started again.

#ifndef MIG_TESTS_HARNESS_COORDINATOR_H_
#define MIG_TESTS_HARNESS_COORDINATOR_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/harness/background.h"
#include "tests/harness/world.h"

namespace mig::tests {

// Where it listens, at 127.0.0.1.
struct CoordinatorPorts {
  uint16_t loaders = 0;
  uint16_t enrollment = 0;
  uint16_t operators = 0;
  uint16_t metrics = 0;
};

// "127.0.0.1:PORT"
std::string LoopbackEndpoint(uint16_t port);

class Coordinator {
 public:
  // Over `directory`, as `mig-coordinator init` or `migctl trial init` made it: takes free ports
  // and writes them into its coordinator.toml. Starts nothing. `world` is borrowed.
  static absl::StatusOr<Coordinator> In(World& world, const std::string& directory);

  const std::string& directory() const { return directory_; }
  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  std::string config() const { return Path("coordinator.toml"); }
  const CoordinatorPorts& ports() const { return ports_; }
  pid_t pid() const { return process_.has_value() ? process_->pid() : 0; }

  // Returns when all four listeners serve.
  absl::Status Start();
  // SIGTERM; must end with status 0.
  absl::Status Stop();
  // SIGKILL.
  absl::Status Kill();
  // Lets it run on when this is gone.
  void Leave() {
    if (process_.has_value()) process_->Leave();
  }

  // What it wrote since its last start.
  std::string Said() const { return process_.has_value() ? process_->Said() : ""; }

  // The page of its metrics; empty if it does not answer.
  std::string Metrics() const;

 private:
  Coordinator(const World& world, std::string directory, const CoordinatorPorts& ports)
      : world_(&world), directory_(std::move(directory)), ports_(ports) {}

  const World* world_;
  std::string directory_;
  CoordinatorPorts ports_;
  std::optional<Background> process_;
};

}  // namespace mig::tests

#endif  // MIG_TESTS_HARNESS_COORDINATOR_H_
