// How a fleet begins: everything from the store, once.

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "coordinator/fleet/fleet.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

// A root of the configuration, as a row of the store would be.
DocumentRecord RecordOf(const trust::Verified<trust::Root>& root) {
  DocumentRecord record;
  record.digest = root.digest();
  record.revision = 1;
  record.type = DocumentType::kRoot;
  record.state = DocumentState::kComplete;
  record.envelope = root.envelope();
  record.sequence = root->version();
  record.issued_at = root->head().issued;
  record.added_at = root->head().issued;
  return record;
}

// The last outcome that says how the host is; nothing among its newest few: none.
constexpr size_t kOutcomesLookedAt = 8;

}  // namespace

Fleet::Fleet(Store& store, const StoreMeta& meta)
    : store_(store),
      store_id_(meta.store_id),
      seen_(store),
      change_(meta.change),
      generation_(meta.generation) {}

absl::StatusOr<std::unique_ptr<Fleet>> Fleet::Open(Store& store,
                                                   std::span<const std::string> roots) {
  MIG_ASSIGN_OR_RETURN(const StoreMeta meta, store.GetMeta());
  std::unique_ptr<Fleet> fleet(new Fleet(store, meta));
  MIG_RETURN_IF_ERROR(fleet->LoadPeople());
  absl::MutexLock lock(&fleet->mutex_);
  MIG_RETURN_IF_ERROR(fleet->LoadRoots(roots));
  MIG_RETURN_IF_ERROR(fleet->LoadDocuments());
  MIG_RETURN_IF_ERROR(fleet->LoadRollouts());
  fleet->Rebuild();
  return fleet;
}

absl::Status Fleet::LoadRoots(std::span<const std::string> roots) {
  if (roots.empty()) {
    return trust::Refuse(v1::Refusal::CONFIGURATION,
                         "a coordinator needs a first root; make one with migctl root new");
  }
  for (size_t i = 0; i < roots.size(); ++i) {
    absl::StatusOr<trust::Verified<trust::Root>> root =
        i == 0 ? trust::VerifyFirstRoot(roots[i]) : trust::VerifyNextRoot(roots[i], roots_.back());
    if (!root.ok()) return trust::WithContext(absl::StrCat("root file ", i + 1), root.status());
    roots_.push_back(*std::move(root));
    DocumentRecord record = RecordOf(roots_.back());
    documents_[record.digest] = HeldDocument::Judge(std::move(record), roots_.back());
  }
  return absl::OkStatus();
}

absl::Status Fleet::LoadDocuments() {
  std::vector<DocumentRecord> records;
  MIG_RETURN_IF_ERROR(store_.ForEachDocument(
      [&records](DocumentRecord record) { records.push_back(std::move(record)); }));
  // Roots first and in their order, so that everything is judged under the last one.
  std::ranges::stable_sort(records, {}, [](const DocumentRecord& record) {
    return std::make_pair(record.type, record.type == DocumentType::kRoot ? record.sequence : 0);
  });
  for (DocumentRecord& record : records) {
    const bool known_root = record.type == DocumentType::kRoot &&
                            record.state == DocumentState::kComplete &&
                            record.sequence <= roots_.back()->version();
    if (known_root) continue;
    FollowDocument(std::move(record));
  }
  return absl::OkStatus();
}

absl::Status Fleet::LoadPeople() {
  std::vector<HostId> ids;
  MIG_RETURN_IF_ERROR(store_.ForEachHost([&](const HostRecord& host) {
    hosts_.Apply(host);
    ids.push_back(host.id);
  }));
  MIG_RETURN_IF_ERROR(
      store_.ForEachSeen([this](const HostSeenRecord& seen) { hosts_.Apply(seen); }));
  for (const HostId& id : ids) {
    MIG_ASSIGN_OR_RETURN(std::vector<OutcomeRecord> newest,
                         store_.ListOutcomes(id, 0, kOutcomesLookedAt));
    std::ranges::reverse(newest);
    for (const OutcomeRecord& record : newest) {
      v1::Outcome outcome;
      if (!outcome.ParseFromString(record.outcome)) continue;
      hosts_.ApplyOutcome(record.host, record.received_at, outcome);
    }
  }
  return store_.ForEachOperator([this](const OperatorRecord& person) { operators_.Apply(person); });
}

absl::Status Fleet::LoadRollouts() {
  MIG_RETURN_IF_ERROR(store_.ForEachEvent([this](const RolloutEvent& event) {
    RolloutProgress& progress = rollouts_[event.rollout];
    progress = Fold(std::move(progress), event);
  }));
  for (const auto& [rollout, progress] : rollouts_) {
    MIG_RETURN_IF_ERROR(store_.ForEachOffer(rollout, [this](const OfferRecord& offer) {
      ledger_.Apply(offer);
      hosts_.ApplyOffer(offer.host, offer.at);
    }));
    MIG_RETURN_IF_ERROR(
        store_.ForEachOutcome(rollout, [this, &rollout](const OutcomeRecord& record) {
          v1::Outcome outcome;
          if (!record.counted || !outcome.ParseFromString(record.outcome)) return;
          ledger_.ApplyOutcome(record.host, rollout, record.received_at, outcome);
        }));
  }
  return absl::OkStatus();
}

}  // namespace mig::coordinator
