#include "trust/envelope.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "proto/mig/v1/envelope.pb.h"
#include "trust/refusal.h"
#include "trust/wire_reader.h"

namespace mig::trust {

namespace {

// Ours have 32; a longer one is not cut off, but bounded with the rest of a signature.
constexpr size_t kMaxKeyIdBytes = base::kMaxSignatureBytes;

absl::Status Malformed(absl::string_view what) {
  return Refuse(v1::Refusal::MALFORMED, absl::StrCat("the envelope ", what));
}

absl::Status Bound(absl::string_view what, size_t size, size_t most) {
  return Refuse(v1::Refusal::BOUND,
                absl::StrCat("the envelope's ", what, ": ", size, ", at most ", most));
}

struct SignatureView {
  absl::string_view key_id;
  absl::string_view signature;
};

// Views into the input: nothing is copied before all bounds were checked.
struct EnvelopeView {
  std::optional<absl::string_view> payload;
  std::optional<absl::string_view> payload_type;
  SignatureView signatures[base::kMaxSignatures];
  size_t signature_count = 0;
};

absl::Status SetOnce(std::optional<absl::string_view>& target, const WireField& field,
                     absl::string_view name) {
  if (field.type != WireType::kBytes) return Malformed(absl::StrCat("has a bad ", name));
  if (target.has_value()) return Malformed(absl::StrCat("has its ", name, " twice"));
  target = field.bytes;
  return absl::OkStatus();
}

absl::StatusOr<SignatureView> ReadSignature(const WireField& outer) {
  if (outer.type != WireType::kBytes) return Malformed("has a bad signature field");
  std::optional<absl::string_view> key_id;
  std::optional<absl::string_view> signature;
  WireReader reader(outer.bytes);
  while (!reader.done()) {
    MIG_ASSIGN_OR_RETURN(const WireField field, reader.Next());
    if (field.number == v1::Signature::kKeyIdFieldNumber) {
      MIG_RETURN_IF_ERROR(SetOnce(key_id, field, "key_id"));
    } else if (field.number == v1::Signature::kSignatureFieldNumber) {
      MIG_RETURN_IF_ERROR(SetOnce(signature, field, "signature"));
    }
  }
  const SignatureView view = {key_id.value_or(""), signature.value_or("")};
  if (view.key_id.size() > kMaxKeyIdBytes) {
    return Bound("bytes of a key id", view.key_id.size(), kMaxKeyIdBytes);
  }
  if (view.signature.size() > base::kMaxSignatureBytes) {
    return Bound("bytes of a signature", view.signature.size(), base::kMaxSignatureBytes);
  }
  return view;
}

absl::StatusOr<EnvelopeView> ReadEnvelope(absl::string_view bytes) {
  if (bytes.size() > base::kMaxEnvelopeBytes) {
    return Bound("bytes", bytes.size(), base::kMaxEnvelopeBytes);
  }
  EnvelopeView view;
  WireReader reader(bytes);
  while (!reader.done()) {
    absl::StatusOr<WireField> field = reader.Next();
    if (!field.ok()) return WithContext("the envelope", field.status());
    if (field->number == v1::Envelope::kPayloadFieldNumber) {
      MIG_RETURN_IF_ERROR(SetOnce(view.payload, *field, "payload"));
    } else if (field->number == v1::Envelope::kPayloadTypeFieldNumber) {
      MIG_RETURN_IF_ERROR(SetOnce(view.payload_type, *field, "payload_type"));
    } else if (field->number == v1::Envelope::kSignaturesFieldNumber) {
      if (view.signature_count == base::kMaxSignatures) {
        return Bound("signatures", base::kMaxSignatures + 1, base::kMaxSignatures);
      }
      MIG_ASSIGN_OR_RETURN(view.signatures[view.signature_count], ReadSignature(*field));
      ++view.signature_count;
    }
  }
  if (!view.payload.has_value() || view.payload->empty()) return Malformed("has no payload");
  if (!view.payload_type.has_value()) return Malformed("has no payload_type");
  return view;
}

absl::Status CheckPayloadSize(DocumentType type, size_t size) {
  const DocumentRules& rules = RulesOf(type);
  if (size <= rules.max_payload_bytes) return absl::OkStatus();
  return Bound(absl::StrCat("payload, a ", rules.name, ", in bytes"), size,
               rules.max_payload_bytes);
}

std::vector<EnvelopeSignature> Copy(const EnvelopeView& view) {
  std::vector<EnvelopeSignature> signatures;
  signatures.reserve(view.signature_count);
  for (size_t i = 0; i < view.signature_count; ++i) {
    signatures.push_back({.key_id = std::string(view.signatures[i].key_id),
                          .signature = std::string(view.signatures[i].signature)});
  }
  return signatures;
}

}  // namespace

std::string PreAuthenticationEncoding(absl::string_view payload_type, absl::string_view payload) {
  return absl::StrCat("DSSEv1 ", payload_type.size(), " ", payload_type, " ", payload.size(), " ",
                      payload);
}

Envelope::Envelope(DocumentType type, std::string payload,
                   std::vector<EnvelopeSignature> signatures)
    : type_(type),
      payload_(std::move(payload)),
      digest_(base::Sha256Of(payload_)),
      signatures_(std::move(signatures)) {}

absl::StatusOr<Envelope> Envelope::ParseAny(absl::string_view bytes) {
  MIG_ASSIGN_OR_RETURN(const EnvelopeView view, ReadEnvelope(bytes));
  const std::optional<DocumentType> type = DocumentTypeOf(*view.payload_type);
  if (!type.has_value()) {
    return Refuse(v1::Refusal::PAYLOAD_TYPE,
                  absl::StrCat("the envelope's payload_type \"",
                               base::Escaped(*view.payload_type, base::kMaxPayloadTypeBytes),
                               "\" is none of ours"));
  }
  MIG_RETURN_IF_ERROR(CheckPayloadSize(*type, view.payload->size()));
  return Envelope(*type, std::string(*view.payload), Copy(view));
}

absl::StatusOr<Envelope> Envelope::Parse(absl::string_view bytes, DocumentType expected) {
  MIG_ASSIGN_OR_RETURN(const EnvelopeView view, ReadEnvelope(bytes));
  const DocumentRules& rules = RulesOf(expected);
  if (*view.payload_type != rules.payload_type) {
    return Refuse(v1::Refusal::PAYLOAD_TYPE,
                  absl::StrCat("the envelope's payload_type is \"",
                               base::Escaped(*view.payload_type, base::kMaxPayloadTypeBytes),
                               "\", a ", rules.name, "'s is \"", rules.payload_type, "\""));
  }
  MIG_RETURN_IF_ERROR(CheckPayloadSize(expected, view.payload->size()));
  return Envelope(expected, std::string(*view.payload), Copy(view));
}

absl::StatusOr<Envelope> Envelope::Unsigned(DocumentType type, std::string payload) {
  if (payload.empty()) return Malformed("has no payload");
  MIG_RETURN_IF_ERROR(CheckPayloadSize(type, payload.size()));
  return Envelope(type, std::move(payload), {});
}

absl::Status Envelope::Sign(const Signer& signer) {
  const absl::string_view key_id = signer.public_key().id().bytes();
  MIG_ASSIGN_OR_RETURN(std::string signature, signer.Sign(PreAuthenticationEncoding(
                                                  RulesOf(type_).payload_type, payload_)));
  for (EnvelopeSignature& present : signatures_) {
    if (present.key_id != key_id) continue;
    present.signature = std::move(signature);
    return absl::OkStatus();
  }
  if (signatures_.size() == base::kMaxSignatures) {
    return Bound("signatures", base::kMaxSignatures + 1, base::kMaxSignatures);
  }
  signatures_.push_back({.key_id = std::string(key_id), .signature = std::move(signature)});
  return absl::OkStatus();
}

absl::Status Envelope::Merge(const Envelope& other) {
  if (other.type_ != type_ || other.digest_ != digest_) {
    return Refuse(v1::Refusal::DIGEST,
                  absl::StrCat("signatures for ", other.digest_.ToHex(),
                               " do not belong to the payload ", digest_.ToHex()));
  }
  std::vector<EnvelopeSignature> merged = signatures_;
  for (const EnvelopeSignature& signature : other.signatures_) {
    if (std::find(merged.begin(), merged.end(), signature) == merged.end()) {
      merged.push_back(signature);
    }
  }
  if (merged.size() > base::kMaxSignatures) {
    return Bound("signatures", merged.size(), base::kMaxSignatures);
  }
  signatures_ = std::move(merged);
  return absl::OkStatus();
}

std::string Envelope::Serialize() const {
  v1::Envelope message;
  message.set_payload(payload_);
  message.set_payload_type(std::string(RulesOf(type_).payload_type));
  for (const EnvelopeSignature& signature : signatures_) {
    v1::Signature& added = *message.add_signatures();
    added.set_key_id(signature.key_id);
    added.set_signature(signature.signature);
  }
  return message.SerializeAsString();
}

std::vector<KeyId> SignersOf(const Envelope& envelope, const Role& role) {
  const std::string signed_bytes =
      PreAuthenticationEncoding(RulesOf(envelope.type()).payload_type, envelope.payload());
  std::vector<KeyId> signers;
  for (const RoleKey& entry : role.keys) {  // sorted by id, each once
    const bool has_signed = std::any_of(envelope.signatures().begin(), envelope.signatures().end(),
                                        [&](const EnvelopeSignature& s) {
                                          return s.key_id == entry.key.id().bytes() &&
                                                 entry.key.Verify(signed_bytes, s.signature);
                                        });
    if (has_signed) signers.push_back(entry.key.id());
  }
  return signers;
}

absl::StatusOr<std::vector<KeyId>> VerifySignatures(const Envelope& envelope, const Role& role,
                                                    uint32_t threshold) {
  MIG_CHECK(threshold > 0);
  const absl::string_view name = RulesOf(envelope.type()).name;
  const auto usable = std::count_if(role.keys.begin(), role.keys.end(),
                                    [](const RoleKey& k) { return k.key.can_verify(); });
  if (usable < static_cast<ptrdiff_t>(threshold)) {
    return Refuse(
        v1::Refusal::UNSUPPORTED,
        absl::StrCat("this ", name, " needs ", threshold, " keys of the ", NameOf(role.kind),
                     " role, and this program knows the algorithms of ", usable,
                     " only: install a newer version of it"));
  }
  std::vector<KeyId> signers = SignersOf(envelope, role);
  if (signers.size() >= threshold) return signers;
  return Refuse(
      v1::Refusal::SIGNATURES,
      absl::StrCat("this ", name, " is signed by ", signers.size(), " of the ", role.keys.size(),
                   " keys of the ", NameOf(role.kind), " role, and needs ", threshold));
}

}  // namespace mig::trust
