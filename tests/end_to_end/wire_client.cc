#include "tests/end_to_end/wire_client.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "loader/transport/coordinator_client.h"
#include "loader/transport/grpc_transport.h"
#include "loader/transport/tls13.h"
#include "loader/transport/typed_client.h"
#include "proto/mig/v1/checkin.pb.h"
#include "tests/harness/files.h"
#include "trust/assignment.h"
#include "trust/document_type.h"
#include "trust/envelope.h"
#include "trust/root.h"
#include "trust/x509/certificate.h"

namespace mig::tests {

namespace {

// Keeps what it gets.
class StringSink : public loader::FetchSink {
 public:
  absl::Status Begin(uint64_t offset) override {
    bytes_.resize(offset);
    return absl::OkStatus();
  }
  absl::Status Write(absl::string_view bytes) override {
    absl::StrAppend(&bytes_, bytes);
    return absl::OkStatus();
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Client : public WireClient {
 public:
  Client(std::unique_ptr<loader::GrpcTransport> transport, std::string desk, std::string machine,
         base::Clock& clock, base::Random& random)
      : desk_(std::move(desk)),
        machine_(std::move(machine)),
        random_(random),
        transport_(std::move(transport)),
        client_(clock, *transport_) {}

  absl::StatusOr<std::string> Ticket() override {
    v1::CheckInRequest request = Request();
    for (int i = 0; i < base::kMaxCheckInsPerRun; ++i) {
      request.set_nonce(RandomBytes(base::kNonceBytes));
      MIG_ASSIGN_OR_RETURN(const v1::CheckInAnswer answer, client_.CheckIn(request));
      request.set_previous_answer(answer.answer_id());
      if (answer.more()) continue;
      if (answer.assignment().empty()) break;
      MIG_ASSIGN_OR_RETURN(
          const trust::Envelope envelope,
          trust::Envelope::Parse(answer.assignment(), trust::DocumentType::kAssignment));
      MIG_ASSIGN_OR_RETURN(const trust::Assignment assignment,
                           trust::Assignment::Parse(envelope.payload()));
      return assignment.ticket();
    }
    return absl::NotFoundError("the coordinator assigned nothing");
  }

  absl::StatusOr<std::string> Fetch(const std::string& ticket, const base::Digest& digest,
                                    uint64_t size_bytes) override {
    StringSink sink;
    MIG_RETURN_IF_ERROR(
        client_.Fetch({.ticket = ticket, .digest = digest, .size_bytes = size_bytes}, sink));
    return sink.Take();
  }

 private:
  std::string RandomBytes(size_t size) {
    std::string bytes(size, '\0');
    random_.Fill(bytes);
    return bytes;
  }

  v1::CheckInRequest Request() {
    v1::CheckInRequest request;
    v1::Environment& environment = *request.mutable_environment();
    environment.set_hostname("a-test");
    environment.set_os("linux");
    environment.set_loader_version("0.1.0");
    v1::Tag& tag = *environment.add_tags();
    tag.set_name("desk");
    tag.set_value(desk_);
    request.mutable_local_manifest();
    v1::ProductState& product = *request.add_products();
    product.set_product("agent");
    product.set_health(v1::ProductState::NOT_ASKED);
    request.set_root_version(1);
    request.set_machine(machine_);
    return request;
  }

  const std::string desk_;
  const std::string machine_;
  base::Random& random_;
  std::unique_ptr<loader::GrpcTransport> transport_;
  loader::TypedCoordinatorClient client_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<WireClient>> WireClient::As(const LoaderHost& host,
                                                           const std::string& machine,
                                                           const CoordinatorPorts& coordinator,
                                                           base::Clock& clock,
                                                           base::Random& random) {
  MIG_ASSIGN_OR_RETURN(const std::string pem, ReadFile(host.Path("state/identity/host.pem")));
  const size_t chain = pem.find("-----BEGIN CERTIFICATE");
  if (chain == std::string::npos) return absl::NotFoundError("host.pem has no certificate");

  MIG_ASSIGN_OR_RETURN(const std::string root_bytes, ReadFile(host.Path("root")));
  MIG_ASSIGN_OR_RETURN(const trust::Envelope envelope,
                       trust::Envelope::Parse(root_bytes, trust::DocumentType::kRoot));
  MIG_ASSIGN_OR_RETURN(const trust::Root root, trust::Root::Parse(envelope.payload()));
  std::string cas;
  for (const std::string& der : root.server_ca_certificates()) {
    MIG_ASSIGN_OR_RETURN(const trust::x509::Certificate ca,
                         trust::x509::Certificate::ParseDer(der));
    absl::StrAppend(&cas, ca.ToPem());
  }
  MIG_ASSIGN_OR_RETURN(
      auto transport,
      loader::GrpcTransport::Create(clock, loader::Tls13Required::InThisProcess(),
                                    {.endpoint = LoopbackEndpoint(coordinator.loaders),
                                     .trust_domain = root.head().trust_domain,
                                     .server_cas_pem = cas,
                                     .identity = loader::GrpcTransportOptions::ClientIdentity{
                                         .private_key_pem = pem.substr(0, chain),
                                         .certificate_chain_pem = pem.substr(chain)}}));
  return std::make_unique<Client>(std::move(transport), host.name(), machine, clock, random);
}

}  // namespace mig::tests
