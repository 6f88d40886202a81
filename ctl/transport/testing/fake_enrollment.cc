#include "ctl/transport/testing/fake_enrollment.h"

#include <utility>

#include "base/check.h"
#include "base/system_clock.h"
#include "base/system_random.h"
#include "trust/refusal.h"
#include "trust/x509/authority.h"
#include "trust/x509/certificate.h"
#include "trust/x509/certificate_request.h"
#include "trust/x509/possession.h"
#include "trust/x509/private_key.h"

namespace mig::ctl::testing {

namespace x509 = trust::x509;

grpc::Status ToGrpc(const absl::Status& status) {
  std::string details;
  if (trust::RefusalOf(status).has_value()) {
    details = trust::ToMessage(status, v1::Refusal::MALFORMED).SerializeAsString();
  }
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      details);
}

absl::Time TimeNow() {
  const auto clock = base::SystemClock::Open();
  MIG_CHECK(clock.ok());
  return (*clock)->WallNow();
}

grpc::Status Issue(const FakeCoordinatorFiles& files, const std::string& request,
                   google::protobuf::RepeatedPtrField<std::string>& chain) {
  const auto csr = x509::CertificateRequest::ParseDer(request);
  if (!csr.ok()) return ToGrpc(csr.status());
  auto certificate = x509::Certificate::ParsePem(files.operators_ca_pem);
  auto key = x509::PrivateKey::FromPem(files.operators_ca_key_pem);
  MIG_CHECK(certificate.ok() && key.ok());
  const auto ca = x509::Authority::Load(*std::move(certificate), *std::move(key));
  auto id = x509::SpiffeId::Operator(files.trust_domain, files.operator_name);
  MIG_CHECK(ca.ok() && id.ok());
  const absl::Time now = TimeNow();
  base::SystemRandom random;
  const auto issued = ca->Issue(
      csr->spki(), {*std::move(id), now - absl::Minutes(5), now + absl::Hours(24 * 30)}, random);
  MIG_CHECK(issued.ok());
  *chain.Add() = issued->der();
  *chain.Add() = ca->certificate().der();
  return grpc::Status::OK;
}

grpc::Status FakeEnrollment::FirstLogin(grpc::ServerContext*, const v1::FirstLoginRequest* request,
                                        v1::FirstLoginAnswer* answer) {
  MIG_FAKE_BEGIN();
  answer->set_operator_(files_.operator_name);
  answer->add_roles("operator");
  answer->add_roles("rollout-signer");
  ++state_.logins;
  return Issue(files_, state_.certified_instead.value_or(request->csr()),
               *answer->mutable_certificate_chain());
}

grpc::Status FakeEnrollment::RenewByPossession(grpc::ServerContext*,
                                               const v1::RenewByPossessionRequest* request,
                                               v1::RenewByPossessionAnswer* answer) {
  MIG_FAKE_BEGIN();
  const auto former = x509::Certificate::ParseDer(request->certificate());
  if (!former.ok()) return ToGrpc(former.status());
  const absl::Status proof =
      x509::CheckPossession(former->spki(), files_.trust_domain, request->csr(), request->proof());
  if (!proof.ok()) return ToGrpc(proof);
  ++state_.late_renewals;
  return Issue(files_, state_.certified_instead.value_or(request->csr()),
               *answer->mutable_certificate_chain());
}

grpc::Status FakeEnrollment::WalkRoots(grpc::ServerContext*, const v1::WalkRootsRequest*,
                                       v1::WalkRootsAnswer*) {
  MIG_FAKE_BEGIN();
  return grpc::Status::OK;
}

}  // namespace mig::ctl::testing
