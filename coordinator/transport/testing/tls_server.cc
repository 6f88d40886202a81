#include "coordinator/transport/testing/tls_server.h"

#include <array>
#include <string>

#include "base/check.h"
#include "base/system_clock.h"
#include "base/system_random.h"
#include "trust/x509/authority.h"
#include "trust/x509/certificate.h"
#include "trust/x509/private_key.h"
#include "trust/x509/spiffe_id.h"

namespace mig::coordinator::testing {
namespace {

grpc::SslServerCredentialsOptions Options() {
  base::SystemRandom random;
  const absl::Time now = (*base::SystemClock::Open())->WallNow();
  const absl::Time begin = now - absl::Hours(1);
  const absl::Time end = now + absl::Hours(2);
  const auto ca =
      trust::x509::Authority::Create("test servers", begin, end + absl::Hours(1), random);
  MIG_CHECK_OK(ca);
  const auto key = trust::x509::PrivateKey::Generate(random);
  const auto id = trust::x509::SpiffeId::Coordinator("corp.example", "co");
  MIG_CHECK_OK(id);
  const auto leaf = ca->Issue(
      key.spki(), {.id = *id, .not_before = begin, .not_after = end, .ip_addresses = {"127.0.0.1"}},
      random);
  MIG_CHECK_OK(leaf);
  const std::array chain = {*leaf, ca->certificate()};
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({key.ToPem(), trust::x509::ChainPem(chain)});
  return options;
}

}  // namespace

TlsServer::TlsServer() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(Options()), &port_);
  builder.RegisterCallbackGenericService(&service_);
  server_ = builder.BuildAndStart();
  MIG_CHECK(server_ != nullptr && port_ > 0);
}

TlsServer::~TlsServer() { server_->Shutdown(); }

}  // namespace mig::coordinator::testing
