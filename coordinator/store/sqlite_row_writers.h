// How each kind of row is written: one class for a few tables each. All run inside a transaction
// that somebody else began; bounds were checked (row_bounds.h).

#ifndef MIG_COORDINATOR_STORE_SQLITE_ROW_WRITERS_H_
#define MIG_COORDINATOR_STORE_SQLITE_ROW_WRITERS_H_

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/store_meta.h"
#include "coordinator/store/write_batch.h"

namespace mig::coordinator {

// One row: written, or refused for what the store holds. (An error in its place is the disk's.)
struct Applied {
  RowResult result;
  absl::Status refusal;
};
inline Applied Refused(absl::Status why) { return Applied{.refusal = std::move(why)}; }
inline Applied WrittenAs(uint64_t number) { return Applied{.result = {.number = number}}; }
inline Applied AlreadyThere() {
  return Applied{.result = {.effect = RowResult::Effect::kAlreadyThere}};
}

class HostWriter {
 public:
  explicit HostWriter(Connection& connection);

  absl::StatusOr<Applied> Write(const InsertHost& row);
  absl::StatusOr<Applied> Write(const UpdateHost& row);
  absl::StatusOr<Applied> Write(const CountClone& row);
  absl::StatusOr<Applied> Write(const RecordSeen& row);
  absl::StatusOr<Applied> Write(const InsertCertificate& row);

 private:
  Connection& connection_;
  Query insert_host_, update_host_, find_revision_, count_clone_, upsert_seen_, insert_certificate_;
};

class DocumentWriter {
 public:
  explicit DocumentWriter(Connection& connection);

  absl::StatusOr<Applied> Write(const InsertDocument& row);
  absl::StatusOr<Applied> Write(const ReplaceEnvelope& row);

 private:
  absl::StatusOr<bool> IsThere(const base::Digest& digest);

  Connection& connection_;
  Query insert_, replace_, find_revision_;
};

class RolloutWriter {
 public:
  explicit RolloutWriter(Connection& connection);

  absl::StatusOr<Applied> Write(const InsertOffer& row);
  absl::StatusOr<Applied> Write(const InsertOutcome& row);
  absl::StatusOr<Applied> Write(const TrimOutcomes& row);
  absl::StatusOr<Applied> Write(const AppendEvent& row);

 private:
  Connection& connection_;
  Query insert_offer_, insert_outcome_, trim_outcomes_, find_last_, insert_event_;
};

class TokenWriter {
 public:
  explicit TokenWriter(Connection& connection);

  absl::StatusOr<Applied> Write(const InsertToken& row);
  absl::StatusOr<Applied> Write(const UseToken& row);
  absl::StatusOr<Applied> Write(const RevokeToken& row);
  absl::StatusOr<Applied> Write(const InsertEnrollment& row);
  absl::StatusOr<Applied> Write(const DecideEnrollment& row);
  absl::StatusOr<Applied> Write(const ForgetOld& row);

 private:
  absl::StatusOr<Applied> WhyNotUsed(const UseToken& row);

  Connection& connection_;
  Query insert_, use_, find_, revoke_;
  Query insert_enrollment_, decide_, find_enrollment_, forget_enrollments_, forget_certificates_;
};

class OperatorWriter {
 public:
  explicit OperatorWriter(Connection& connection);

  absl::StatusOr<Applied> Write(const InsertOperator& row);
  absl::StatusOr<Applied> Write(const UpdateOperator& row);
  absl::StatusOr<Applied> Write(const InsertInvite& row);
  absl::StatusOr<Applied> Write(const UseInvite& row);
  absl::StatusOr<Applied> Write(const RevokeInvites& row);

 private:
  absl::StatusOr<Applied> WhyNotUsed(const UseInvite& row);

  Connection& connection_;
  Query insert_, update_, find_revision_;
  Query insert_invite_, use_invite_, find_invite_, revoke_invites_;
};

// The audit log and the store's own row, which it keeps in memory while a transaction is under way.
class LedgerWriter {
 public:
  LedgerWriter(Connection& connection, const StoreMeta& meta);

  absl::StatusOr<Applied> Write(const AppendAudit& row);
  absl::StatusOr<Applied> Write(const RaiseGeneration& row);

  // What the row will be at the end of the transaction; set it back where a part is undone.
  StoreMeta& meta() { return meta_; }
  // Writes it.
  absl::Status SaveMeta();

 private:
  StoreMeta meta_;
  Query insert_audit_, save_meta_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_SQLITE_ROW_WRITERS_H_
