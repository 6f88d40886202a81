#include "coordinator/transport/testing/served_coordinator.h"

#include <grpc/support/time.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/system_clock.h"
#include "trust/x509/certificate.h"
#include "trust/x509/private_key.h"
#include "trust/x509/spiffe_id.h"

namespace mig::coordinator::testing {
namespace {

constexpr absl::string_view kHere = "127.0.0.1";
constexpr absl::string_view kTrustDomain = "corp.example";

}  // namespace

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(60, GPR_TIMESPAN)));
}

ServedCoordinator::ServedCoordinator(InProcessCoordinator& first, BlobStore& contents,
                                     base::Clock& clock)
    : first_(first),
      begin_((*base::SystemClock::Open())->WallNow() - absl::Hours(1)),
      end_(begin_ + absl::Hours(2)),
      server_ca_(NewCa("servers")),
      loaders_ca_(NewCa("loaders")),
      operators_ca_(NewCa("operators")) {
  const std::vector<std::string> roots = {first_.root_envelope()};
  auto coordinator = Coordinator::Start(
      {.store = first_.store(),
       .blobs = contents,
       .clock = clock,
       .random = random_,
       .online_key = first_.authority().keys(trust::RoleKind::kOnline).front().key,
       .loaders_ca = loaders_ca_,
       .operators_ca = operators_ca_},
      {.roots = roots});
  MIG_CHECK_OK(coordinator);
  coordinator_ = *std::move(coordinator);
  writer_ = std::make_unique<WriterThread>(first_.store());
  auto listeners =
      Listeners::Start(*coordinator_, {.metrics = metrics_, .clock = clock}, NewOptions());
  MIG_CHECK_OK(listeners);
  listeners_ = *std::move(listeners);
}

ServedCoordinator::~ServedCoordinator() {
  listeners_ = nullptr;
  writer_ = nullptr;
  while (first_.store().CommitNow() > 0) {
  }
}

trust::x509::Authority ServedCoordinator::NewCa(absl::string_view name) {
  auto ca = trust::x509::Authority::Create(name, begin_, end_ + absl::Hours(1), random_);
  MIG_CHECK_OK(ca);
  return *std::move(ca);
}

std::string ServedCoordinator::LeafPem(const trust::x509::Authority& ca, absl::string_view spki,
                                       trust::x509::CertificateTemplate wanted) const {
  wanted.not_before = begin_;
  wanted.not_after = end_;
  const auto leaf = ca.Issue(spki, wanted, random_);
  MIG_CHECK_OK(leaf);
  return leaf->ToPem();
}

ListenersOptions ServedCoordinator::NewOptions() {
  const Endpoint free_port{.host = std::string(kHere)};
  const auto key = trust::x509::PrivateKey::Generate(random_);
  return {
      .loaders = free_port,
      .enrollment = free_port,
      .operators = free_port,
      .server_chain_pem = LeafPem(server_ca_, key.spki(),
                                  {.id = *trust::x509::SpiffeId::Coordinator(kTrustDomain, "co"),
                                   .ip_addresses = {std::string(kHere)}}),
      .server_key_pem = key.ToPem(),
      .loaders_ca_pem = loaders_ca_.certificate().ToPem(),
      .operators_ca_pem = operators_ca_.certificate().ToPem()};
}

std::unique_ptr<v1::LoaderService::Stub> ServedCoordinator::ConnectLoader(
    const TestHost& host) const {
  const auto& identity = host.identity();
  const grpc::SslCredentialsOptions mutual{
      .pem_root_certs = server_ca_.certificate().ToPem(),
      .pem_private_key = identity.key->ToPem(),
      .pem_cert_chain = LeafPem(loaders_ca_, identity.key->spki(),
                                {.id = *trust::x509::SpiffeId::Loader(kTrustDomain, identity.id)})};
  const std::string at = absl::StrCat(kHere, ":", listeners_->loaders_port());
  return v1::LoaderService::NewStub(grpc::CreateChannel(at, grpc::SslCredentials(mutual)));
}

std::unique_ptr<v1::EnrollmentService::Stub> ServedCoordinator::ConnectEnrollment() const {
  const grpc::SslCredentialsOptions one_sided{.pem_root_certs = server_ca_.certificate().ToPem(),
                                              .pem_private_key = "",
                                              .pem_cert_chain = ""};
  const std::string at = absl::StrCat(kHere, ":", listeners_->enrollment_port());
  return v1::EnrollmentService::NewStub(grpc::CreateChannel(at, grpc::SslCredentials(one_sided)));
}

}  // namespace mig::coordinator::testing
