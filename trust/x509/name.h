// The DER pieces that requests and certificates share.

#ifndef MIG_TRUST_X509_NAME_H_
#define MIG_TRUST_X509_NAME_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "trust/x509/der.h"

namespace mig::trust::x509 {

// Contents of an OBJECT IDENTIFIER.
inline constexpr absl::string_view kCommonNameOid = "\x55\x04\x03";
inline constexpr absl::string_view kEcdsaWithSha256Oid = "\x2a\x86\x48\xce\x3d\x04\x03\x02";

// A distinguished name of one common name.
inline std::string DerCommonName(absl::string_view text) {
  const std::string attribute =
      Der(DerTag::kSequence,
          absl::StrCat(Der(DerTag::kObject, kCommonNameOid), Der(DerTag::kUtf8String, text)));
  return Der(DerTag::kSequence, Der(DerTag::kSet, attribute));
}

// AlgorithmIdentifier of ECDSA with SHA-256 (RFC 5758: no parameters).
inline std::string DerEcdsaWithSha256() {
  return Der(DerTag::kSequence, Der(DerTag::kObject, kEcdsaWithSha256Oid));
}

}  // namespace mig::trust::x509

#endif  // MIG_TRUST_X509_NAME_H_
