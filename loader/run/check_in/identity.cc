#include "loader/run/check_in/identity.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "loader/run/unreached.h"
#include "loader/run/views/self_view.h"
#include "trust/refusal.h"
#include "trust/x509/certificate_request.h"
#include "trust/x509/possession.h"
#include "trust/x509/spiffe_id.h"

namespace mig::loader {

namespace {

using trust::x509::Certificate;
using trust::x509::PrivateKey;

constexpr int kRenewAtPartOfLife = 3;  // a third is left

absl::StatusOr<Certificate> LeafOf(const IdentityPem& identity) {
  MIG_ASSIGN_OR_RETURN(std::vector<Certificate> chain,
                       Certificate::ParsePemChain(identity.certificate_chain));
  return std::move(chain.front());
}

absl::Status NotEnrolled(const Session& session) {
  return trust::Refuse(
      v1::Refusal::NOT_ENROLLED,
      absl::StrCat("this host has no certificate yet: get a token (migctl enroll "
                   "token new), then mig-loader enroll --token-file FILE --config ",
                   session.host.config.files.empty() ? std::string("FILE")
                                                     : session.host.config.files.front()));
}

absl::Status CheckMachine(Session& session) {
  const trust::TrustedState& state = session.trust().state();
  if (!state.machine.has_value()) return absl::OkStatus();
  if (MachineOf(session.host, *state.host_id) == *state.machine) return absl::OkStatus();
  return trust::Refuse(
      v1::Refusal::MACHINE_CHANGED,
      absl::StrCat("this machine is not the one that host ", state.host_id->ToHex().substr(0, 12),
                   " was enrolled on (a cloned disk?); remove ", session.directory().path(),
                   " here and enroll this machine with a token of its own"));
}

std::vector<std::string> ToVector(const google::protobuf::RepeatedPtrField<std::string>& chain) {
  return {chain.begin(), chain.end()};
}

// By proof that the key of `shown` is here, over the enrollment port.
absl::StatusOr<IdentityPem> RenewByPossession(Session& session, const IdentityPem& shown) {
  const trust::Verified<trust::Root>& root = session.trust().root();
  const trust::HostId& host_id = *session.trust().state().host_id;
  MIG_ASSIGN_OR_RETURN(const Certificate leaf, LeafOf(shown));
  MIG_ASSIGN_OR_RETURN(const PrivateKey shown_key, PrivateKey::FromPem(shown.private_key));
  IdentityStore& store = session.directory().identity();
  MIG_ASSIGN_OR_RETURN(const PrivateKey key, PendingKey(session.host, store));
  MIG_ASSIGN_OR_RETURN(const std::string csr, RequestFor(key, host_id));

  v1::RenewByPossessionRequest request;
  request.set_certificate(leaf.der());
  request.set_csr(csr);
  request.set_proof(trust::x509::ProvePossession(shown_key, root->head().trust_domain, csr));
  if (session.trust().head().has_value()) {
    request.set_newest_head(session.trust().head()->envelope());
  }
  MIG_ASSIGN_OR_RETURN(const std::string cas, ServerCasPem(session.host, *root));
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<EnrollmentClient> client,
                       ConnectToEnrollment(session.host, cas));
  const absl::StatusOr<v1::RenewByPossessionAnswer> renewed = client->RenewExpired(request);
  if (!renewed.ok()) {
    return InOurWords(EnrollmentEndpoint(session.host.config), renewed.status());
  }
  const v1::RenewByPossessionAnswer& answer = *renewed;
  MIG_ASSIGN_OR_RETURN(IdentityPem identity,
                       CheckIssued(ToVector(answer.certificate_chain()), key, host_id, *root));
  MIG_RETURN_IF_ERROR(store.Install(identity));
  return identity;
}

absl::StatusOr<IdentityPem> RenewOverTls(Session& session, CoordinatorClient& client) {
  const trust::HostId& host_id = *session.trust().state().host_id;
  IdentityStore& store = session.directory().identity();
  MIG_ASSIGN_OR_RETURN(const PrivateKey key, PendingKey(session.host, store));
  v1::RenewCertificateRequest request;
  MIG_ASSIGN_OR_RETURN(*request.mutable_csr(), RequestFor(key, host_id));
  if (session.trust().head().has_value()) {
    request.set_newest_head(session.trust().head()->envelope());
  }
  MIG_ASSIGN_OR_RETURN(const v1::RenewCertificateAnswer answer, client.Renew(request));
  MIG_ASSIGN_OR_RETURN(IdentityPem identity, CheckIssued(ToVector(answer.certificate_chain()), key,
                                                         host_id, *session.trust().root()));
  MIG_RETURN_IF_ERROR(store.Install(identity));
  return identity;
}

void NoteExpiry(Session& session, const IdentityPem& identity) {
  const absl::StatusOr<Certificate> leaf = LeafOf(identity);
  if (!leaf.ok()) return;
  session.status().message().set_certificate_expires_ms(absl::ToUnixMillis(leaf->not_after()));
}

}  // namespace

absl::StatusOr<PrivateKey> PendingKey(const Host& host, IdentityStore& store) {
  MIG_ASSIGN_OR_RETURN(const std::optional<std::string> pending, store.PendingKey());
  if (pending.has_value()) {
    absl::StatusOr<PrivateKey> key = PrivateKey::FromPem(*pending);
    // A damaged one never got a certificate: another takes its place.
    if (key.ok()) return key;
  }
  PrivateKey key = PrivateKey::Generate(host.random);
  MIG_RETURN_IF_ERROR(store.StartRenewal(key.ToPem()));
  return key;
}

absl::StatusOr<std::string> RequestFor(const PrivateKey& key, const trust::HostId& host_id) {
  return trust::x509::CertificateRequest::Make(key, host_id.ToHex());
}

absl::StatusOr<IdentityPem> CheckIssued(const std::vector<std::string>& chain_der,
                                        const PrivateKey& key, const trust::HostId& host_id,
                                        const trust::Root& root) {
  const auto wrong = [](absl::string_view why) {
    return trust::Refuse(v1::Refusal::CERTIFICATE,
                         absl::StrCat("the certificate that was issued ", why,
                                      "; it is not used, what is here stays"));
  };
  std::vector<Certificate> chain;
  for (const std::string& der : chain_der) {
    absl::StatusOr<Certificate> certificate = Certificate::ParseDer(der);
    if (!certificate.ok()) return wrong(certificate.status().message());
    chain.push_back(*std::move(certificate));
  }
  if (chain.empty()) return wrong("is missing");
  if (chain.front().spki() != key.spki()) return wrong("is for another key");
  const absl::StatusOr<trust::x509::SpiffeId> id =
      trust::x509::CheckClientChain(chain, root.loader_ca_spki_digests(), root.head().trust_domain,
                                    trust::x509::SpiffeId::Kind::kLoader);
  if (!id.ok()) return wrong(id.status().message());
  if (id->host_id() != host_id) return wrong(absl::StrCat("is for ", id->ToUri()));
  return IdentityPem{.private_key = key.ToPem(), .certificate_chain = trust::x509::ChainPem(chain)};
}

absl::StatusOr<IdentityPem> UsableIdentity(Session& session) {
  if (!session.trust().state().host_id.has_value()) return NotEnrolled(session);
  MIG_RETURN_IF_ERROR(CheckMachine(session));
  MIG_ASSIGN_OR_RETURN(const std::optional<IdentityPem> current,
                       session.directory().identity().Current());
  if (!current.has_value()) return NotEnrolled(session);
  NoteExpiry(session, *current);
  MIG_ASSIGN_OR_RETURN(const Certificate leaf, LeafOf(*current));
  const absl::Time now = session.host.clock.WallNow();
  if (now < leaf.not_before()) return leaf.CheckTime(now);
  if (now <= leaf.not_after()) return *current;
  MIG_ASSIGN_OR_RETURN(IdentityPem renewed, RenewByPossession(session, *current));
  NoteExpiry(session, renewed);
  return renewed;
}

absl::StatusOr<IdentityPem> RenewWithFormerKey(Session& session) {
  MIG_ASSIGN_OR_RETURN(const std::optional<IdentityPem> former,
                       session.directory().identity().Former());
  if (!former.has_value()) {
    return trust::Refuse(v1::Refusal::UNRECORDED_KEY,
                         "the coordinator does not know this host's key, and there is no former "
                         "one; enroll again with a token");
  }
  MIG_ASSIGN_OR_RETURN(IdentityPem renewed, RenewByPossession(session, *former));
  NoteExpiry(session, renewed);
  return renewed;
}

void RenewIfDue(Session& session, Coordinators& coordinators) {
  const absl::StatusOr<std::optional<IdentityPem>> current =
      session.directory().identity().Current();
  if (!current.ok() || !current->has_value()) return;
  const absl::StatusOr<Certificate> leaf = LeafOf(**current);
  if (!leaf.ok()) return;
  const absl::Duration life = leaf->not_after() - leaf->not_before();
  if (leaf->not_after() - session.host.clock.WallNow() > life / kRenewAtPartOfLife) return;
  const absl::StatusOr<IdentityPem> renewed = RenewOverTls(session, coordinators);
  if (!renewed.ok()) {
    session.notes().push_back(absl::StrCat("renewal: ", renewed.status().message()));
    return;
  }
  NoteExpiry(session, *renewed);
  const absl::StatusOr<std::string> cas = ServerCasPem(session.host, *session.trust().root());
  if (cas.ok()) coordinators.Reconnect(*cas, *renewed);
}

}  // namespace mig::loader
