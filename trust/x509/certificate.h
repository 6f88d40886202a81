// What a certificate says. Inspecting is not trusting: a certificate counts only if its CA is one
// of the root's and its SPKI digest is recorded for its id (an allow-list of the store).

#ifndef MIG_TRUST_X509_CERTIFICATE_H_
#define MIG_TRUST_X509_CERTIFICATE_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "trust/x509/spiffe_id.h"

namespace mig::trust::x509 {

// A parsed X.509 certificate. A value.
class Certificate {
 public:
  // CERTIFICATE: not one X.509 certificate, or bytes after it. BOUND above 4 KiB.
  static absl::StatusOr<Certificate> ParseDer(absl::string_view der);
  // Exactly one in PEM armour.
  static absl::StatusOr<Certificate> ParsePem(absl::string_view pem);
  // 1 to 4, in the order of the file; at most 32 KiB.
  static absl::StatusOr<std::vector<Certificate>> ParsePemChain(absl::string_view pem);

  const std::string& der() const { return der_; }
  std::string ToPem() const;
  // SubjectPublicKeyInfo in DER: 91 bytes for our own certificates, else whatever it is.
  const std::string& spki() const { return spki_; }
  const base::Digest& spki_digest() const { return spki_digest_; }
  // Names in DER, as they stand; the subject key identifier, empty if there is none.
  const std::string& issuer() const { return issuer_; }
  const std::string& subject() const { return subject_; }
  const std::string& subject_key_id() const { return subject_key_id_; }
  absl::Time not_before() const { return not_before_; }
  absl::Time not_after() const { return not_after_; }
  // basicConstraints says CA, and keyUsage may sign certificates.
  bool is_ca() const { return is_ca_; }
  // Extended key usages.
  bool for_clients() const { return for_clients_; }
  bool for_servers() const { return for_servers_; }
  // Of the subject alternative names.
  const std::vector<std::string>& uris() const { return uris_; }
  const std::vector<std::string>& dns_names() const { return dns_names_; }
  const std::vector<std::string>& ip_addresses() const { return ip_addresses_; }  // as text
  // Common name of the subject, untrusted; may be empty.
  const std::string& common_name() const { return common_name_; }

  // CERTIFICATE unless there is exactly one URI, which is a SPIFFE id of ours.
  absl::StatusOr<SpiffeId> spiffe_id() const;
  // CERTIFICATE unless `ca` is a CA, is named as issuer, and its key signed this.
  absl::Status CheckIssuedBy(const Certificate& ca) const;
  // CERTIFICATE_TIME, with both times, unless not_before <= now <= not_after.
  absl::Status CheckTime(absl::Time now) const;

 private:
  Certificate() = default;

  std::string der_;
  std::string spki_;
  base::Digest spki_digest_;
  std::string issuer_;
  std::string subject_;
  std::string subject_key_id_;
  absl::Time not_before_;
  absl::Time not_after_;
  bool is_ca_ = false;
  bool for_clients_ = false;
  bool for_servers_ = false;
  std::vector<std::string> uris_;
  std::vector<std::string> dns_names_;
  std::vector<std::string> ip_addresses_;
  std::string common_name_;
};

// A leaf and the CA that issued it, PEM, leaf first: what gRPC takes as a chain.
std::string ChainPem(std::span<const Certificate> chain);

// What SPIFFE id a leaf proves, under CAs that a root records by SPKI digest: `chain` is leaf
// first, its last one a CA of `ca_spki_digests`, each issued by the next; the leaf for clients, of
// `kind`, of `trust_domain`. Its time is not looked at (renewal of an expired one): CheckTime.
absl::StatusOr<SpiffeId> CheckClientChain(std::span<const Certificate> chain,
                                          std::span<const base::Digest> ca_spki_digests,
                                          absl::string_view trust_domain, SpiffeId::Kind kind);

}  // namespace mig::trust::x509

#endif  // MIG_TRUST_X509_CERTIFICATE_H_
