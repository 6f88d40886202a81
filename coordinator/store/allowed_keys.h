// Which keys count for one identity: an allow-list (CONTRACT.md 3), so that a stolen CA key alone
// lets nobody in.

#ifndef MIG_COORDINATOR_STORE_ALLOWED_KEYS_H_
#define MIG_COORDINATOR_STORE_ALLOWED_KEYS_H_

#include <optional>

#include "base/digest.h"

namespace mig::coordinator {

// SHA-256 of SubjectPublicKeyInfo (DER) each.
struct AllowedKeys {
  // None: an operator who was invited and has not logged in yet.
  std::optional<base::Digest> current;
  // Issued, and not yet seen in use.
  std::optional<base::Digest> next;
  // What `current` replaced. It counts for nothing; who shows it is told that there is a later one.
  std::optional<base::Digest> former;

  friend bool operator==(const AllowedKeys&, const AllowedKeys&) = default;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_ALLOWED_KEYS_H_
