// What client certificates say, remembered: a host's is read once, and not at each of its calls.

#ifndef MIG_COORDINATOR_TRANSPORT_KNOWN_CERTIFICATES_H_
#define MIG_COORDINATOR_TRANSPORT_KNOWN_CERTIFICATES_H_

#include <cstddef>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "base/digest.h"
#include "trust/x509/spiffe_id.h"

namespace mig::coordinator {

// What follows from a certificate's bytes alone. Whether its bearer is welcome does not: that is
// asked of the fleet at every call.
struct CertificateFacts {
  trust::x509::SpiffeId id;
  base::Digest spki_digest;  // SHA-256 of its SubjectPublicKeyInfo
};

// Any thread may call. Memory: at most 2 * `most_of_a_generation` certificates' facts, under half a
// KiB each.
class KnownCertificates {
 public:
  explicit KnownCertificates(size_t most_of_a_generation = kMostOfAGeneration)
      : most_of_a_generation_(most_of_a_generation) {}

  KnownCertificates(const KnownCertificates&) = delete;
  KnownCertificates& operator=(const KnownCertificates&) = delete;

  // Reads `pem`, one certificate, unless it was read not long ago.
  // Errors, never remembered: Certificate::ParsePem's; CERTIFICATE where it does not carry exactly
  // one SPIFFE id of ours.
  absl::StatusOr<CertificateFacts> Read(absl::string_view pem);

  // How many are remembered.
  size_t size() const;

 private:
  // By SHA-256 of the PEM: what a certificate may weigh has no bound here.
  using Facts = absl::flat_hash_map<base::Digest, CertificateFacts>;

  // As many as a coordinator of this size holds connections of at a time.
  static constexpr size_t kMostOfAGeneration = 16 * 1024;

  std::optional<CertificateFacts> Find(const base::Digest& key) const;
  void Remember(const base::Digest& key, const CertificateFacts& facts);

  const size_t most_of_a_generation_;
  mutable absl::Mutex mutex_;
  // When the new ones are as many as may be, they become the old ones, and those are forgotten.
  Facts new_ ABSL_GUARDED_BY(mutex_);
  Facts old_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_TRANSPORT_KNOWN_CERTIFICATES_H_
