// How the rows of the audit log hang together.

#ifndef MIG_COORDINATOR_STORE_AUDIT_CHAIN_H_
#define MIG_COORDINATOR_STORE_AUDIT_CHAIN_H_

#include <cstdint>

#include "absl/status/status.h"
#include "base/digest.h"
#include "coordinator/store/audit_record.h"

namespace mig::coordinator {

// SHA-256("MIG audit v1\0" || u64be seq || prev || u64be at, Unix ms || for actor, action, subject,
// reason, difference: u32be length, bytes).
base::Digest AuditHash(uint64_t seq, const base::Digest& prev, const AuditEntry& entry);

// Checks rows one after the other, from the first. A value.
class AuditChain {
 public:
  // DataLoss, which names the row, unless it is the next one, hangs on the one before and has the
  // hash of what it says.
  absl::Status Add(const AuditRecord& record);

  // DataLoss unless the last row is `head`: rows at the end are missing, or were added by hand.
  absl::Status CheckHead(const AuditHead& head) const;

  const AuditHead& head() const { return head_; }

 private:
  AuditHead head_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_AUDIT_CHAIN_H_
