// A coordinator's directory, made and filled before its program is started: what `mig-coordinator
// init` makes, a servers' CA, the root, releases, the first plan, hosts that are enrolled. All of
// it goes through the coordinator's own handlers, in this process; then the store is closed.

#ifndef MIG_SIM_LIVE_COORDINATOR_HOME_H_
#define MIG_SIM_LIVE_COORDINATOR_HOME_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/random.h"
#include "coordinator/handlers/testing/driven_coordinator.h"
#include "coordinator/handlers/testing/operators.h"
#include "coordinator/server/config.h"
#include "sim/world/documents.h"
#include "trust/token/token.h"

namespace mig::sim {

// Where the coordinator will listen, at 127.0.0.1.
struct CoordinatorPorts {
  uint16_t loaders = 0;
  uint16_t enrollment = 0;
  uint16_t operators = 0;
};

// One thread at a time.
class CoordinatorHome {
 public:
  struct Options {
    std::string directory;  // there, and empty
    std::string trust_domain;
    CoordinatorPorts ports;
    absl::Time start;  // of the run: what is issued here is issued then
  };

  // Makes the directory's files, but for the root. Borrowed: disk, random numbers.
  static absl::StatusOr<CoordinatorHome> Make(base::FileSystem& disk, base::Random& random,
                                              const Options& options);

  // What the root has to say of this coordinator.
  const DomainParts& domain() const { return domain_; }
  std::string ConfigFile() const;
  std::string Endpoint(uint16_t port) const;

  // Writes the root, opens the store, and lets operators work on it; closes it at the end.
  // `work` gets a coordinator that it may call from any thread.
  absl::Status Work(const Documents& documents,
                    absl::FunctionRef<absl::Status(coordinator::testing::DrivenCoordinator&,
                                                   coordinator::testing::Operators&)>
                        work);

 private:
  CoordinatorHome(base::FileSystem& disk, base::Random& random, Options options)
      : disk_(&disk), random_(&random), options_(std::move(options)) {}

  absl::Status WriteServerCertificate();
  absl::Status WriteConfig();
  absl::Status ReadDomain();
  std::string PathOf(absl::string_view name) const;

  base::FileSystem* disk_;
  base::Random* random_;
  Options options_;
  DomainParts domain_;
};

// Stores all contents and releases, and starts the plans that start with the run.
absl::Status PublishAll(const Documents& documents, absl::Time start,
                        coordinator::testing::Operators& operators);

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_COORDINATOR_HOME_H_
