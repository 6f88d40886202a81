// The coordinator's durable side as a seam (DESIGN.md 7, CONTRACT.md 9). Real: sqlite_store.h, in
// a file or in memory. One conformance suite (store_conformance.h) is for every store.
//
// Writes are appended and become durable in groups; reads are for the start, when everything goes
// into the coordinator's index in memory, and for what people look at. The path of a check-in
// reads no store.
//
// Errors of reads, besides what each says: Unavailable (locked, too many readers), DataLoss (the
// store is damaged, or the disk cannot read it), ResourceExhausted (disk or memory). Messages name
// the file and the way out.

#ifndef MIG_COORDINATOR_STORE_STORE_H_
#define MIG_COORDINATOR_STORE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "coordinator/store/audit_record.h"
#include "coordinator/store/document_record.h"
#include "coordinator/store/enrollment_record.h"
#include "coordinator/store/host_record.h"
#include "coordinator/store/ids.h"
#include "coordinator/store/offer_record.h"
#include "coordinator/store/operator_record.h"
#include "coordinator/store/outcome_record.h"
#include "coordinator/store/rollout_event.h"
#include "coordinator/store/store_meta.h"
#include "coordinator/store/token_record.h"
#include "coordinator/store/write_batch.h"

namespace mig::coordinator {

// A page has 1 to base::kMaxPageRows rows; another number is InvalidArgument.
//
// Any thread may call. No lock is held while another caller's I/O is under way.
class Store {
 public:
  // Called once, when the batch is durable, or refused (write_batch.h), or lost to the disk. By
  // the thread that commits, without a lock; it must not block, and may append.
  using Done = absl::AnyInvocable<void(absl::StatusOr<Written>)>;

  // Sees one row after another, in the order of their key. Must not call the store.
  template <typename Record>
  using Visit = absl::FunctionRef<void(Record)>;

  virtual ~Store() = default;

  // --- Writing

  // Queues `batch`; batches become durable in the order in which they were appended, and `done`s
  // are called in that order. A batch that cannot be queued is refused at once, by the caller's
  // thread and before this returns: ResourceExhausted (kMaxStoreQueueRows rows wait already: tell
  // the peer to come back), InvalidArgument (no rows, or more than kMaxBatchRows).
  virtual void Append(WriteBatch batch, Done done) = 0;

  // --- The store itself

  virtual absl::StatusOr<StoreMeta> GetMeta() = 0;

  // Reads the whole chain. DataLoss names the first row that does not fit.
  virtual absl::StatusOr<AuditHead> VerifyAudit() = 0;

  // --- Everything, at the start

  virtual absl::Status ForEachHost(Visit<HostRecord> visit) = 0;
  virtual absl::Status ForEachSeen(Visit<HostSeenRecord> visit) = 0;
  virtual absl::Status ForEachDocument(Visit<DocumentRecord> visit) = 0;
  // By (rollout, seq).
  virtual absl::Status ForEachEvent(Visit<RolloutEvent> visit) = 0;
  // Of one rollout, by host.
  virtual absl::Status ForEachOffer(const RolloutId& rollout, Visit<OfferRecord> visit) = 0;
  // Of one rollout, in order of arrival.
  virtual absl::Status ForEachOutcome(const RolloutId& rollout, Visit<OutcomeRecord> visit) = 0;
  virtual absl::Status ForEachOperator(Visit<OperatorRecord> visit) = 0;

  // --- One row; NotFound

  virtual absl::StatusOr<HostRecord> GetHost(const HostId& id) = 0;
  virtual absl::StatusOr<HostSeenRecord> GetSeen(const HostId& id) = 0;
  virtual absl::StatusOr<DocumentRecord> GetDocument(const base::Digest& digest) = 0;
  virtual absl::StatusOr<OfferRecord> GetOffer(const HostId& host, const RolloutId& rollout) = 0;
  virtual absl::StatusOr<OutcomeRecord> GetOutcome(const HostId& host,
                                                   const AttemptId& attempt) = 0;
  virtual absl::StatusOr<TokenRecord> GetToken(const base::Digest& secret_hash) = 0;
  virtual absl::StatusOr<TokenRecord> GetTokenByNumber(uint64_t number) = 0;
  virtual absl::StatusOr<EnrollmentRecord> GetEnrollment(const EnrollmentId& id) = 0;
  virtual absl::StatusOr<EnrollmentRecord> GetEnrollmentByNumber(uint64_t number) = 0;
  // What this host asked with this token.
  virtual absl::StatusOr<EnrollmentRecord> FindEnrollment(uint64_t token_number,
                                                          const HostId& host) = 0;
  virtual absl::StatusOr<OperatorRecord> GetOperator(absl::string_view name) = 0;
  virtual absl::StatusOr<InviteRecord> GetInvite(const base::Digest& secret_hash) = 0;

  // --- Pages: at most `limit` rows that come after the given key; fewer: it was the last page.

  // By id; nullopt: from the start.
  virtual absl::StatusOr<std::vector<HostRecord>> ListHosts(const std::optional<HostId>& after,
                                                            size_t limit) = 0;
  // Of one host, newest issued first. At most `limit`.
  virtual absl::StatusOr<std::vector<CertificateRecord>> ListCertificates(const HostId& host,
                                                                          size_t limit) = 0;
  // Those of a line (a product's manifests, a stream's plans; "" the roots), highest number first,
  // from below `before` on.
  struct DocumentNumber {
    uint64_t epoch = 0;
    uint64_t sequence = 0;
    // Distinguishes those that wait with the same number.
    base::Digest digest;
  };
  virtual absl::StatusOr<std::vector<DocumentRecord>> ListDocuments(
      DocumentType type, absl::string_view line, const std::optional<DocumentNumber>& before,
      size_t limit) = 0;
  // Of one host, newest first; `before` 0: from the newest.
  virtual absl::StatusOr<std::vector<OutcomeRecord>> ListOutcomes(const HostId& host,
                                                                  uint64_t before,
                                                                  size_t limit) = 0;
  virtual absl::StatusOr<std::vector<RolloutEvent>> ListEvents(const RolloutId& rollout,
                                                               uint64_t after_seq,
                                                               size_t limit) = 0;
  // Newest first; `before` 0: from the newest.
  virtual absl::StatusOr<std::vector<TokenRecord>> ListTokens(uint64_t before, size_t limit) = 0;
  // Those in one state, oldest first.
  virtual absl::StatusOr<std::vector<EnrollmentRecord>> ListEnrollments(EnrollmentState state,
                                                                        uint64_t after,
                                                                        size_t limit) = 0;
  // Newest first; `before` 0: from the newest.
  virtual absl::StatusOr<std::vector<AuditRecord>> ListAudit(uint64_t before, size_t limit) = 0;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_STORE_H_
