// Who did what, as a chain of hashes: a row that is changed, removed or moved is found.

#ifndef MIG_COORDINATOR_STORE_AUDIT_RECORD_H_
#define MIG_COORDINATOR_STORE_AUDIT_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "base/digest.h"

namespace mig::coordinator {

// What whoever acts says; the store adds the rest.
struct AuditEntry {
  absl::Time at;
  // SPIFFE id of who did it; empty: the coordinator itself. At most 512 bytes.
  std::string actor;
  // "rollout.halt"; at most 64 bytes.
  std::string action;
  // What it was done to; at most 512 bytes.
  std::string subject;
  // Why; at most 512 bytes.
  std::string reason;
  // What changed; at most 4 KiB. Never a secret.
  std::string difference;

  friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

inline constexpr size_t kMaxAuditActionBytes = 64;
inline constexpr size_t kMaxAuditTextBytes = 512;
inline constexpr size_t kMaxAuditDifferenceBytes = 4096;

struct AuditRecord {
  // 1, 2, 3, ... without gaps.
  uint64_t seq = 0;
  AuditEntry entry;
  // Hash of the row before; zeros for the first.
  base::Digest prev;
  // Over seq, prev and entry (audit_chain.h).
  base::Digest hash;

  friend bool operator==(const AuditRecord&, const AuditRecord&) = default;
};

// The end of the chain: to be noted outside of the store, since who can write the whole file can
// also make a new chain.
struct AuditHead {
  uint64_t seq = 0;
  base::Digest hash;

  friend bool operator==(const AuditHead&, const AuditHead&) = default;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_AUDIT_RECORD_H_
