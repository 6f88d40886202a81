#include "ctl/cli/signing.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "ctl/cli/command_line.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/json.h"
#include "ctl/output/words.h"
#include "proto/mig/v1/manifest.pb.h"
#include "proto/mig/v1/plan.pb.h"
#include "proto/mig/v1/root.pb.h"
#include "trust/public_key.h"
#include "trust/refusal.h"

namespace mig::ctl {
namespace {

// What to type next, once `count` have signed.
std::string NextCommand(trust::DocumentType type, const std::string& name, const std::string& file,
                        const SignatureCount& count) {
  const std::string what = file.empty() ? name : file;
  const std::string noun = type == trust::DocumentType::kRoot       ? "root"
                           : type == trust::DocumentType::kManifest ? "release"
                                                                    : "plan";
  if (!count.is_complete) return absl::StrCat("migctl ", noun, " sign ", what, " --key KEY");
  switch (type) {
    case trust::DocumentType::kRoot:
      return absl::StrCat("give ", what,
                          " to the coordinator and to the loaders' package; migctl "
                          "context set NAME --root ",
                          what);
    case trust::DocumentType::kManifest:
      return "migctl plan new PLAN.toml";
    default:
      return absl::StrCat("migctl rollout start ", name);
  }
}

// What is complete now is what later documents are compared with.
absl::Status Remember(Session& session, const trust::Envelope& envelope,
                      const ReviewContext& context) {
  if (envelope.type() == trust::DocumentType::kRoot || context.root == nullptr) {
    return absl::OkStatus();
  }
  MIG_ASSIGN_OR_RETURN(const TrustedDocuments trusted, session.trusted());
  const std::string bytes = envelope.Serialize();
  if (envelope.type() == trust::DocumentType::kManifest) {
    MIG_ASSIGN_OR_RETURN(const auto manifest, trust::Verify<trust::Manifest>(bytes, *context.root));
    return trusted.Remember(manifest, *context.root);
  }
  MIG_ASSIGN_OR_RETURN(const auto plan, trust::Verify<trust::Plan>(bytes, *context.root));
  return trusted.Remember(plan, *context.root);
}

// Writes or uploads it. What comes back may have more signatures: others sign at the same time.
absl::StatusOr<trust::Envelope> Deliver(Session& session, const NamedDocument& document,
                                        const trust::Envelope& signed_envelope) {
  if (!document.file.empty()) {
    MIG_RETURN_IF_ERROR(session.files().Replace(document.file, signed_envelope.Serialize(), 0644));
    return signed_envelope;
  }
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::PutDocumentRequest request;
  request.set_envelope(signed_envelope.Serialize());
  MIG_ASSIGN_OR_RETURN(const v1::DocumentInfo info, admin->PutDocument(request));
  trust::Envelope united = signed_envelope;
  const auto stored = trust::Envelope::Parse(info.envelope(), signed_envelope.type());
  if (stored.ok() && stored->digest() == united.digest()) united.Merge(*stored).IgnoreError();
  return united;
}

template <typename Message>
Json PayloadJson(const std::string& payload) {
  Message message;
  return message.ParseFromString(payload) ? ToJson(message) : Json{"{}", {}};
}

Json JsonOf(const trust::Envelope& envelope) {
  switch (envelope.type()) {
    case trust::DocumentType::kRoot:
      return PayloadJson<v1::Root>(envelope.payload());
    case trust::DocumentType::kManifest:
      return PayloadJson<v1::Manifest>(envelope.payload());
    default:
      return PayloadJson<v1::Plan>(envelope.payload());
  }
}

// What is signed goes to `json`, also if a later one fails.
absl::Status SignWaiting(Session& session, const trust::NamedSigningKey& key,
                         std::vector<Json>& json) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  // Releases first: a plan is signed only when what it names is.
  for (const auto& [kind, type] : {std::pair(v1::DOCUMENT_KIND_ROOT, trust::DocumentType::kRoot),
                                   {v1::DOCUMENT_KIND_MANIFEST, trust::DocumentType::kManifest},
                                   {v1::DOCUMENT_KIND_PLAN, trust::DocumentType::kPlan}}) {
    v1::ListDocumentsRequest request;
    request.set_kind(kind);
    request.set_waiting_for_key_id(std::string(key.key.public_key().id().bytes()));
    MIG_ASSIGN_OR_RETURN(const std::vector<trust::Envelope> waiting,
                         ListDocuments(*admin, request, type));
    for (const trust::Envelope& envelope : waiting) {
      MIG_ASSIGN_OR_RETURN(Json one, SignOne(session, NamedDocument{envelope, ""}, key));
      json.push_back(std::move(one));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<int> SignAllThatWaits(Session& session, const SignArguments& arguments) {
  MIG_RETURN_IF_ERROR(session.admin().status());
  MIG_ASSIGN_OR_RETURN(const trust::NamedSigningKey key,
                       OpenKey(session.key(arguments.key), session.passphrase()));
  std::vector<Json> json;
  const absl::Status status = SignWaiting(session, key, json);
  session.Show("", JsonList(json));
  MIG_RETURN_IF_ERROR(status);
  if (json.empty()) {
    session.console().Err(absl::StrCat("nothing waits for key ", key.name, " (",
                                       trust::ShortId(key.key.public_key().id()), ")\n"));
  }
  return kExitOk;
}

}  // namespace

absl::StatusOr<Json> SignOne(Session& session, const NamedDocument& document,
                             const trust::NamedSigningKey& key) {
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<Comparison> comparison,
                       Comparison::For(session, document));
  const ReviewContext& context = comparison->context();
  MIG_ASSIGN_OR_RETURN(const Review review, ReviewForSigning(document.envelope, context));
  MIG_ASSIGN_OR_RETURN(const SignatureCount before, CountSignatures(document.envelope, context));
  session.console().Err(absl::StrCat(review.screen, "  signed  ", before.Words(), "\n"));
  // A key of another role is told before anybody compares digests.
  MIG_ASSIGN_OR_RETURN(const trust::Envelope signed_here,
                       SignWith(document.envelope, key, context));
  MIG_RETURN_IF_ERROR(
      Confirm(session.console(), {review.ask, review.confirmation, "--yes", session.yes()}));
  MIG_ASSIGN_OR_RETURN(const trust::Envelope united, Deliver(session, document, signed_here));
  MIG_ASSIGN_OR_RETURN(const SignatureCount count, CountSignatures(united, context));
  if (count.is_complete) MIG_RETURN_IF_ERROR(Remember(session, united, context));
  if (!session.wants_json()) {
    session.console().Out(
        absl::StrCat("+ ", key.name, " signed ", review.name, ", checked. ", count.Words(), "\n"));
  }
  session.Next(NextCommand(united.type(), review.name, document.file, count));
  return JsonObject({{"name", review.name},
                     {"digest", united.digest().ToHex()},
                     {"key", key.name},
                     {"signatures", count.Words()},
                     {"complete", count.is_complete}});
}

absl::StatusOr<int> Sign(Session& session, trust::DocumentType type,
                         const SignArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(const NamedDocument document,
                       FindDocument(session, type, arguments.document));
  MIG_ASSIGN_OR_RETURN(const trust::NamedSigningKey key,
                       OpenKey(session.key(arguments.key), session.passphrase()));
  MIG_ASSIGN_OR_RETURN(const Json json, SignOne(session, document, key));
  session.Show("", json);
  return kExitOk;
}

absl::StatusOr<int> ShowDocument(Session& session, trust::DocumentType type,
                                 const std::string& name) {
  MIG_ASSIGN_OR_RETURN(const NamedDocument document, FindDocument(session, type, name));
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<Comparison> comparison,
                       Comparison::For(session, document));
  MIG_ASSIGN_OR_RETURN(const Review review, Describe(document.envelope, comparison->context()));
  MIG_ASSIGN_OR_RETURN(const SignatureCount count,
                       CountSignatures(document.envelope, comparison->context()));
  MIG_RETURN_IF_ERROR(
      session.ShowPart(absl::StrCat(review.screen, "  signed  ", count.Words(),
                                    count.is_complete ? ", complete" : ", not enough yet", "\n"),
                       JsonOf(document.envelope)));
  session.Next(NextCommand(type, review.name, document.file, count));
  return kExitOk;
}

void AddSignVerb(CommandLine& line) {
  CLI::App* const verb = line.Verb(&line.app, "sign", "sign all that waits for a key",
                                   "migctl sign --key ana-release");
  const auto arguments = std::make_shared<SignArguments>();
  verb->add_option("--key", arguments->key, "your key: a file, or a name in --key-dir")->required();
  line.Does(verb, arguments, SignAllThatWaits);
}

}  // namespace mig::ctl
