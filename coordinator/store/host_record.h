// What the coordinator keeps of one host, in three rows that change at their own pace: the host
// itself (by operators and enrollment), its last check-in, and its certificates.

#ifndef MIG_COORDINATOR_STORE_HOST_RECORD_H_
#define MIG_COORDINATOR_STORE_HOST_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/digest.h"
#include "coordinator/store/allowed_keys.h"
#include "coordinator/store/ids.h"

namespace mig::coordinator {

// Stored as these numbers.
enum class HostState : uint8_t {
  kEnabled = 1,
  kDisabled = 2,  // refused until somebody enables it
  kRevoked = 3,   // refused for ever
};

// What the coordinator says of a host; never enters a signed filter.
struct Label {
  std::string name;
  std::string value;

  friend bool operator==(const Label&, const Label&) = default;
};

// Changed by enrollment, renewal and operators: always as compare-and-set on `revision`.
struct HostRecord {
  HostId id;
  // How often the record was written: the store sets 1 at the first time, and adds 1 at each
  // update, which must carry the number that was read.
  uint64_t revision = 0;
  HostState state = HostState::kEnabled;
  AllowedKeys keys;
  // For people: its host name as it enrolled, at most 256 bytes.
  std::string name;
  // Sorted by name, at most base::kMaxLabels.
  std::vector<Label> labels;
  // Filter that its environment must match, at most 4 KiB; empty: nothing is pinned.
  std::string expected_environment;
  // SHA-256 of the machine id that it enrolled on (CONTRACT.md 3).
  base::Digest machine;
  // Its recorded enrollment: gates count hosts that were there before a rollout's first issue.
  absl::Time enrolled_at;
  // The token that let it in (TokenRecord::number); 0: none.
  uint64_t token_number = 0;
  // Times that two machines were seen to use this identity.
  uint32_t clones_seen = 0;

  friend bool operator==(const HostRecord&, const HostRecord&) = default;
};

// As of the last check-in; written over and over, and the only thing of which a crash may lose
// some (what was not flushed yet).
struct HostSeenRecord {
  HostId id;
  absl::Time last_seen;
  // Where it came from, as text; at most 64 bytes.
  std::string seen_address;
  // A serialised mig.v1.Environment, at most 16 KiB. The store does not look into it.
  std::string environment;
  // What the check-in handler keeps of local manifest, products and streams; its own layout, at
  // most base::kMaxCheckInSummaryBytes. The store does not look into it.
  std::string summary;
  // SHA-256 of the machine id it was seen on.
  base::Digest machine;
  // The last answer given to it, and the last one it returned: either is good as previous_answer.
  AnswerId answer_issued;
  AnswerId answer_returned;

  friend bool operator==(const HostSeenRecord&, const HostSeenRecord&) = default;
};

// One certificate that was issued to a host. Kept until it is long expired; whether it counts is
// said by HostRecord::keys.
struct CertificateRecord {
  // As in the certificate, big-endian without leading zeros: 1 to 20 bytes. The key.
  std::string serial;
  HostId host;
  // SHA-256 of its SubjectPublicKeyInfo.
  base::Digest spki;
  absl::Time issued_at;
  absl::Time expires_at;

  friend bool operator==(const CertificateRecord&, const CertificateRecord&) = default;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_HOST_RECORD_H_
