// A host that asked to come in with a token that wants an operator's word.

#ifndef MIG_COORDINATOR_STORE_ENROLLMENT_RECORD_H_
#define MIG_COORDINATOR_STORE_ENROLLMENT_RECORD_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "base/digest.h"
#include "coordinator/store/host_record.h"
#include "coordinator/store/ids.h"

namespace mig::coordinator {

// Stored as these numbers.
enum class EnrollmentState : uint8_t { kPending = 1, kApproved = 2, kDenied = 3 };

struct EnrollmentRecord {
  EnrollmentId id;
  // "e-88" for people: 1, 2, 3, ... Set by the store.
  uint64_t number = 0;
  EnrollmentState state = EnrollmentState::kPending;
  // The key it asked with; a second request of one host replaces none.
  HostId host;
  // TokenRecord::number of its token.
  uint64_t token_number = 0;
  // PKCS#10 in DER, at most 4 KiB.
  std::string csr;
  // A serialised mig.v1.Environment, at most 16 KiB.
  std::string environment;
  // SHA-256 of its machine id.
  base::Digest machine;
  std::string seen_address;
  absl::Time asked_at;
  // InfinitePast while it is pending.
  absl::Time decided_at = absl::InfinitePast();
  // Operator; empty while it is pending.
  std::string decided_by;
  // At most 512 bytes.
  std::string reason;

  friend bool operator==(const EnrollmentRecord&, const EnrollmentRecord&) = default;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_ENROLLMENT_RECORD_H_
