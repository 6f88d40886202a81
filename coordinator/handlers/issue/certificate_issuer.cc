#include "coordinator/handlers/issue/certificate_issuer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "trust/x509/spiffe_id.h"

namespace mig::coordinator {
namespace {

// The serial number of a certificate that we have just made: its DER begins with two headers of
// long form, the version (5 bytes) and the number with its own header (RFC 5280, 4.1).
std::string SerialOf(const trust::x509::Certificate& certificate) {
  constexpr size_t kHeaders = 4 + 4 + 5;
  const absl::string_view der = certificate.der();
  MIG_CHECK(der.size() > kHeaders + 2 && der[kHeaders] == 0x02);
  const auto size = static_cast<size_t>(der[kHeaders + 1]);
  MIG_CHECK(size >= 1 && size <= 20 && der.size() > kHeaders + 2 + size);
  return std::string(der.substr(kHeaders + 2, size));
}

absl::StatusOr<IssuedChain> Issue(const trust::x509::Authority& authority,
                                  const trust::x509::SpiffeId& id, absl::string_view spki,
                                  absl::Time now, absl::Duration life, base::Random& random) {
  const absl::Time not_after = std::min(now + life, authority.certificate().not_after());
  MIG_ASSIGN_OR_RETURN(
      const trust::x509::Certificate leaf,
      authority.Issue(spki,
                      {.id = id, .not_before = now - kCertificateBackdate, .not_after = not_after},
                      random));
  IssuedChain issued;
  issued.chain = {leaf.der(), authority.certificate().der()};
  issued.record.serial = SerialOf(leaf);
  issued.record.spki = leaf.spki_digest();
  issued.record.issued_at = now;
  issued.record.expires_at = leaf.not_after();
  return issued;
}

}  // namespace

absl::StatusOr<IssuedChain> CertificateIssuer::ForHost(absl::string_view trust_domain,
                                                       const HostId& host, absl::string_view spki,
                                                       absl::Time now) const {
  MIG_ASSIGN_OR_RETURN(const trust::x509::SpiffeId id,
                       trust::x509::SpiffeId::Loader(trust_domain, host));
  MIG_ASSIGN_OR_RETURN(IssuedChain issued,
                       Issue(loaders_, id, spki, now, base::kHostCertificateLife, random_));
  issued.record.host = host;
  return issued;
}

absl::StatusOr<IssuedChain> CertificateIssuer::ForOperator(absl::string_view trust_domain,
                                                           absl::string_view name,
                                                           absl::string_view spki,
                                                           absl::Time now) const {
  MIG_ASSIGN_OR_RETURN(const trust::x509::SpiffeId id,
                       trust::x509::SpiffeId::Operator(trust_domain, name));
  return Issue(operators_, id, spki, now, base::kOperatorCertificateLife, random_);
}

}  // namespace mig::coordinator
