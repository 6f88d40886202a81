// Certificates of loaders and operators, by the coordinator's two CAs: from a template, so who asks
// chooses the key and nothing else.

#ifndef MIG_COORDINATOR_HANDLERS_ISSUE_CERTIFICATE_ISSUER_H_
#define MIG_COORDINATOR_HANDLERS_ISSUE_CERTIFICATE_ISSUER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/random.h"
#include "coordinator/store/host_record.h"
#include "coordinator/store/ids.h"
#include "trust/x509/authority.h"

namespace mig::coordinator {

// A certificate may begin this long ago, for a peer whose clock is slow.
inline constexpr absl::Duration kCertificateBackdate = absl::Hours(1);

struct IssuedChain {
  // DER, leaf first, then the CA.
  std::vector<std::string> chain;
  // What the store keeps of a host's leaf; `host` is the caller's to set.
  CertificateRecord record;
};

// Any thread may call, if `random` says so too.
class CertificateIssuer {
 public:
  // All must outlive it.
  CertificateIssuer(const trust::x509::Authority& loaders, const trust::x509::Authority& operators,
                    base::Random& random)
      : loaders_(loaders), operators_(operators), random_(random) {}

  CertificateIssuer(const CertificateIssuer&) = delete;
  CertificateIssuer& operator=(const CertificateIssuer&) = delete;

  // `spki` is the 91-byte form (CertificateRequest::spki). A life ends with its CA's at the latest.
  absl::StatusOr<IssuedChain> ForHost(absl::string_view trust_domain, const HostId& host,
                                      absl::string_view spki, absl::Time now) const;
  absl::StatusOr<IssuedChain> ForOperator(absl::string_view trust_domain, absl::string_view name,
                                          absl::string_view spki, absl::Time now) const;

  const trust::x509::Certificate& loaders_ca() const { return loaders_.certificate(); }
  const trust::x509::Certificate& operators_ca() const { return operators_.certificate(); }

 private:
  const trust::x509::Authority& loaders_;
  const trust::x509::Authority& operators_;
  base::Random& random_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_ISSUE_CERTIFICATE_ISSUER_H_
