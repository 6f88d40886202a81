#include "ctl/cli/documents.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "trust/document_type.h"
#include "trust/refusal.h"

namespace mig::ctl {
namespace {

constexpr size_t kMaxDocuments = 1000;
constexpr uint32_t kPageSize = 16;
// A document that nobody signed may not push the numbers of the next one out of sight.
constexpr uint64_t kMaxUnsignedStep = 1000;

v1::DocumentKind KindOf(trust::DocumentType type) {
  switch (type) {
    case trust::DocumentType::kRoot:
      return v1::DOCUMENT_KIND_ROOT;
    case trust::DocumentType::kManifest:
      return v1::DOCUMENT_KIND_MANIFEST;
    default:
      return v1::DOCUMENT_KIND_PLAN;
  }
}

template <typename T>
std::optional<trust::Verified<T>> Later(std::optional<trust::Verified<T>> a,
                                        std::optional<trust::Verified<T>> b) {
  if (!a.has_value()) return b;
  if (!b.has_value()) return a;
  return (*b)->numbers() > (*a)->numbers() ? std::move(b) : std::move(a);
}

const std::string& LineOf(const trust::Manifest& manifest) { return manifest.product(); }
const std::string& LineOf(const trust::Plan& plan) { return plan.stream(); }

// The newest stored document of one product or stream that verifies.
template <typename T>
absl::StatusOr<std::optional<trust::Verified<T>>> LastStored(Session& session,
                                                             trust::DocumentType type,
                                                             const std::string& line) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Root>* const root, session.root());
  v1::ListDocumentsRequest request;
  request.set_kind(KindOf(type));
  MIG_ASSIGN_OR_RETURN(const std::vector<trust::Envelope> stored,
                       ListDocuments(*admin, request, type));
  std::optional<trust::Verified<T>> last;
  for (const trust::Envelope& envelope : stored) {
    absl::StatusOr<trust::Verified<T>> verified = trust::Verify<T>(envelope.Serialize(), *root);
    if (!verified.ok() || LineOf(**verified) != line) continue;
    last = Later<T>(std::move(last), *std::move(verified));
  }
  return last;
}

template <typename T>
absl::StatusOr<uint64_t> NextSequence(Session& session, trust::DocumentType type,
                                      const std::string& line, uint64_t epoch, uint64_t verified) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::ListDocumentsRequest request;
  request.set_kind(KindOf(type));
  MIG_ASSIGN_OR_RETURN(const std::vector<trust::Envelope> stored,
                       ListDocuments(*admin, request, type));
  uint64_t highest = verified;
  for (const trust::Envelope& envelope : stored) {
    const absl::StatusOr<T> document = T::Parse(envelope.payload());
    if (!document.ok() || LineOf(*document) != line) continue;
    const trust::Numbers& numbers = document->numbers();
    if (numbers.epoch != epoch || numbers.sequence > verified + kMaxUnsignedStep) continue;
    highest = std::max(highest, numbers.sequence);
  }
  return highest + 1;
}

}  // namespace

absl::StatusOr<trust::Envelope> GetDocument(AdminClient& admin, const v1::GetDocumentRequest& key,
                                            trust::DocumentType type) {
  MIG_ASSIGN_OR_RETURN(const v1::DocumentInfo info, admin.GetDocument(key));
  MIG_ASSIGN_OR_RETURN(trust::Envelope envelope, trust::Envelope::Parse(info.envelope(), type));
  if (!key.digest().empty() && envelope.digest().bytes() != key.digest()) {
    return trust::Refuse(
        v1::Refusal::DIGEST,
        absl::StrCat("the coordinator gave another document (sha256 ", envelope.digest().ToHex(),
                     ") than was asked for; do not "
                     "trust it: tell whoever runs it"));
  }
  return envelope;
}

absl::StatusOr<std::vector<trust::Envelope>> ListDocuments(AdminClient& admin,
                                                           const v1::ListDocumentsRequest& request,
                                                           trust::DocumentType type) {
  std::vector<trust::Envelope> documents;
  v1::ListDocumentsRequest page = request;
  page.mutable_page()->set_size(kPageSize);
  while (documents.size() < kMaxDocuments) {
    MIG_ASSIGN_OR_RETURN(const v1::ListDocumentsAnswer answer, admin.ListDocuments(page));
    for (const v1::DocumentInfo& info : answer.documents()) {
      absl::StatusOr<trust::Envelope> envelope = trust::Envelope::ParseAny(info.envelope());
      if (envelope.ok() && envelope->type() == type) documents.push_back(*std::move(envelope));
    }
    if (answer.next_token().empty() || answer.documents().empty()) break;
    page.mutable_page()->set_token(answer.next_token());
  }
  return documents;
}

absl::StatusOr<NamedDocument> FindDocument(Session& session, trust::DocumentType type,
                                           const std::string& name) {
  const bool is_file = type == trust::DocumentType::kRoot || absl::StrContains(name, "/");
  if (is_file) {
    MIG_ASSIGN_OR_RETURN(const std::string bytes,
                         session.files().Read(name, base::kMaxEnvelopeBytes, "the document"));
    absl::StatusOr<trust::Envelope> envelope = trust::Envelope::Parse(bytes, type);
    if (!envelope.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(name, ": ", envelope.status().message(),
                                                     "; name the file of a ",
                                                     trust::RulesOf(type).name));
    }
    return NamedDocument{*std::move(envelope), name};
  }
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::GetDocumentRequest request;
  if (const auto digest = base::Digest::FromHex(name); digest.ok()) {
    request.set_digest(std::string(digest->bytes()));
  } else {
    request.set_name(name);
  }
  absl::StatusOr<trust::Envelope> envelope = GetDocument(*admin, request, type);
  if (absl::IsNotFound(envelope.status())) {
    return absl::NotFoundError(
        absl::StrCat("no ", trust::RulesOf(type).name, " '", base::Escaped(name),
                     "' at the coordinator (a file is named with a /, as in ./NAME); see migctl ",
                     type == trust::DocumentType::kPlan ? "rollout list" : "release list"));
  }
  MIG_RETURN_IF_ERROR(envelope.status());
  return NamedDocument{*std::move(envelope), ""};
}

absl::StatusOr<std::optional<trust::Verified<trust::Manifest>>> LastManifest(
    Session& session, const std::string& product) {
  MIG_ASSIGN_OR_RETURN(
      auto stored, LastStored<trust::Manifest>(session, trust::DocumentType::kManifest, product));
  MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Root>* const root, session.root());
  MIG_ASSIGN_OR_RETURN(const TrustedDocuments trusted, session.trusted());
  MIG_ASSIGN_OR_RETURN(auto remembered, trusted.LastManifest(product, *root));
  return Later<trust::Manifest>(std::move(stored), std::move(remembered));
}

absl::StatusOr<std::optional<trust::Verified<trust::Plan>>> LastPlan(Session& session,
                                                                     const std::string& stream) {
  MIG_ASSIGN_OR_RETURN(auto stored,
                       LastStored<trust::Plan>(session, trust::DocumentType::kPlan, stream));
  MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Root>* const root, session.root());
  MIG_ASSIGN_OR_RETURN(const TrustedDocuments trusted, session.trusted());
  MIG_ASSIGN_OR_RETURN(auto remembered, trusted.LastPlan(stream, *root));
  return Later<trust::Plan>(std::move(stored), std::move(remembered));
}

absl::StatusOr<uint64_t> NextReleaseSequence(Session& session, const std::string& product) {
  MIG_ASSIGN_OR_RETURN(const auto last, LastManifest(session, product));
  MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Root>* const root, session.root());
  const trust::RootProduct* const known = (*root)->product(product);
  const uint64_t epoch = known == nullptr ? 0 : known->epoch;
  const uint64_t floor = known == nullptr ? 0 : known->floor;
  const bool counts = last.has_value() && (*last)->numbers().epoch == epoch;
  return NextSequence<trust::Manifest>(session, trust::DocumentType::kManifest, product, epoch,
                                       std::max(floor, counts ? (*last)->numbers().sequence : 0));
}

absl::StatusOr<uint64_t> NextPlanSequence(Session& session, const std::string& stream) {
  MIG_ASSIGN_OR_RETURN(const auto last, LastPlan(session, stream));
  MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Root>* const root, session.root());
  const trust::RootStream* const known = (*root)->stream(stream);
  const uint64_t epoch = known == nullptr ? 0 : known->epoch;
  const bool counts = last.has_value() && (*last)->numbers().epoch == epoch;
  return NextSequence<trust::Plan>(session, trust::DocumentType::kPlan, stream, epoch,
                                   counts ? (*last)->numbers().sequence : 0);
}

absl::StatusOr<trust::Verified<trust::Manifest>> VerifiedRelease(Session& session,
                                                                 const std::string& product,
                                                                 const std::string& version) {
  const std::string name = absl::StrCat(product, "@", version);
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Root>* const root, session.root());
  v1::GetDocumentRequest request;
  request.set_name(name);
  const auto envelope = GetDocument(*admin, request, trust::DocumentType::kManifest);
  if (absl::IsNotFound(envelope.status())) {
    return absl::NotFoundError(
        absl::StrCat("no release ", base::Escaped(name), "; see migctl release list"));
  }
  if (!envelope.ok()) return trust::WithContext(name, envelope.status());
  auto verified = trust::Verify<trust::Manifest>(envelope->Serialize(), *root);
  if (!verified.ok()) {
    return trust::WithContext(absl::StrCat("release ", name), verified.status());
  }
  if ((*verified)->product() != product || (*verified)->version() != version) {
    return trust::Refuse(v1::Refusal::PRODUCT,
                         absl::StrCat("the coordinator gave another release than ", name,
                                      "; do not trust it: tell whoever runs it"));
  }
  return verified;
}

std::string ReleaseName(const trust::Verified<trust::Manifest>& release) {
  const size_t count = release.signers().size();
  return absl::StrCat(
      release->product(), " ", release->version(), " (sequence ", trust::ToText(release->numbers()),
      ", its ", count == 1 ? "signature" : absl::StrCat(count, " signatures"), " verified here)");
}

absl::StatusOr<std::unique_ptr<Comparison>> Comparison::For(Session& session,
                                                            const NamedDocument& document) {
  auto comparison = std::make_unique<Comparison>();
  if (document.envelope.type() == trust::DocumentType::kRoot) {
    MIG_ASSIGN_OR_RETURN(comparison->context_.root, session.local_root());
    return comparison;
  }
  if (document.file.empty()) MIG_RETURN_IF_ERROR(session.admin().status());
  MIG_ASSIGN_OR_RETURN(comparison->context_.root, session.root());
  if (document.envelope.type() == trust::DocumentType::kManifest) {
    MIG_ASSIGN_OR_RETURN(const trust::Manifest manifest,
                         trust::Manifest::Parse(document.envelope.payload()));
    MIG_ASSIGN_OR_RETURN(comparison->last_manifest_, LastManifest(session, manifest.product()));
    if (comparison->last_manifest_.has_value()) {
      comparison->context_.last_manifest = &*comparison->last_manifest_;
    }
    return comparison;
  }
  MIG_RETURN_IF_ERROR(comparison->AddPlan(session, document.envelope));
  return comparison;
}

absl::Status Comparison::AddPlan(Session& session, const trust::Envelope& envelope) {
  MIG_ASSIGN_OR_RETURN(const trust::Plan plan, trust::Plan::Parse(envelope.payload()));
  MIG_ASSIGN_OR_RETURN(last_plan_, LastPlan(session, plan.stream()));
  if (last_plan_.has_value()) context_.last_plan = &*last_plan_;
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  std::vector<base::Digest> digests = plan.retry();
  for (const trust::Plan* each : {&plan, last_plan_.has_value() ? &**last_plan_ : &plan}) {
    for (const trust::PlanItem& item : each->items()) {
      digests.push_back(item.manifest);
      if (item.fallback.has_value()) digests.push_back(*item.fallback);
    }
  }
  for (const base::Digest& digest : digests) {
    v1::GetDocumentRequest request;
    request.set_digest(std::string(digest.bytes()));
    const auto found = GetDocument(*admin, request, trust::DocumentType::kManifest);
    if (absl::IsUnavailable(found.status())) return found.status();
    if (!found.ok()) continue;
    const auto verified = trust::Verify<trust::Manifest>(found->Serialize(), *context_.root);
    if (!verified.ok()) continue;
    context_.releases[digest] = ReleaseName(*verified);
  }
  return absl::OkStatus();
}

}  // namespace mig::ctl
