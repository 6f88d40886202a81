// Who a certificate is for: spiffe://TRUST-DOMAIN/{loader/HEX,operator/NAME,coordinator/NAME}
// (github.com/spiffe/spiffe, SPIFFE-ID.md). The only identity of a peer that counts.

#ifndef MIG_TRUST_X509_SPIFFE_ID_H_
#define MIG_TRUST_X509_SPIFFE_ID_H_

#include <optional>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "trust/host_id.h"

namespace mig::trust::x509 {

// A value that always prints to what it was parsed from.
class SpiffeId {
 public:
  enum class Kind { kLoader, kOperator, kCoordinator };

  // InvalidArgument for a trust domain or a name outside its grammar.
  static absl::StatusOr<SpiffeId> Loader(absl::string_view trust_domain, const HostId& host);
  static absl::StatusOr<SpiffeId> Operator(absl::string_view trust_domain, absl::string_view name);
  static absl::StatusOr<SpiffeId> Coordinator(absl::string_view trust_domain,
                                              absl::string_view name);
  // CERTIFICATE (InvalidArgument would be the caller's fault; this is the peer's) for all else.
  static absl::StatusOr<SpiffeId> Parse(absl::string_view uri);

  Kind kind() const { return kind_; }
  const std::string& trust_domain() const { return trust_domain_; }
  // The host id in hex, or the operator's or coordinator's name.
  const std::string& name() const { return name_; }
  // A loader's only.
  const std::optional<HostId>& host_id() const { return host_id_; }
  std::string ToUri() const;

  friend bool operator==(const SpiffeId&, const SpiffeId&) = default;
  friend std::ostream& operator<<(std::ostream& out, const SpiffeId& id) {
    return out << id.ToUri();
  }

 private:
  SpiffeId() = default;

  Kind kind_ = Kind::kLoader;
  std::string trust_domain_;
  std::string name_;
  std::optional<HostId> host_id_;
};

}  // namespace mig::trust::x509

#endif  // MIG_TRUST_X509_SPIFFE_ID_H_
