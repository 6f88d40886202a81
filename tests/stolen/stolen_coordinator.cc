#include "tests/stolen/stolen_coordinator.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/security/server_credentials.h>

#include <atomic>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "proto/mig/v1/loader_service.grpc.pb.h"
#include "tests/harness/files.h"
#include "trust/document_type.h"
#include "trust/envelope.h"
#include "trust/key_file.h"
#include "trust/x509/spiffe_id.h"

namespace mig::tests {

namespace {

constexpr size_t kChunkBytes = 128 * 1024;

class Server final : public StolenCoordinator, public v1::LoaderService::Service {
 public:
  Server(Lie lie, trust::NamedSigningKey online_key, base::Clock& clock, base::Random& random)
      : lie_(std::move(lie)), online_key_(std::move(online_key)), clock_(clock), random_(random) {}

  absl::Status Serve(const std::string& endpoint, const grpc::SslServerCredentialsOptions& tls) {
    grpc::ServerBuilder builder;
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort(endpoint, grpc::SslServerCredentials(tls));
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    if (server_ != nullptr) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat(endpoint, " cannot be listened on; is it in use?"));
  }

  int check_ins() const override { return check_ins_; }
  int fetches() const override { return fetches_; }

  grpc::Status CheckIn(grpc::ServerContext* context, const v1::CheckInRequest* request,
                       v1::CheckInAnswer* answer) override {
    ++check_ins_;
    for (const std::string& document : lie_.documents) answer->add_documents(document);
    const absl::Status filled = Fill(*context, *request, *answer);
    if (filled.ok()) return grpc::Status::OK;
    return {grpc::StatusCode::INTERNAL, std::string(filled.message())};
  }

  grpc::Status Fetch(grpc::ServerContext*, const v1::FetchRequest* request,
                     grpc::ServerWriter<v1::FetchAnswer>* writer) override {
    ++fetches_;
    v1::FetchAnswer start;
    start.mutable_start()->set_size_bytes(lie_.content.size());
    start.mutable_start()->set_offset(request->offset());
    writer->Write(start);
    for (size_t at = request->offset(); at < lie_.content.size(); at += kChunkBytes) {
      v1::FetchAnswer chunk;
      chunk.set_chunk(lie_.content.substr(at, kChunkBytes));
      if (!writer->Write(chunk)) break;
    }
    return grpc::Status::OK;
  }

  // Reports it does not want: they stay in the hosts' spools.
  grpc::Status Report(grpc::ServerContext*, const v1::ReportRequest*, v1::ReportAnswer*) override {
    return {grpc::StatusCode::UNAVAILABLE, "later"};
  }

 private:
  absl::StatusOr<std::string> SignOnline(trust::DocumentType type, std::string payload) {
    MIG_ASSIGN_OR_RETURN(trust::Envelope envelope,
                         trust::Envelope::Unsigned(type, std::move(payload)));
    MIG_RETURN_IF_ERROR(envelope.Sign(online_key_.key));
    return envelope.Serialize();
  }

  std::string RandomBytes(size_t size) {
    std::string bytes(size, '\0');
    random_.Fill(bytes);
    return bytes;
  }

  absl::Status Fill(const grpc::ServerContext& context, const v1::CheckInRequest& request,
                    v1::CheckInAnswer& answer) {
    const auto uris = context.auth_context()->FindPropertyValues("peer_spiffe_id");
    if (uris.size() != 1) return absl::InvalidArgumentError("a peer without an id");
    MIG_ASSIGN_OR_RETURN(
        const trust::x509::SpiffeId peer,
        trust::x509::SpiffeId::Parse(absl::string_view(uris[0].data(), uris[0].size())));
    if (!peer.host_id().has_value()) return absl::InvalidArgumentError("a peer that is no host");
    const int64_t now_ms = absl::ToUnixMillis(clock_.WallNow());

    v1::Assignment assignment;
    assignment.set_format(1);
    assignment.set_trust_domain(peer.trust_domain());
    assignment.set_issued_ms(now_ms);
    assignment.set_host_id(std::string(peer.host_id()->bytes()));
    assignment.set_nonce(request.nonce());
    for (const v1::AssignmentItem& item : lie_.items) *assignment.add_items() = item;
    assignment.set_lifetime_ms(60'000);
    assignment.set_ticket("a ticket that opens every door");
    MIG_ASSIGN_OR_RETURN(*answer.mutable_assignment(), SignOnline(trust::DocumentType::kAssignment,
                                                                  assignment.SerializeAsString()));

    answer.set_head(request.newest_head());
    answer.set_answer_id(RandomBytes(16));
    if (!answer.head().empty()) return absl::OkStatus();
    v1::Head head;
    head.set_format(1);
    head.set_trust_domain(peer.trust_domain());
    head.set_issued_ms(now_ms);
    head.set_store_id(RandomBytes(16));
    MIG_ASSIGN_OR_RETURN(*answer.mutable_head(),
                         SignOnline(trust::DocumentType::kHead, head.SerializeAsString()));
    return absl::OkStatus();
  }

  const Lie lie_;
  const trust::NamedSigningKey online_key_;
  base::Clock& clock_;
  base::Random& random_;
  std::atomic<int> check_ins_ = 0;
  std::atomic<int> fetches_ = 0;
  std::unique_ptr<grpc::Server> server_;  // last: gone before what its calls use
};

}  // namespace

absl::StatusOr<std::unique_ptr<StolenCoordinator>> StolenCoordinator::Start(
    const std::string& directory, uint16_t port, Lie lie, base::Clock& clock,
    base::Random& random) {
  const auto read = [&](const char* name) { return ReadFile(absl::StrCat(directory, "/", name)); };
  MIG_ASSIGN_OR_RETURN(const std::string online, read("online.key"));
  MIG_ASSIGN_OR_RETURN(trust::NamedSigningKey online_key,
                       trust::DecodeKeyFile(online, std::nullopt));
  MIG_ASSIGN_OR_RETURN(const std::string key, read("server.key"));
  MIG_ASSIGN_OR_RETURN(const std::string chain, read("server.pem"));
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  MIG_ASSIGN_OR_RETURN(tls.pem_root_certs, read("loaders-ca.pem"));
  tls.pem_key_cert_pairs.push_back({.private_key = key, .cert_chain = chain});
  auto server = std::make_unique<Server>(std::move(lie), std::move(online_key), clock, random);
  MIG_RETURN_IF_ERROR(server->Serve(absl::StrCat("127.0.0.1:", port), tls));
  return server;
}

}  // namespace mig::tests
