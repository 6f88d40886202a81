// A signed document on its way: DSSE v1 (github.com/secure-systems-lab/dsse). Signatures are over
// the payload as it is; nothing is ever serialised again to check one.

#ifndef MIG_TRUST_ENVELOPE_H_
#define MIG_TRUST_ENVELOPE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "trust/document_type.h"
#include "trust/ids.h"
#include "trust/public_key.h"
#include "trust/root.h"
#include "trust/signing_key.h"

namespace mig::trust {

// "DSSEv1 " len(type) " " type " " len(payload) " " payload, lengths in decimal.
std::string PreAuthenticationEncoding(absl::string_view payload_type, absl::string_view payload);

// Any bytes within the bounds; a key id that is not 32 bytes, or a signature that does not verify,
// counts nothing and harms nothing.
struct EnvelopeSignature {
  std::string key_id;
  std::string signature;
  friend bool operator==(const EnvelopeSignature&, const EnvelopeSignature&) = default;
};

// Bytes that claim to be a document; nothing in them is believed yet. A value.
class Envelope {
 public:
  // Reads the wire by hand, so that every bound (size by type, 16 signatures, 8 KiB each) is
  // checked before anything is copied, and no payload is looked into.
  //
  // Errors: PAYLOAD_TYPE  another type than `expected`, by name
  //         BOUND         a bound; MALFORMED  truncated, a singular field twice, a group, a wrong
  //         wire type, no payload or no type
  static absl::StatusOr<Envelope> Parse(absl::string_view bytes, DocumentType expected);
  // The same for whichever of the five types it says it is.
  static absl::StatusOr<Envelope> ParseAny(absl::string_view bytes);
  // A new one without signatures. BOUND for a payload above its type's bound; MALFORMED if empty.
  static absl::StatusOr<Envelope> Unsigned(DocumentType type, std::string payload);

  DocumentType type() const { return type_; }
  const std::string& payload() const { return payload_; }
  // SHA-256 of the payload: how other documents refer to this one.
  const base::Digest& digest() const { return digest_; }
  const std::vector<EnvelopeSignature>& signatures() const { return signatures_; }

  // Adds `signer`'s signature; one of the same key is replaced. BOUND at 16.
  absl::Status Sign(const Signer& signer);
  // Takes over the signatures that `other`, an envelope of the same payload, has and this has not.
  // DIGEST for another payload; BOUND above 16.
  absl::Status Merge(const Envelope& other);

  // The same value always gives the same bytes.
  std::string Serialize() const;

 private:
  Envelope(DocumentType type, std::string payload, std::vector<EnvelopeSignature> signatures);

  DocumentType type_;
  std::string payload_;
  base::Digest digest_;
  std::vector<EnvelopeSignature> signatures_;
};

// The keys of `role` that have signed, each once, sorted by id: keys are counted, not signatures.
std::vector<KeyId> SignersOf(const Envelope& envelope, const Role& role);

// The same, if they are at least `threshold`; extra signatures do not matter. SIGNATURES says how
// many of how many; UNSUPPORTED if `role` has fewer keys of known algorithms than that. A threshold
// of 0 is a bug of ours, which crashes.
absl::StatusOr<std::vector<KeyId>> VerifySignatures(const Envelope& envelope, const Role& role,
                                                    uint32_t threshold);

}  // namespace mig::trust

#endif  // MIG_TRUST_ENVELOPE_H_
