#include "coordinator/transport/known_certificates.h"

#include <utility>

#include "base/sha256.h"
#include "base/status_macros.h"
#include "trust/x509/certificate.h"

namespace mig::coordinator {

absl::StatusOr<CertificateFacts> KnownCertificates::Read(absl::string_view pem) {
  const base::Digest key = base::Sha256Of(pem);
  if (std::optional<CertificateFacts> known = Find(key)) return *std::move(known);

  MIG_ASSIGN_OR_RETURN(const trust::x509::Certificate certificate,
                       trust::x509::Certificate::ParsePem(pem));
  MIG_ASSIGN_OR_RETURN(trust::x509::SpiffeId id, certificate.spiffe_id());
  CertificateFacts facts{.id = std::move(id), .spki_digest = certificate.spki_digest()};
  Remember(key, facts);
  return facts;
}

std::optional<CertificateFacts> KnownCertificates::Find(const base::Digest& key) const {
  absl::ReaderMutexLock lock(&mutex_);
  for (const Facts* generation : {&new_, &old_}) {
    if (const auto found = generation->find(key); found != generation->end()) {
      return found->second;
    }
  }
  return std::nullopt;
}

void KnownCertificates::Remember(const base::Digest& key, const CertificateFacts& facts) {
  Facts forgotten;  // ends after the lock: it may be large
  absl::MutexLock lock(&mutex_);
  if (new_.size() >= most_of_a_generation_) {
    forgotten = std::exchange(old_, std::exchange(new_, Facts()));
  }
  new_.emplace(key, facts);
}

size_t KnownCertificates::size() const {
  absl::ReaderMutexLock lock(&mutex_);
  return new_.size() + old_.size();
}

}  // namespace mig::coordinator
