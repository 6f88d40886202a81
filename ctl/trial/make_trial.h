// Everything for one machine, in one directory: keys of all roles, three CAs, root, configuration.
// The layout is layout.h's. Whoever has this directory has every key: for trying out, no more.

#ifndef MIG_CTL_TRIAL_MAKE_TRIAL_H_
#define MIG_CTL_TRIAL_MAKE_TRIAL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "base/random.h"
#include "coordinator/server/directory_layout.h"
#include "ctl/files/local_files.h"

namespace mig::ctl {

struct TrialOptions {
  std::string name = "trial";  // the coordinator's
  std::string trust_domain = "trial.local";
  std::string operator_name;  // the first operator
  std::vector<std::string> products = {"agent", "loader"};
  std::vector<std::string> streams = {"main"};
  std::string listen = "127.0.0.1";  // where loaders, operators and enrollment are served
  uint16_t loaders_port = coordinator::layout::kLoadersPort;
  uint16_t enrollment_port = coordinator::layout::kEnrollmentPort;
  uint16_t operators_port = coordinator::layout::kOperatorsPort;
  uint16_t metrics_port = coordinator::layout::kMetricsPort;
  // What the server's certificate is for, besides.
  std::vector<std::string> dns_names = {"localhost"};
  std::vector<std::string> ip_addresses = {"127.0.0.1"};
  // Offline keys are encrypted with it; nothing: in the clear, as a trial may have them.
  std::optional<std::string> passphrase;
  absl::Duration loader_interval = absl::Minutes(5);
};

// A file of the trial; `path` is relative to its directory.
struct TrialFile {
  std::string path;
  std::string bytes;
  uint32_t mode = 0644;
};

struct Trial {
  std::vector<TrialFile> files;
  base::Digest root_digest;
};

// How others reach the coordinator: the certificate's first address, else its first name.
std::string TrialHost(const TrialOptions& options);

// Pure: no disk. `directory` is where it will lie: the loader's configuration names it. Errors:
// InvalidArgument for a name, product, stream, SAN or passphrase that may not be.
absl::StatusOr<Trial> MakeTrial(const TrialOptions& options, const std::string& directory,
                                absl::Time now, base::Random& random);

// Writes it so that `directory` is there as a whole, or not at all. AlreadyExists if there is
// anything at `directory`.
absl::Status WriteTrial(const Trial& trial, const std::string& directory, const LocalFiles& files);

}  // namespace mig::ctl

#endif  // MIG_CTL_TRIAL_MAKE_TRIAL_H_
