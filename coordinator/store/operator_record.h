// The people (and robots) who may call the admin service, and how they first come in.

#ifndef MIG_COORDINATOR_STORE_OPERATOR_RECORD_H_
#define MIG_COORDINATOR_STORE_OPERATOR_RECORD_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "base/digest.h"
#include "coordinator/store/allowed_keys.h"

namespace mig::coordinator {

// A set of mig.v1.AdminRole: bit n is set for role n.
using RoleBits = uint32_t;

struct OperatorRecord {
  // [a-z0-9._-]{1,64}. The key.
  std::string name;
  // How often it was written; as HostRecord::revision.
  uint64_t revision = 0;
  RoleBits roles = 0;
  AllowedKeys keys;
  // InfinitePast: none yet.
  absl::Time certificate_expires_at = absl::InfinitePast();
  absl::Time created_at;
  bool revoked = false;

  friend bool operator==(const OperatorRecord&, const OperatorRecord&) = default;
};

// One use. The store has the secret's hash only.
struct InviteRecord {
  // SHA-256 of the secret. The key.
  base::Digest secret_hash;
  std::string operator_name;
  absl::Time created_at;
  absl::Time expires_at;
  // Empty: made by `mig-coordinator init`.
  std::string created_by;
  // InfinitePast: not used. Only UseInvite moves it.
  absl::Time used_at = absl::InfinitePast();
  bool revoked = false;

  friend bool operator==(const InviteRecord&, const InviteRecord&) = default;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_OPERATOR_RECORD_H_
