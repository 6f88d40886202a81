// The secrets and documents that a coordinator starts with, read from the files that its
// configuration names, and checked against each other.

#ifndef MIG_COORDINATOR_SERVER_MATERIAL_H_
#define MIG_COORDINATOR_SERVER_MATERIAL_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "base/file_system.h"
#include "coordinator/server/config.h"
#include "coordinator/store/operator_record.h"
#include "trust/ids.h"
#include "trust/signing_key.h"
#include "trust/x509/authority.h"

namespace mig::coordinator {

// The first operator, as `mig-coordinator init` or `migctl trial init` invited them.
struct FirstInvite {
  base::Digest secret_hash;
  std::string operator_name;
  RoleBits roles = 0;
};

// Move-only.
struct Material {
  trust::SigningKey online_key;
  trust::x509::Authority loaders_ca;
  trust::x509::Authority operators_ca;
  std::string server_chain_pem;
  std::string server_key_pem;
  absl::Time server_certificate_expires;
  std::vector<std::string> roots;                      // serialised envelopes, in order of version
  std::vector<trust::KeyId> online_keys_of_the_roots;  // of each of them, this coordinator's too
  std::optional<FirstInvite> first_invite;
};

// Reads everything and changes nothing. Each error is one line that names the file and what to do:
//   InvalidArgument     not what it should be; key and certificate that do not belong together; a
//                       root that does not verify, is of another trust domain, or names neither
//                       this online key nor these CAs
//   FailedPrecondition  a secret that others may read; the server's certificate has expired
//   NotFound, ...       cannot be read
absl::StatusOr<Material> LoadMaterial(base::FileSystem& disk, const Config& config, absl::Time now);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_SERVER_MATERIAL_H_
