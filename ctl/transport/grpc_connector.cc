#include "ctl/transport/grpc_connector.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "base/sizes.h"
#include "base/status_macros.h"
#include "ctl/transport/call_status.h"
#include "proto/mig/v1/admin_service.grpc.pb.h"
#include "proto/mig/v1/enrollment_service.grpc.pb.h"

namespace mig::ctl {
namespace {

constexpr absl::Duration kCallLimit = absl::Seconds(20);
// A slow line still sends this much in a second.
constexpr uint64_t kLeastBytesPerSecond = 64 * base::kKiB;

// By gRPC's own clock: it is gRPC that ends the call.
gpr_timespec DeadlineIn(absl::Duration limit) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_millis(absl::ToInt64Milliseconds(limit), GPR_TIMESPAN));
}

std::shared_ptr<grpc::Channel> Connect(const ServerAddress& server,
                                       const OperatorIdentity& identity) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = server.ca_pem;
  options.pem_private_key = identity.key_pem;
  options.pem_cert_chain = identity.chain_pem;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(base::kMaxAdminAnswerBytes));
  arguments.SetUserAgentPrefix("migctl");
  return grpc::CreateCustomChannel(server.endpoint, grpc::SslCredentials(options), arguments);
}

template <typename Answer, typename Stub, typename Request>
absl::StatusOr<Answer> Call(Stub& stub,
                            grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                         Answer*),
                            const Request& request, const std::string& endpoint) {
  grpc::ClientContext context;
  context.set_deadline(DeadlineIn(kCallLimit));
  Answer answer;
  const grpc::Status status = (stub.*method)(&context, request, &answer);
  MIG_RETURN_IF_ERROR(StatusOfCall(status, endpoint));
  return answer;
}

class GrpcAdminClient : public AdminClient {
 public:
  GrpcAdminClient(const ServerAddress& server, const OperatorIdentity& identity)
      : endpoint_(server.endpoint), stub_(v1::AdminService::NewStub(Connect(server, identity))) {}

  absl::StatusOr<v1::UploadBlobAnswer> UploadBlob(
      const v1::BlobStart& start, base::File& file,
      absl::FunctionRef<void(uint64_t)> progress) override;
  absl::Status WatchRollout(const v1::GetRolloutRequest& request, absl::Duration limit,
                            absl::FunctionRef<bool(const v1::Rollout&)> take) override;

#define MIG_CTL_CALL(name, request, answer)                                             \
  absl::StatusOr<v1::answer> name(const v1::request& message) override {                \
    return Call<v1::answer>(*stub_, &v1::AdminService::Stub::name, message, endpoint_); \
  }
  MIG_CTL_ADMIN_CALLS(MIG_CTL_CALL)
#undef MIG_CTL_CALL

 private:
  std::string endpoint_;
  std::unique_ptr<v1::AdminService::Stub> stub_;
};

absl::StatusOr<v1::UploadBlobAnswer> GrpcAdminClient::UploadBlob(
    const v1::BlobStart& start, base::File& file, absl::FunctionRef<void(uint64_t)> progress) {
  grpc::ClientContext context;
  context.set_deadline(DeadlineIn(
      kCallLimit + absl::Seconds(static_cast<int64_t>(start.size_bytes() / kLeastBytesPerSecond))));
  v1::UploadBlobAnswer answer;
  const auto stream = stub_->UploadBlob(&context, &answer);
  v1::UploadBlobRequest first;
  *first.mutable_start() = start;
  bool is_open = stream->Write(first);
  uint64_t sent = 0;
  std::string buffer(base::kMaxFetchChunkBytes, '\0');
  while (is_open && sent < start.size_bytes()) {
    const size_t wanted =
        static_cast<size_t>(std::min<uint64_t>(buffer.size(), start.size_bytes() - sent));
    const absl::StatusOr<size_t> got = file.ReadAt(sent, std::span<char>(buffer.data(), wanted));
    if (!got.ok() || *got == 0) {
      context.TryCancel();
      stream->Finish().error_code();
      MIG_RETURN_IF_ERROR(got.status());
      return absl::DataLossError(
          absl::StrCat(file.path(), " became shorter while it was sent; publish again"));
    }
    v1::UploadBlobRequest part;
    part.set_chunk(buffer.data(), *got);
    is_open = stream->Write(part);
    sent += *got;
    progress(sent);
  }
  stream->WritesDone();
  MIG_RETURN_IF_ERROR(StatusOfCall(stream->Finish(), endpoint_));
  return answer;
}

absl::Status GrpcAdminClient::WatchRollout(const v1::GetRolloutRequest& request,
                                           absl::Duration limit,
                                           absl::FunctionRef<bool(const v1::Rollout&)> take) {
  grpc::ClientContext context;
  context.set_deadline(DeadlineIn(limit));
  const auto stream = stub_->WatchRollout(&context, request);
  v1::Rollout rollout;
  bool is_enough = false;
  while (!is_enough && stream->Read(&rollout)) is_enough = !take(rollout);
  if (is_enough) {
    context.TryCancel();
    while (stream->Read(&rollout)) {
    }
    stream->Finish().error_code();
    return absl::OkStatus();
  }
  return StatusOfCall(stream->Finish(), endpoint_);
}

class GrpcEnrollmentClient : public EnrollmentClient {
 public:
  explicit GrpcEnrollmentClient(const ServerAddress& server)
      : endpoint_(server.endpoint),
        stub_(v1::EnrollmentService::NewStub(Connect(server, OperatorIdentity{}))) {}

  absl::StatusOr<v1::FirstLoginAnswer> FirstLogin(const v1::FirstLoginRequest& message) override {
    return Call<v1::FirstLoginAnswer>(*stub_, &v1::EnrollmentService::Stub::FirstLogin, message,
                                      endpoint_);
  }
  absl::StatusOr<v1::RenewByPossessionAnswer> RenewByPossession(
      const v1::RenewByPossessionRequest& message) override {
    return Call<v1::RenewByPossessionAnswer>(
        *stub_, &v1::EnrollmentService::Stub::RenewByPossession, message, endpoint_);
  }
  absl::StatusOr<v1::WalkRootsAnswer> WalkRoots(const v1::WalkRootsRequest& message) override {
    return Call<v1::WalkRootsAnswer>(*stub_, &v1::EnrollmentService::Stub::WalkRoots, message,
                                     endpoint_);
  }

 private:
  std::string endpoint_;
  std::unique_ptr<v1::EnrollmentService::Stub> stub_;
};

}  // namespace

std::unique_ptr<AdminClient> GrpcConnector::Admin(const ServerAddress& server,
                                                  const OperatorIdentity& identity) {
  return std::make_unique<GrpcAdminClient>(server, identity);
}

std::unique_ptr<EnrollmentClient> GrpcConnector::Enrollment(const ServerAddress& server) {
  return std::make_unique<GrpcEnrollmentClient>(server);
}

}  // namespace mig::ctl
