#include "trust/x509/possession.h"

#include "absl/strings/str_cat.h"
#include "base/endian.h"
#include "trust/refusal.h"

namespace mig::trust::x509 {

namespace {

std::string Challenge(absl::string_view trust_domain, absl::string_view csr_der) {
  std::string challenge("MIG renew v1\0", 13);
  for (const absl::string_view part : {trust_domain, csr_der}) {
    base::AppendU32Be(challenge, static_cast<uint32_t>(part.size()));
    absl::StrAppend(&challenge, part);
  }
  return challenge;
}

}  // namespace

std::string ProvePossession(const PrivateKey& key, absl::string_view trust_domain,
                            absl::string_view csr_der) {
  return key.Sign(Challenge(trust_domain, csr_der));
}

absl::Status CheckPossession(absl::string_view spki, absl::string_view trust_domain,
                             absl::string_view csr_der, absl::string_view proof) {
  if (VerifyEcdsa(spki, Challenge(trust_domain, csr_der), proof)) return absl::OkStatus();
  return Refuse(v1::Refusal::POSSESSION,
                "the proof of possession does not verify with the certificate's key");
}

}  // namespace mig::trust::x509
