// What can be written: a batch of typed rows that becomes durable as a whole or not at all.
//
// Each row says what must be true before it is written. Where that is not so, the whole batch is
// refused and changes nothing; that is how races end (DESIGN.md 7: insert-if-absent and
// compare-and-set, nothing else). Codes of such a refusal:
//   AlreadyExists       an Insert... that must be new is not
//   Aborted             somebody else was faster: read again, decide again
//   NotFound            what is to be changed is not there
//   ResourceExhausted   a token that is used up
//   FailedPrecondition  a token or invitation that is expired
//   PermissionDenied    a token or invitation that is revoked
//   InvalidArgument     a value beyond its bound: the caller should have refused it

#ifndef MIG_COORDINATOR_STORE_WRITE_BATCH_H_
#define MIG_COORDINATOR_STORE_WRITE_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "base/digest.h"
#include "base/sizes.h"
#include "coordinator/store/audit_record.h"
#include "coordinator/store/document_record.h"
#include "coordinator/store/enrollment_record.h"
#include "coordinator/store/host_record.h"
#include "coordinator/store/ids.h"
#include "coordinator/store/offer_record.h"
#include "coordinator/store/operator_record.h"
#include "coordinator/store/outcome_record.h"
#include "coordinator/store/rollout_event.h"
#include "coordinator/store/token_record.h"

namespace mig::coordinator {

// --- Hosts ---

// A host that enrolls. AlreadyExists if its id is there.
struct InsertHost {
  HostRecord host;
};
// All fields of a host. Aborted unless its row has `host.revision`; NotFound.
struct UpdateHost {
  HostRecord host;
};
// One clone more (HostRecord::clones_seen); the revision moves on, so that nobody's UpdateHost
// undoes it. A host that is not there stays so. Never refused, and needs no reading before.
struct CountClone {
  HostId host;
};
// A check-in: replaces what was there; never refused, and moves no change counter.
struct RecordSeen {
  HostSeenRecord seen;
};
// Idempotent by serial.
struct InsertCertificate {
  CertificateRecord certificate;
};

// --- Documents ---

// Idempotent by digest: what is there stays. AlreadyExists if it is complete and another complete
// document of its line has its number.
struct InsertDocument {
  DocumentRecord document;
};
// More signatures, or enough of them. Aborted unless the row has `revision`; NotFound;
// AlreadyExists as above.
struct ReplaceEnvelope {
  base::Digest digest;
  uint64_t revision = 0;
  DocumentState state = DocumentState::kWaiting;
  std::string envelope;
};

// --- Rollouts ---

// Idempotent by (host, rollout).
struct InsertOffer {
  OfferRecord offer;
};
// Idempotent by (host, attempt).
struct InsertOutcome {
  OutcomeRecord outcome;
};
// What one host may fill: of its outcomes that count the newest base::kMaxCountedOutcomes of each
// rollout stay, of all others the newest base::kMaxOtherOutcomes, at most
// base::kMaxOtherOutcomeBytes of them. More than a full spool, so that no delivery loses anything.
// RowResult::number is how many went.
struct TrimOutcomes {
  HostId host;
};
// Aborted unless the log's last event is `event.seq` - 1.
struct AppendEvent {
  RolloutEvent event;
};

// --- Coming in ---

// AlreadyExists if the secret's hash is there.
struct InsertToken {
  TokenRecord token;
};
// One use, at `at`. NotFound, or ResourceExhausted, FailedPrecondition, PermissionDenied as above:
// of any number of racers exactly `limit` get through.
struct UseToken {
  base::Digest secret_hash;
  absl::Time at;
};
// Revoking it again is the same. NotFound.
struct RevokeToken {
  uint64_t number = 0;
};
// AlreadyExists if its id is there, or its host asked with this token before.
struct InsertEnrollment {
  EnrollmentRecord enrollment;
};
// Aborted unless it is pending; NotFound.
struct DecideEnrollment {
  EnrollmentId id;
  EnrollmentState state = EnrollmentState::kApproved;
  absl::Time at;
  std::string by;
  std::string reason;
};
// AlreadyExists if the name is taken.
struct InsertOperator {
  OperatorRecord person;
};
// All fields of an operator. Aborted unless the row has `person.revision`; NotFound.
struct UpdateOperator {
  OperatorRecord person;
};
// AlreadyExists if the secret's hash is there.
struct InsertInvite {
  InviteRecord invite;
};
// The only use, at `at`. NotFound; Aborted if it was used; FailedPrecondition, PermissionDenied.
struct UseInvite {
  base::Digest secret_hash;
  absl::Time at;
};
// Every invitation of this name that was not used; none is fine.
struct RevokeInvites {
  std::string operator_name;
};
// Removes up to kMaxForgotten of the oldest enrollments that were asked before, and certificates
// that expired before; InfinitePast: none. RowResult::number is how many.
struct ForgetOld {
  absl::Time enrollments_asked_before = absl::InfinitePast();
  absl::Time certificates_expired_before = absl::InfinitePast();
};
inline constexpr size_t kMaxForgotten = 1'000;  // of each

// --- The store itself ---

// The next row of the chain.
struct AppendAudit {
  AuditEntry entry;
};
// A person confirmed the store: generation becomes `expected` + 1. Aborted unless it is
// `expected`. At the next head it counts over every sequence of generations before.
struct RaiseGeneration {
  uint64_t expected = 0;
};

using Row = std::variant<InsertHost, UpdateHost, CountClone, RecordSeen, InsertCertificate,
                         InsertDocument, ReplaceEnvelope, InsertOffer, InsertOutcome, TrimOutcomes,
                         AppendEvent, InsertToken, UseToken, RevokeToken, InsertEnrollment,
                         DecideEnrollment, InsertOperator, UpdateOperator, InsertInvite, UseInvite,
                         RevokeInvites, ForgetOld, AppendAudit, RaiseGeneration>;

// Written in this order; 1 to kMaxBatchRows, else InvalidArgument.
using WriteBatch = std::vector<Row>;

inline constexpr size_t kMaxBatchRows = base::kStoreCommitRows;

// --- What became of it ---

// What became of one row of a batch that was written.
struct RowResult {
  enum class Effect : uint8_t {
    kWritten,
    kAlreadyThere,  // an idempotent insert that was done before: counted then, not now
  };
  Effect effect = Effect::kWritten;
  // What the store gave out: the number of a new token, enrollment or outcome, the seq of an audit
  // row, the new revision of a host, document or operator; else 0.
  uint64_t number = 0;

  friend bool operator==(const RowResult&, const RowResult&) = default;
};

// A batch that is durable.
struct Written {
  // The change counter with this batch.
  uint64_t change = 0;
  // One for each row, in order.
  std::vector<RowResult> rows;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_WRITE_BATCH_H_
