#include "coordinator/fleet/fleet.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "trust/envelope.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

OperatorRecord WithRevision(OperatorRecord record, uint64_t revision) {
  record.revision = revision;
  return record;
}

}  // namespace

std::shared_ptr<const Snapshot> Fleet::snapshot() const {
  absl::MutexLock lock(&mutex_);
  return snapshot_;
}

trust::HeadPosition Fleet::position() const {
  absl::MutexLock lock(&mutex_);
  return {.generation = generation_, .sequence = change()};
}

void Fleet::Rebuild() {
  snapshot_ = std::make_shared<const Snapshot>(roots_, documents_, rollouts_);
}

void Fleet::Append(WriteBatch batch, Store::Done done) {
  // The rows are needed twice: by the store now, by memory when they are durable.
  auto rows = std::make_unique<const WriteBatch>(batch);
  store_.Append(std::move(batch), [this, rows = std::move(rows), done = std::move(done)](
                                      absl::StatusOr<Written> written) mutable {
    if (written.ok()) Follow(*rows, *written);
    done(std::move(written));
  });
}

void Fleet::Follow(const WriteBatch& batch, const Written& written) {
  bool rebuild = false;
  for (size_t i = 0; i < batch.size(); ++i) {
    if (written.rows[i].effect == RowResult::Effect::kAlreadyThere) continue;
    rebuild = FollowRow(batch[i], written.rows[i]) || rebuild;
  }
  absl::MutexLock lock(&mutex_);
  if (rebuild) Rebuild();
  change_.store(std::max(change(), written.change), std::memory_order_release);
}

bool Fleet::FollowRow(const Row& row, const RowResult& result) {
  if (const auto* host = std::get_if<InsertHost>(&row)) {
    hosts_.Apply(host->host);
  } else if (const auto* changed_host = std::get_if<UpdateHost>(&row)) {
    hosts_.Apply(changed_host->host);
  } else if (const auto* offer = std::get_if<InsertOffer>(&row)) {
    ledger_.Apply(offer->offer);
    hosts_.ApplyOffer(offer->offer.host, offer->offer.at);
  } else if (const auto* outcome = std::get_if<InsertOutcome>(&row)) {
    FollowOutcome(outcome->outcome);
  } else if (const auto* person = std::get_if<InsertOperator>(&row)) {
    operators_.Apply(WithRevision(person->person, result.number));
  } else if (const auto* changed = std::get_if<UpdateOperator>(&row)) {
    operators_.Apply(WithRevision(changed->person, result.number));
  } else if (std::holds_alternative<RaiseGeneration>(row)) {
    absl::MutexLock lock(&mutex_);
    ++generation_;
    if (ahead_.has_value() && ahead_->generation < generation_) ahead_ = std::nullopt;
  } else {
    return FollowSnapshotRow(row, result);
  }
  return false;
}

bool Fleet::FollowSnapshotRow(const Row& row, const RowResult& result) {
  absl::MutexLock lock(&mutex_);
  if (const auto* event = std::get_if<AppendEvent>(&row)) {
    RolloutProgress& progress = rollouts_[event->event.rollout];
    progress = Fold(std::move(progress), event->event);
    return true;
  }
  if (const auto* document = std::get_if<InsertDocument>(&row)) {
    DocumentRecord record = document->document;
    record.revision = result.number;
    FollowDocument(std::move(record));
    return true;
  }
  const auto* replaced = std::get_if<ReplaceEnvelope>(&row);
  if (replaced == nullptr) return false;
  const auto found = documents_.find(replaced->digest);
  if (found == documents_.end()) return false;
  DocumentRecord record = found->second->record;
  record.revision = result.number;
  record.state = replaced->state;
  record.envelope = replaced->envelope;
  FollowDocument(std::move(record));
  return true;
}

void Fleet::FollowOutcome(const OutcomeRecord& record) {
  v1::Outcome outcome;
  if (!outcome.ParseFromString(record.outcome)) return;
  if (record.rollout.has_value() && record.counted) {
    ledger_.ApplyOutcome(record.host, *record.rollout, record.received_at, outcome);
  }
  hosts_.ApplyOutcome(record.host, record.received_at, outcome);
}

void Fleet::FollowDocument(DocumentRecord record) {
  if (record.type == DocumentType::kRoot && record.state == DocumentState::kComplete) {
    AddRoot(record.envelope);
  }
  const base::Digest digest = record.digest;
  documents_[digest] = HeldDocument::Judge(std::move(record), roots_.back());
}

// A root that does not follow the last one is passed over: it was judged when it was put here, and
// another one came first.
void Fleet::AddRoot(absl::string_view envelope) {
  absl::StatusOr<trust::Verified<trust::Root>> next =
      trust::VerifyNextRoot(envelope, roots_.back());
  if (!next.ok()) return;
  roots_.push_back(*std::move(next));
  for (auto& [digest, held] : documents_) held = HeldDocument::Judge(held->record, roots_.back());
}

absl::Status Fleet::ForEachHost(
    absl::FunctionRef<void(const HostRecord& host, const HostSeenRecord* seen)> visit) {
  const std::map<HostId, HostSeenRecord> fresh = seen_.All();
  std::vector<HostRecord> hosts;
  MIG_RETURN_IF_ERROR(
      store_.ForEachHost([&hosts](HostRecord host) { hosts.push_back(std::move(host)); }));

  // Both sides come in the order of ids, so one walk over each is enough.
  auto next = hosts.begin();
  const auto visit_one = [&](const HostSeenRecord* stored) {
    const auto newer = fresh.find(next->id);
    visit(*next, newer == fresh.end() ? stored : &newer->second);
    ++next;
  };
  MIG_RETURN_IF_ERROR(store_.ForEachSeen([&](const HostSeenRecord& seen) {
    while (next != hosts.end() && next->id < seen.id) visit_one(nullptr);
    if (next != hosts.end() && next->id == seen.id) visit_one(&seen);
  }));
  while (next != hosts.end()) visit_one(nullptr);
  return absl::OkStatus();
}

absl::StatusOr<HostSeenRecord> Fleet::LastSeen(const HostId& host) {
  if (std::optional<HostSeenRecord> fresh = seen_.Find(host); fresh.has_value()) {
    return *std::move(fresh);
  }
  absl::StatusOr<HostSeenRecord> stored = store_.GetSeen(host);
  if (absl::IsNotFound(stored.status())) {
    return trust::Refuse(v1::Refusal::NOT_FOUND, "this host has not checked in yet");
  }
  return stored;
}

void Fleet::JudgeHead(absl::string_view envelope) {
  if (envelope.empty() || envelope.size() > base::kMaxHeadEnvelopeBytes) return;
  const base::Digest digest = base::Sha256Of(envelope);
  if (known_heads_.Contains(digest)) return;
  // It is read first; only one that says more costs a signature.
  const absl::StatusOr<trust::Envelope> read =
      trust::Envelope::Parse(envelope, trust::DocumentType::kHead);
  if (!read.ok()) return;
  const absl::StatusOr<trust::Head> said = trust::Head::Parse(read->payload());
  if (!said.ok()) return;
  if (said->store_id() != store_id_ || said->position() <= position()) {
    known_heads_.Add(digest);
    return;
  }

  const absl::StatusOr<trust::Verified<trust::Head>> head =
      trust::Verify<trust::Head>(envelope, snapshot()->root());
  if (!head.ok()) return;
  const trust::HeadPosition shown = (*head)->position();
  absl::MutexLock lock(&mutex_);
  const trust::HeadPosition ours{.generation = generation_, .sequence = change()};
  if (shown <= ours || (ahead_.has_value() && shown <= *ahead_)) return;
  ahead_ = shown;
}

absl::Status Fleet::CheckNotBehind() const {
  absl::MutexLock lock(&mutex_);
  if (!ahead_.has_value()) return absl::OkStatus();
  return trust::Refuse(
      v1::Refusal::STORE_BEHIND,
      absl::StrCat("a host showed a head of generation ", ahead_->generation, ", sequence ",
                   ahead_->sequence, ", this store is at ", generation_, ", ", change(),
                   ": it was restored from a backup; look at halts, revocations and tokens, then "
                   "migctl store confirm"));
}

std::optional<trust::HeadPosition> Fleet::shown_ahead() const {
  absl::MutexLock lock(&mutex_);
  return ahead_;
}

}  // namespace mig::coordinator
