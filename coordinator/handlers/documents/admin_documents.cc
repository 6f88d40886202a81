#include "coordinator/handlers/documents/admin_documents.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "coordinator/handlers/documents/document_view.h"
#include "coordinator/handlers/operators/page.h"
#include "trust/envelope.h"
#include "trust/fields.h"
#include "trust/manifest.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

// Newest first: when it was added, then its digest.
struct Place {
  int64_t added_ms = 0;
  base::Digest digest;
  friend auto operator<=>(const Place&, const Place&) = default;
};

Place PlaceOf(const HeldDocument& held) {
  return {.added_ms = absl::ToUnixMillis(held.record.added_at), .digest = held.record.digest};
}

std::string TokenOf(const Place& place) {
  return absl::StrCat(place.added_ms, ".", place.digest.ToHex());
}

absl::StatusOr<std::optional<Place>> PlaceFromToken(const v1::Page& page) {
  if (page.token().empty()) return std::nullopt;
  const std::vector<absl::string_view> parts = absl::StrSplit(page.token(), '.');
  Place place;
  if (parts.size() == 2 && absl::SimpleAtoi(parts[0], &place.added_ms)) {
    const absl::StatusOr<base::Digest> digest = base::Digest::FromHex(parts[1]);
    if (digest.ok()) {
      place.digest = *digest;
      return place;
    }
  }
  return trust::Refuse(v1::Refusal::MALFORMED,
                       "this page token is none of this list's; begin again without one");
}

// One page of the documents that `wanted` says yes to, and whether there are more.
struct Listed {
  std::vector<const HeldDocument*> documents;
  std::string next_token;
};
template <typename Wanted>
absl::StatusOr<Listed> List(const Snapshot& snapshot, const v1::Page& page, const Wanted& wanted) {
  MIG_ASSIGN_OR_RETURN(const size_t rows, PageRows(page));
  MIG_ASSIGN_OR_RETURN(const std::optional<Place> after, PlaceFromToken(page));
  std::vector<const HeldDocument*> all;
  for (const auto& [digest, held] : snapshot.documents()) {
    if (after.has_value() && PlaceOf(*held) >= *after) continue;
    if (wanted(*held)) all.push_back(held.get());
  }
  std::ranges::sort(all, std::greater<>(), [](const HeldDocument* held) { return PlaceOf(*held); });
  Listed listed;
  if (all.size() > rows) {
    all.resize(rows);
    listed.next_token = TokenOf(PlaceOf(*all.back()));
  }
  listed.documents = std::move(all);
  return listed;
}

// What is complete before what waits, then the higher number.
auto NumberOrder(const DocumentRecord& record) {
  return std::make_tuple(record.state, record.epoch, record.sequence, record.digest);
}

const HeldDocument* FindByName(const Snapshot& snapshot, absl::string_view name) {
  if (name == "root") return snapshot.document(snapshot.root().digest());
  const HeldDocument* found = nullptr;
  for (const auto& [digest, held] : snapshot.documents()) {
    if (DocumentName(held->record) != name) continue;
    if (found == nullptr || NumberOrder(found->record) < NumberOrder(held->record)) {
      found = held.get();
    }
  }
  return found;
}

// A page ends before its message would be too large to be received.
template <typename Answer, typename Rows, typename Make>
void FillPage(const std::vector<const HeldDocument*>& documents, Answer& answer, Rows& rows,
              const Make& make) {
  constexpr size_t kMostBytes = base::kMaxGrpcMessageBytes - 16 * base::kKiB;
  size_t bytes = 0;
  const HeldDocument* last = nullptr;
  for (const HeldDocument* held : documents) {
    auto row = make(*held);
    bytes += row.ByteSizeLong() + 16;
    if (last != nullptr && bytes > kMostBytes) {
      answer.set_next_token(TokenOf(PlaceOf(*last)));
      return;
    }
    *rows.Add() = std::move(row);
    last = held;
  }
}

absl::Status NoDocument(absl::string_view name) {
  return trust::Refuse(v1::Refusal::NOT_FOUND,
                       absl::StrCat("there is no document '", base::Escaped(name, 128),
                                    "'; see migctl release list and migctl rollout list"));
}

}  // namespace

void AdminDocuments::GetDocument(const Peer& peer, const v1::GetDocumentRequest& request,
                                 Done<v1::DocumentInfo> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "GetDocument");
  if (!caller.ok()) return done(caller.status());
  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  const HeldDocument* found = nullptr;
  if (request.key_case() == v1::GetDocumentRequest::kDigest) {
    const absl::StatusOr<base::Digest> digest =
        trust::DigestField({.parent = "", .index = 0, .name = "digest"}, request.digest());
    if (!digest.ok()) return done(digest.status());
    found = snapshot->document(*digest);
    if (found == nullptr) return done(NoDocument(digest->ToHex()));
  } else {
    found = FindByName(*snapshot, request.name());
    if (found == nullptr) return done(NoDocument(request.name()));
  }
  done(InfoOf(*found, *snapshot));
}

void AdminDocuments::ListDocuments(const Peer& peer, const v1::ListDocumentsRequest& request,
                                   Done<v1::ListDocumentsAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "ListDocuments");
  if (!caller.ok()) return done(caller.status());
  std::optional<trust::KeyId> key;
  if (!request.waiting_for_key_id().empty()) {
    const absl::StatusOr<trust::KeyId> id = trust::IdField<trust::KeyId>(
        {.parent = "", .index = 0, .name = "waiting_for_key_id"}, request.waiting_for_key_id());
    if (!id.ok()) return done(id.status());
    key = *id;
  }
  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  const absl::StatusOr<Listed> listed =
      List(*snapshot, request.page(), [&](const HeldDocument& held) {
        const auto kind = static_cast<v1::DocumentKind>(held.record.type);
        if (request.kind() != v1::DOCUMENT_KIND_UNSPECIFIED && request.kind() != kind) return false;
        return !key.has_value() || WaitsFor(held, *snapshot, *key);
      });
  if (!listed.ok()) return done(listed.status());
  v1::ListDocumentsAnswer answer;
  answer.set_next_token(listed->next_token);
  FillPage(listed->documents, answer, *answer.mutable_documents(),
           [&snapshot](const HeldDocument& held) { return InfoOf(held, *snapshot); });
  done(std::move(answer));
}

void AdminDocuments::GetRelease(const Peer& peer, const v1::GetReleaseRequest& request,
                                Done<v1::Release> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "GetRelease");
  if (!caller.ok()) return done(caller.status());
  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  const HeldDocument* found = nullptr;
  for (const auto& [digest, held] : snapshot->documents()) {
    const DocumentRecord& record = held->record;
    if (record.type != DocumentType::kManifest || record.line != request.product()) continue;
    if (!request.version().empty() && record.title != request.version()) continue;
    if (found == nullptr || NumberOrder(found->record) < NumberOrder(record)) found = held.get();
  }
  if (found == nullptr) {
    return done(NoDocument(absl::StrCat(request.product(), "@", request.version())));
  }
  const absl::StatusOr<std::map<base::Digest, Census::ReleaseCount>> counts =
      census_.Releases(caller->now);
  if (!counts.ok()) return done(counts.status());
  done(ReleaseOf(*found, *snapshot, *counts));
}

void AdminDocuments::ListReleases(const Peer& peer, const v1::ListReleasesRequest& request,
                                  Done<v1::ListReleasesAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "ListReleases");
  if (!caller.ok()) return done(caller.status());
  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  const absl::StatusOr<Listed> listed =
      List(*snapshot, request.page(), [&request](const HeldDocument& held) {
        return held.record.type == DocumentType::kManifest &&
               (request.product().empty() || held.record.line == request.product());
      });
  if (!listed.ok()) return done(listed.status());
  const absl::StatusOr<std::map<base::Digest, Census::ReleaseCount>> counts =
      census_.Releases(caller->now);
  if (!counts.ok()) return done(counts.status());
  v1::ListReleasesAnswer answer;
  answer.set_next_token(listed->next_token);
  FillPage(listed->documents, answer, *answer.mutable_releases(),
           [&](const HeldDocument& held) { return ReleaseOf(held, *snapshot, *counts); });
  done(std::move(answer));
}

v1::Release AdminDocuments::ReleaseOf(const HeldDocument& held, const Snapshot& snapshot,
                                      const std::map<base::Digest, Census::ReleaseCount>& counts) {
  v1::Release release;
  *release.mutable_manifest() = InfoOf(held, snapshot);
  release.set_product(held.record.line);
  release.set_version(held.record.title);
  release.set_epoch(held.record.epoch);
  release.set_sequence(held.record.sequence);
  if (const auto found = counts.find(held.record.digest); found != counts.end()) {
    release.set_installed_hosts(found->second.installed);
    release.set_bad_hosts(found->second.bad);
  }
  const absl::StatusOr<trust::Envelope> envelope = trust::Envelope::ParseAny(held.record.envelope);
  if (!envelope.ok()) return release;
  const absl::StatusOr<trust::Manifest> manifest = trust::Manifest::Parse(envelope->payload());
  if (!manifest.ok()) return release;
  for (const base::Digest& digest : MissingContents(*manifest, blobs_)) {
    release.add_missing_digests(std::string(digest.bytes()));
  }
  return release;
}

void AdminDocuments::PreviewPlan(const Peer& peer, const v1::PreviewPlanRequest&,
                                 Done<v1::PlanPreview> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "PreviewPlan");
  if (!caller.ok()) return done(caller.status());
  done(absl::UnimplementedError("the preview of a plan comes with the simulator"));
}

}  // namespace mig::coordinator
