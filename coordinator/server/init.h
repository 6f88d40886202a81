// `mig-coordinator init DIR`: what a coordinator needs that nobody else may make. The servers' CA,
// the roots and every key that signs documents stay elsewhere, offline.

#ifndef MIG_COORDINATOR_SERVER_INIT_H_
#define MIG_COORDINATOR_SERVER_INIT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/file_system.h"
#include "base/random.h"

namespace mig::coordinator {

struct InitOptions {
  std::string name = "coordinator";  // in the server's SPIFFE id
  std::string trust_domain;
  std::string operator_name;  // who is invited first, with every role
  absl::Time now;
};

// How long the two CAs of a coordinator live. Certificates never outlive them.
inline constexpr absl::Duration kIssuingCaLife = absl::Hours(24 * 365 * 10);

// Makes DIR (0700) and in it coordinator.toml, both CAs, the online key, the server's key and
// request, and the first operator's invitation (directory_layout.h). Each file is whole or not
// there; existing ones are never replaced.
//
// Errors: InvalidArgument  a name or trust domain outside its grammar
//         AlreadyExists    DIR has one of these files: names it
//         those of the disk
absl::Status InitDirectory(base::FileSystem& disk, base::Random& random,
                           absl::string_view directory, const InitOptions& options);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_SERVER_INIT_H_
