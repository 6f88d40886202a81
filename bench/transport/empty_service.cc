#include "bench/transport/empty_service.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <string>

#include "base/check.h"
#include "base/sizes.h"
#include "proto/mig/v1/loader_service.grpc.pb.h"

namespace mig::bench {
namespace {

class Chunks : public grpc::ServerWriteReactor<v1::FetchAnswer> {
 public:
  explicit Chunks(uint64_t content_bytes) : left_(content_bytes) {
    message_.mutable_start()->set_size_bytes(content_bytes);
    StartWrite(&message_);
  }

  void OnWriteDone(bool ok) override {
    if (!ok || left_ == 0) {
      Finish(ok ? grpc::Status::OK : grpc::Status::CANCELLED);
      return;
    }
    const uint64_t count = std::min<uint64_t>(left_, base::kMaxFetchChunkBytes);
    left_ -= count;
    message_.mutable_chunk()->resize(count, 'c');
    StartWrite(&message_);
  }
  void OnDone() override { delete this; }

 private:
  uint64_t left_;
  v1::FetchAnswer message_;
};

class Service : public v1::LoaderService::CallbackService {
 public:
  explicit Service(const EmptyAnswers& answers) : answers_(answers) {}

  grpc::ServerUnaryReactor* CheckIn(grpc::CallbackServerContext* context, const v1::CheckInRequest*,
                                    v1::CheckInAnswer* answer) override {
    *answer = answers_.check_in;
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerWriteReactor<v1::FetchAnswer>* Fetch(grpc::CallbackServerContext*,
                                                   const v1::FetchRequest*) override {
    return new Chunks(answers_.content_bytes);
  }

 private:
  const EmptyAnswers answers_;
};

}  // namespace

class EmptyService::Impl {
 public:
  Impl(const ServerPems& pems, const EmptyAnswers& answers) : service_(answers) {
    grpc::SslServerCredentialsOptions tls(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    tls.pem_root_certs = pems.client_ca;
    tls.pem_key_cert_pairs.push_back({pems.key, pems.chain});
    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(base::kMaxGrpcMessageBytes);
    builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls), &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    MIG_CHECK(server_ != nullptr && port_ > 0) << "no port of 127.0.0.1 can be listened on";
  }
  ~Impl() { server_->Shutdown(gpr_now(GPR_CLOCK_MONOTONIC)); }

  int port() const { return port_; }

 private:
  Service service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

EmptyService::EmptyService(const ServerPems& pems, const EmptyAnswers& answers)
    : impl_(std::make_unique<Impl>(pems, answers)) {}
EmptyService::~EmptyService() = default;
uint16_t EmptyService::port() const { return static_cast<uint16_t>(impl_->port()); }

}  // namespace mig::bench
