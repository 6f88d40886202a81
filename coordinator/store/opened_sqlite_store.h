// A store whose file (or memory) is open: what sqlite_store.h gives out.

#ifndef MIG_COORDINATOR_STORE_OPENED_SQLITE_STORE_H_
#define MIG_COORDINATOR_STORE_OPENED_SQLITE_STORE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "coordinator/store/commit_queue.h"
#include "coordinator/store/connection_pool.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/sqlite_store.h"
#include "coordinator/store/sqlite_writer.h"

namespace mig::coordinator {

class OpenedSqliteStore final : public SqliteStore {
 public:
  // A file's: `lock` keeps other processes away.
  OpenedSqliteStore(std::unique_ptr<base::FileLock> lock, std::unique_ptr<Connection> writer,
                    const StoreMeta& meta);
  // In memory.
  OpenedSqliteStore(std::unique_ptr<Connection> only, const StoreMeta& meta);

  // Committer
  size_t CommitNow() override;
  size_t RowsWaiting() const override { return queue_.rows(); }
  void SetTimer(CommitTimer* timer) override { queue_.SetTimer(timer); }

  CommitStats stats() const override;

  // Store
  void Append(WriteBatch batch, Done done) override;
  absl::StatusOr<StoreMeta> GetMeta() override;
  absl::StatusOr<AuditHead> VerifyAudit() override;

  absl::Status ForEachHost(Visit<HostRecord> visit) override;
  absl::Status ForEachSeen(Visit<HostSeenRecord> visit) override;
  absl::Status ForEachDocument(Visit<DocumentRecord> visit) override;
  absl::Status ForEachEvent(Visit<RolloutEvent> visit) override;
  absl::Status ForEachOffer(const RolloutId& rollout, Visit<OfferRecord> visit) override;
  absl::Status ForEachOutcome(const RolloutId& rollout, Visit<OutcomeRecord> visit) override;
  absl::Status ForEachOperator(Visit<OperatorRecord> visit) override;

  absl::StatusOr<HostRecord> GetHost(const HostId& id) override;
  absl::StatusOr<HostSeenRecord> GetSeen(const HostId& id) override;
  absl::StatusOr<DocumentRecord> GetDocument(const base::Digest& digest) override;
  absl::StatusOr<OfferRecord> GetOffer(const HostId& host, const RolloutId& rollout) override;
  absl::StatusOr<OutcomeRecord> GetOutcome(const HostId& host, const AttemptId& attempt) override;
  absl::StatusOr<TokenRecord> GetToken(const base::Digest& secret_hash) override;
  absl::StatusOr<TokenRecord> GetTokenByNumber(uint64_t number) override;
  absl::StatusOr<EnrollmentRecord> GetEnrollment(const EnrollmentId& id) override;
  absl::StatusOr<EnrollmentRecord> GetEnrollmentByNumber(uint64_t number) override;
  absl::StatusOr<EnrollmentRecord> FindEnrollment(uint64_t token_number,
                                                  const HostId& host) override;
  absl::StatusOr<OperatorRecord> GetOperator(absl::string_view name) override;
  absl::StatusOr<InviteRecord> GetInvite(const base::Digest& secret_hash) override;

  absl::StatusOr<std::vector<HostRecord>> ListHosts(const std::optional<HostId>& after,
                                                    size_t limit) override;
  absl::StatusOr<std::vector<CertificateRecord>> ListCertificates(const HostId& host,
                                                                  size_t limit) override;
  absl::StatusOr<std::vector<DocumentRecord>> ListDocuments(
      DocumentType type, absl::string_view line, const std::optional<DocumentNumber>& before,
      size_t limit) override;
  absl::StatusOr<std::vector<OutcomeRecord>> ListOutcomes(const HostId& host, uint64_t before,
                                                          size_t limit) override;
  absl::StatusOr<std::vector<RolloutEvent>> ListEvents(const RolloutId& rollout, uint64_t after_seq,
                                                       size_t limit) override;
  absl::StatusOr<std::vector<TokenRecord>> ListTokens(uint64_t before, size_t limit) override;
  absl::StatusOr<std::vector<EnrollmentRecord>> ListEnrollments(EnrollmentState state,
                                                                uint64_t after,
                                                                size_t limit) override;
  absl::StatusOr<std::vector<AuditRecord>> ListAudit(uint64_t before, size_t limit) override;

 private:
  absl::StatusOr<std::vector<BatchResult>> WriteGroup(
      const std::vector<CommitQueue::Pending>& group);
  void Count(const std::vector<BatchResult>& results);

  template <typename Record>
  absl::Status Each(absl::string_view clause, absl::FunctionRef<void(Run&)> bind,
                    Visit<Record> visit);
  template <typename Record>
  absl::StatusOr<Record> One(absl::string_view clause, absl::FunctionRef<void(Run&)> bind,
                             absl::string_view what);
  template <typename Record>
  absl::StatusOr<std::vector<Record>> Page(absl::string_view clause,
                                           absl::FunctionRef<void(Run&)> bind, size_t limit);

  std::unique_ptr<base::FileLock> lock_;  // first, so that it goes last
  std::unique_ptr<Connection> connection_;
  std::mutex taken_;  // in memory only: who uses connection_
  ConnectionPool readers_;
  const bool shared_;  // the readers' connection is the writer's
  SqliteWriter writer_;
  CommitQueue queue_;

  std::atomic<uint64_t> commits_ = 0;
  std::atomic<uint64_t> batches_ = 0;
  std::atomic<uint64_t> refused_ = 0;
  std::atomic<uint64_t> rows_ = 0;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_OPENED_SQLITE_STORE_H_
