// A coordinator's store that a kill -9 can be done to: what was appended and not committed is gone,
// and nobody is told.

#ifndef MIG_SIM_VIRTUAL_LOSSY_STORE_H_
#define MIG_SIM_VIRTUAL_LOSSY_STORE_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "coordinator/store/sqlite_store.h"
#include "coordinator/store/store.h"

namespace mig::sim {

// Reads give what is durable, as the shipped store does. One thread.
class LossyStore : public coordinator::Store {
 public:
  using Done = coordinator::Store::Done;

  // Keeps what is committed in `durable`. `wanted` is told when something begins to wait: call
  // Commit within base::kStoreCommitDelay then.
  LossyStore(std::unique_ptr<coordinator::SqliteStore> durable, std::function<void()> wanted)
      : durable_(std::move(durable)), wanted_(std::move(wanted)) {}

  // Makes all that waits durable, in groups, and answers it.
  void Commit();
  // kill -9: what waits is lost, its `done`s go uncalled.
  void Lose();

  // The rows that are durable.
  coordinator::SqliteStore& durable() { return *durable_; }

  // --- coordinator::Store
  void Append(coordinator::WriteBatch batch, Done done) override;
  absl::StatusOr<coordinator::StoreMeta> GetMeta() override { return durable_->GetMeta(); }
  absl::StatusOr<coordinator::AuditHead> VerifyAudit() override { return durable_->VerifyAudit(); }
  absl::Status ForEachHost(Visit<coordinator::HostRecord> visit) override {
    return durable_->ForEachHost(visit);
  }
  absl::Status ForEachSeen(Visit<coordinator::HostSeenRecord> visit) override {
    return durable_->ForEachSeen(visit);
  }
  absl::Status ForEachDocument(Visit<coordinator::DocumentRecord> visit) override {
    return durable_->ForEachDocument(visit);
  }
  absl::Status ForEachEvent(Visit<coordinator::RolloutEvent> visit) override {
    return durable_->ForEachEvent(visit);
  }
  absl::Status ForEachOffer(const coordinator::RolloutId& rollout,
                            Visit<coordinator::OfferRecord> visit) override {
    return durable_->ForEachOffer(rollout, visit);
  }
  absl::Status ForEachOutcome(const coordinator::RolloutId& rollout,
                              Visit<coordinator::OutcomeRecord> visit) override {
    return durable_->ForEachOutcome(rollout, visit);
  }
  absl::Status ForEachOperator(Visit<coordinator::OperatorRecord> visit) override {
    return durable_->ForEachOperator(visit);
  }
  absl::StatusOr<coordinator::HostRecord> GetHost(const coordinator::HostId& id) override {
    return durable_->GetHost(id);
  }
  absl::StatusOr<coordinator::HostSeenRecord> GetSeen(const coordinator::HostId& id) override {
    return durable_->GetSeen(id);
  }
  absl::StatusOr<coordinator::DocumentRecord> GetDocument(const base::Digest& digest) override {
    return durable_->GetDocument(digest);
  }
  absl::StatusOr<coordinator::OfferRecord> GetOffer(
      const coordinator::HostId& host, const coordinator::RolloutId& rollout) override {
    return durable_->GetOffer(host, rollout);
  }
  absl::StatusOr<coordinator::OutcomeRecord> GetOutcome(
      const coordinator::HostId& host, const coordinator::AttemptId& attempt) override {
    return durable_->GetOutcome(host, attempt);
  }
  absl::StatusOr<coordinator::TokenRecord> GetToken(const base::Digest& secret_hash) override {
    return durable_->GetToken(secret_hash);
  }
  absl::StatusOr<coordinator::TokenRecord> GetTokenByNumber(uint64_t number) override {
    return durable_->GetTokenByNumber(number);
  }
  absl::StatusOr<coordinator::EnrollmentRecord> GetEnrollment(
      const coordinator::EnrollmentId& id) override {
    return durable_->GetEnrollment(id);
  }
  absl::StatusOr<coordinator::EnrollmentRecord> GetEnrollmentByNumber(uint64_t number) override {
    return durable_->GetEnrollmentByNumber(number);
  }
  absl::StatusOr<coordinator::EnrollmentRecord> FindEnrollment(
      uint64_t token_number, const coordinator::HostId& host) override {
    return durable_->FindEnrollment(token_number, host);
  }
  absl::StatusOr<coordinator::OperatorRecord> GetOperator(absl::string_view name) override {
    return durable_->GetOperator(name);
  }
  absl::StatusOr<coordinator::InviteRecord> GetInvite(const base::Digest& secret_hash) override {
    return durable_->GetInvite(secret_hash);
  }
  absl::StatusOr<std::vector<coordinator::HostRecord>> ListHosts(
      const std::optional<coordinator::HostId>& after, size_t limit) override {
    return durable_->ListHosts(after, limit);
  }
  absl::StatusOr<std::vector<coordinator::CertificateRecord>> ListCertificates(
      const coordinator::HostId& host, size_t limit) override {
    return durable_->ListCertificates(host, limit);
  }
  absl::StatusOr<std::vector<coordinator::DocumentRecord>> ListDocuments(
      coordinator::DocumentType type, absl::string_view line,
      const std::optional<DocumentNumber>& before, size_t limit) override {
    return durable_->ListDocuments(type, line, before, limit);
  }
  absl::StatusOr<std::vector<coordinator::OutcomeRecord>> ListOutcomes(
      const coordinator::HostId& host, uint64_t before, size_t limit) override {
    return durable_->ListOutcomes(host, before, limit);
  }
  absl::StatusOr<std::vector<coordinator::RolloutEvent>> ListEvents(
      const coordinator::RolloutId& rollout, uint64_t after_seq, size_t limit) override {
    return durable_->ListEvents(rollout, after_seq, limit);
  }
  absl::StatusOr<std::vector<coordinator::TokenRecord>> ListTokens(uint64_t before,
                                                                   size_t limit) override {
    return durable_->ListTokens(before, limit);
  }
  absl::StatusOr<std::vector<coordinator::EnrollmentRecord>> ListEnrollments(
      coordinator::EnrollmentState state, uint64_t after, size_t limit) override {
    return durable_->ListEnrollments(state, after, limit);
  }
  absl::StatusOr<std::vector<coordinator::AuditRecord>> ListAudit(uint64_t before,
                                                                  size_t limit) override {
    return durable_->ListAudit(before, limit);
  }

 private:
  struct Pending {
    coordinator::WriteBatch batch;
    Done done;
  };

  const std::unique_ptr<coordinator::SqliteStore> durable_;
  const std::function<void()> wanted_;
  std::deque<Pending> pending_;
};

}  // namespace mig::sim

#endif  // MIG_SIM_VIRTUAL_LOSSY_STORE_H_
