// Protobuf, more strictly than Protobuf: what the rules of signed payloads ask of every field,
// generated from the descriptors, so that a field that is added later is strict by default.

#ifndef MIG_TRUST_STRICT_MESSAGE_H_
#define MIG_TRUST_STRICT_MESSAGE_H_

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mig::trust {

// Parses `bytes` into `message`, which is one of the signed payloads or a TrustState. Checks at
// every level: the wire type of known fields; no singular field twice; no group; numbers within
// their type (Protobuf would cut them off); text as CheckText wants it; no field absent or zero,
// unless the list in the .cc says that it may be. Unknown fields are ignored, except in components
// and their forms; a form of an unknown encoding is taken out whole.
// Odd but valid encodings (order, long varints, packed or not) are accepted.
//
// Errors: UNSUPPORTED another `format` than 1, a `critical` feature, an unknown field of a
// component
//         MALFORMED   all else; names the field, "variants[0].components[3].sha256"
// Memory: about that of the message; the caller has bounded `bytes`.
absl::Status ParseStrictly(absl::string_view bytes, google::protobuf::Message& message);

}  // namespace mig::trust

#endif  // MIG_TRUST_STRICT_MESSAGE_H_
