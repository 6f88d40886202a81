#include "trust/x509/spiffe_id.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/text.h"
#include "trust/names.h"
#include "trust/refusal.h"

namespace mig::trust::x509 {

namespace {

constexpr absl::string_view kScheme = "spiffe://";

absl::string_view WordOf(SpiffeId::Kind kind) {
  switch (kind) {
    case SpiffeId::Kind::kLoader:
      return "loader";
    case SpiffeId::Kind::kOperator:
      return "operator";
    case SpiffeId::Kind::kCoordinator:
      return "coordinator";
  }
  return "";
}

absl::Status BadPart(absl::string_view what, absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat("'", base::Escaped(text), "' is not a ", what));
}

}  // namespace

absl::StatusOr<SpiffeId> SpiffeId::Loader(absl::string_view trust_domain, const HostId& host) {
  if (!IsTrustDomain(trust_domain)) {
    return BadPart("trust domain (1 to 253 of a-z 0-9 . -)", trust_domain);
  }
  SpiffeId id;
  id.kind_ = Kind::kLoader;
  id.trust_domain_ = std::string(trust_domain);
  id.name_ = host.ToHex();
  id.host_id_ = host;
  return id;
}

absl::StatusOr<SpiffeId> SpiffeId::Operator(absl::string_view trust_domain,
                                            absl::string_view name) {
  absl::StatusOr<SpiffeId> id = Coordinator(trust_domain, name);
  if (id.ok()) id->kind_ = Kind::kOperator;
  return id;
}

absl::StatusOr<SpiffeId> SpiffeId::Coordinator(absl::string_view trust_domain,
                                               absl::string_view name) {
  if (!IsTrustDomain(trust_domain)) {
    return BadPart("trust domain (1 to 253 of a-z 0-9 . -)", trust_domain);
  }
  if (!IsOperatorName(name)) {
    return BadPart("name of an operator or coordinator (1 to 64 of a-z 0-9 . _ -)", name);
  }
  SpiffeId id;
  id.kind_ = Kind::kCoordinator;
  id.trust_domain_ = std::string(trust_domain);
  id.name_ = std::string(name);
  return id;
}

absl::StatusOr<SpiffeId> SpiffeId::Parse(absl::string_view uri) {
  const auto refuse = [uri] {
    return Refuse(v1::Refusal::CERTIFICATE,
                  absl::StrCat("'", base::Escaped(uri),
                               "' is not spiffe://TRUST-DOMAIN/{loader/HEX,operator/NAME,"
                               "coordinator/NAME}"));
  };
  absl::string_view rest = uri;
  if (!absl::ConsumePrefix(&rest, kScheme)) return refuse();
  const size_t domain_end = rest.find('/');
  if (domain_end == absl::string_view::npos) return refuse();
  const absl::string_view domain = rest.substr(0, domain_end);
  rest.remove_prefix(domain_end + 1);
  const size_t kind_end = rest.find('/');
  if (kind_end == absl::string_view::npos) return refuse();
  const absl::string_view kind = rest.substr(0, kind_end);
  const absl::string_view name = rest.substr(kind_end + 1);
  absl::StatusOr<SpiffeId> id = absl::UnknownError("");
  if (kind == WordOf(Kind::kLoader)) {
    const absl::StatusOr<HostId> host = HostId::FromHex(name);
    if (!host.ok()) return refuse();
    id = Loader(domain, *host);
  } else if (kind == WordOf(Kind::kOperator)) {
    id = Operator(domain, name);
  } else if (kind == WordOf(Kind::kCoordinator)) {
    id = Coordinator(domain, name);
  }
  if (!id.ok()) return refuse();
  return id;
}

std::string SpiffeId::ToUri() const {
  return absl::StrCat(kScheme, trust_domain_, "/", WordOf(kind_), "/", name_);
}

}  // namespace mig::trust::x509
