// What lets hosts in: limited tokens. The store has a token's hash only, never the token.

#ifndef MIG_COORDINATOR_STORE_TOKEN_RECORD_H_
#define MIG_COORDINATOR_STORE_TOKEN_RECORD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/digest.h"
#include "coordinator/store/host_record.h"

namespace mig::coordinator {

// Stored as these numbers.
enum class Approval : uint8_t {
  kAutomatic = 1,  // the token is enough
  kManual = 2,     // each host waits for an operator
};

struct TokenRecord {
  // SHA-256 of the secret. The key.
  base::Digest secret_hash;
  // "t-19" for people: 1, 2, 3, ... Set by the store.
  uint64_t number = 0;
  // Hosts that it let in, and may let in (1 to 100,000). Only UseToken moves `uses`.
  uint32_t uses = 0;
  uint32_t limit = 1;
  absl::Time created_at;
  absl::Time expires_at;
  // InfinitePast: never.
  absl::Time last_used_at = absl::InfinitePast();
  Approval approval = Approval::kAutomatic;
  // Labels that its hosts get; sorted by name.
  std::vector<Label> labels;
  // Operator who made it.
  std::string created_by;
  bool revoked = false;

  friend bool operator==(const TokenRecord&, const TokenRecord&) = default;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_TOKEN_RECORD_H_
