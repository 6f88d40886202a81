// AdminDocuments::PutDocument.

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/handlers/documents/admin_documents.h"
#include "coordinator/handlers/documents/document_door.h"
#include "coordinator/handlers/documents/document_view.h"
#include "trust/envelope.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

constexpr int kTries = 3;

struct Change {
  base::Digest digest;
  WriteBatch batch;  // empty: nothing new in it
};

// A re-signed plan of a rollout that runs is the plan in force from now on.
std::optional<AppendEvent> TakeOver(const DocumentRecord& record, const Snapshot& snapshot,
                                    const Caller& caller) {
  const bool is_new_plan =
      record.state == DocumentState::kComplete && record.rollout.has_value() &&
      (snapshot.document(record.digest) == nullptr ||
       snapshot.document(record.digest)->record.state == DocumentState::kWaiting);
  if (!is_new_plan) return std::nullopt;
  const RolloutProgress& progress = snapshot.progress(*record.rollout);
  if (progress.state != RolloutProgress::State::kRunning) return std::nullopt;
  return AppendEvent{{.rollout = *record.rollout,
                      .seq = progress.last_event + 1,
                      .kind = RolloutEventKind::kPlanReplaced,
                      .at = caller.now,
                      .plan = record.digest,
                      .actor = caller.name()}};
}

absl::StatusOr<Change> Prepare(const v1::PutDocumentRequest& request, const Snapshot& snapshot,
                               const Caller& caller) {
  if (request.envelope().size() > base::kMaxEnvelopeBytes) {
    return trust::Refuse(v1::Refusal::BOUND, absl::StrCat("a document has at most ",
                                                          base::kMaxEnvelopeBytes, " bytes"));
  }
  MIG_ASSIGN_OR_RETURN(trust::Envelope envelope, trust::Envelope::ParseAny(request.envelope()));
  Change put{.digest = envelope.digest()};
  for (const trust::Verified<trust::Root>& root : snapshot.roots()) {
    if (root.digest() == put.digest) return put;
  }
  MIG_ASSIGN_OR_RETURN(envelope, WithoutStrangers(envelope, snapshot));
  const HeldDocument* held = snapshot.document(put.digest);
  if (held != nullptr) {
    MIG_ASSIGN_OR_RETURN(const trust::Envelope before,
                         trust::Envelope::ParseAny(held->record.envelope));
    MIG_ASSIGN_OR_RETURN(trust::Envelope merged, WithoutStrangers(before, snapshot));
    MIG_RETURN_IF_ERROR(merged.Merge(envelope));
    envelope = std::move(merged);
  }
  MIG_ASSIGN_OR_RETURN(DocumentRecord record, JudgeAtDoor(envelope, snapshot, caller.now));
  const bool nothing_new = held != nullptr && held->record.envelope == record.envelope &&
                           held->record.state == record.state;
  if (nothing_new) return put;

  put.batch.push_back(AppendAudit{
      AuditOf(caller, "document.put", DocumentName(record), "",
              absl::StrCat(record.digest.ToHex(), ", signatures ", envelope.signatures().size(),
                           record.state == DocumentState::kComplete ? ", complete" : ", waits"))});
  if (std::optional<AppendEvent> event = TakeOver(record, snapshot, caller)) {
    put.batch.push_back(*std::move(event));
  }
  if (held == nullptr) {
    record.added_at = caller.now;
    record.added_by = caller.name();
    put.batch.push_back(InsertDocument{std::move(record)});
  } else {
    put.batch.push_back(ReplaceEnvelope{.digest = record.digest,
                                        .revision = held->record.revision,
                                        .state = record.state,
                                        .envelope = std::move(record.envelope)});
  }
  return put;
}

}  // namespace

void AdminDocuments::PutDocument(const Peer& peer, const v1::PutDocumentRequest& request,
                                 Done<v1::DocumentInfo> done) {
  absl::StatusOr<Caller> caller = door_.Admit(peer, "PutDocument");
  if (!caller.ok()) return done(caller.status());
  Put(*std::move(caller), request, kTries, std::move(done));
}

void AdminDocuments::Put(Caller caller, v1::PutDocumentRequest request, int tries_left,
                         Done<v1::DocumentInfo> done) {
  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  absl::StatusOr<Change> put = Prepare(request, *snapshot, caller);
  if (!put.ok()) return done(put.status());
  if (put->batch.empty()) return done(InfoOf(*snapshot->document(put->digest), *snapshot));
  fleet_.Append(
      std::move(put->batch),
      [this, digest = put->digest, caller = std::move(caller), request = std::move(request),
       tries_left, done = std::move(done)](const absl::StatusOr<Written>& written) mutable {
        // Somebody else put the same document at the same time: unite with that.
        const bool lost_race =
            absl::IsAborted(written.status()) ||
            (written.ok() && written->rows.back().effect == RowResult::Effect::kAlreadyThere);
        if (lost_race && tries_left > 1) {
          return Put(std::move(caller), std::move(request), tries_left - 1, std::move(done));
        }
        if (absl::IsAlreadyExists(written.status())) {
          return done(trust::Refuse(v1::Refusal::EQUIVOCATION,
                                    "another document of this line has its number"));
        }
        if (!written.ok()) return done(written.status());
        const std::shared_ptr<const Snapshot> now = fleet_.snapshot();
        done(InfoOf(*now->document(digest), *now));
      });
}

}  // namespace mig::coordinator
