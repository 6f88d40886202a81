#include "loader/transport/grpc_transport.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/event.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "loader/transport/call_status.h"
#include "loader/transport/endpoint.h"
#include "loader/transport/server_verifier.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

using base::Event;
using base::MonotonicTime;

// gRPC ends a call at its deadline itself; if that does not come, this is how long after it is cut.
constexpr absl::Duration kCancelAfterDeadline = absl::Seconds(2);

grpc::ByteBuffer BufferOf(absl::string_view bytes) {
  const grpc::Slice slice(bytes.data(), bytes.size());
  return grpc::ByteBuffer(&slice, 1);
}

absl::StatusOr<std::string> BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  const grpc::Status status = buffer.Dump(&slices);
  if (!status.ok() || buffer.Length() > base::kMaxGrpcMessageBytes) {
    return trust::Refuse(v1::Refusal::MALFORMED,
                         "a message from the coordinator is empty or over its bound");
  }
  std::string bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

std::shared_ptr<grpc::ChannelCredentials> Credentials(const GrpcTransportOptions& options,
                                                      const Endpoint& endpoint) {
  using grpc::experimental::IdentityKeyCertPair;
  using grpc::experimental::StaticDataCertificateProvider;
  std::vector<IdentityKeyCertPair> pairs;
  if (options.identity.has_value()) {
    pairs.push_back({.private_key = options.identity->private_key_pem,
                     .certificate_chain = options.identity->certificate_chain_pem});
  }
  grpc::experimental::TlsChannelCredentialsOptions tls;
  tls.set_certificate_provider(
      std::make_shared<StaticDataCertificateProvider>(options.server_cas_pem, pairs));
  tls.watch_root_certs();
  if (!pairs.empty()) tls.watch_identity_key_cert_pairs();
  tls.set_verify_server_certs(true);
  // The verifier looks at the names itself; gRPC's own look is for its own verifier only.
  tls.set_certificate_verifier(
      MakeServerVerifier(endpoint, options.trust_domain, options.observer));
  tls.set_check_call_host(false);
  return grpc::experimental::TlsCredentials(tls);
}

grpc::ChannelArguments Arguments(const GrpcTransportOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(base::kMaxGrpcMessageBytes);
  arguments.SetMaxSendMessageSize(base::kMaxGrpcMessageBytes);
  arguments.SetCompressionAlgorithm(GRPC_COMPRESS_NONE);
  arguments.SetInt(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1 << GRPC_COMPRESS_NONE);
  // A compressed message stays as it came, and parses as nothing: nothing small becomes large.
  arguments.SetInt(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // Its own connection, whatever other transports this process has.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, options.proxy.empty() ? 0 : 1);
  if (!options.proxy.empty()) arguments.SetString(GRPC_ARG_HTTP_PROXY, options.proxy);
  return arguments;
}

}  // namespace

class GrpcTransport::Channel {
 public:
  Channel(const GrpcTransportOptions& options, const Endpoint& endpoint)
      : endpoint_(endpoint.ToString()),
        observer_(options.observer),
        stub_(grpc::CreateCustomChannel(absl::StrCat("dns:///", endpoint_),
                                        Credentials(options, endpoint), Arguments(options))) {}

  const std::string& endpoint() const { return endpoint_; }
  grpc::GenericStub& stub() { return stub_; }

  absl::Status StatusOf(const grpc::Status& status) const {
    if (observer_ != nullptr) observer_->CallEnded(status.error_code());
    if (status.ok()) return absl::OkStatus();
    if (const size_t at = status.error_message().find(kNotTheCoordinator);
        at != std::string::npos) {
      return trust::Refuse(
          v1::Refusal::SERVER_CERTIFICATE,
          absl::StrCat("coordinator ", endpoint_, ": ", status.error_message().substr(at, 250)));
    }
    return CallStatus(endpoint_, status.error_code(), status.error_message(),
                      status.error_details());
  }

 private:
  const std::string endpoint_;
  const std::shared_ptr<ConnectionObserver> observer_;
  grpc::GenericStub stub_;
};

namespace {

// gRPC counts on its own clock: tell it how long, not until when.
void SetDeadline(grpc::ClientContext& context, base::Clock& clock, MonotonicTime deadline) {
  const absl::Duration left =
      std::clamp(deadline - clock.MonotonicNow(), absl::ZeroDuration(), absl::Hours(24 * 30));
  context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                   gpr_time_from_micros(absl::ToInt64Microseconds(left), GPR_TIMESPAN)));
}

// A server stream by the generic stub, which knows only streams both ways. Used by one thread;
// gRPC's threads only note a result and Notify.
class Stream : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  enum class Read { kFrame, kEnd, kTimedOut };

  Stream(base::Clock& clock, grpc::GenericStub& stub, Method method, absl::string_view request,
         MonotonicTime deadline)
      : clock_(clock), done_(clock.NewEvent()), request_(BufferOf(request)) {
    SetDeadline(context_, clock, deadline);
    stub.PrepareBidiStreamingCall(&context_, std::string(MethodPath(method)), {}, this);
    AddHold();  // reads are started from outside of gRPC's calls
    StartWriteLast(&request_, {});
    StartCall();
  }

  Read Next(MonotonicTime deadline) {
    read_ = clock_.NewEvent();
    StartRead(&frame_);
    const bool in_time = read_->WaitUntil(deadline) == Event::Result::kHappened;
    if (!in_time) {
      context_.TryCancel();
      read_->WaitUntil(MonotonicTime::InfiniteFuture());
      return Read::kTimedOut;
    }
    return frame_ok_ ? Read::kFrame : Read::kEnd;
  }

  const grpc::ByteBuffer& frame() const { return frame_; }

  void Cut() { context_.TryCancel(); }

  // Once, last: gRPC calls nothing of this object any more after it.
  grpc::Status Finish() {
    RemoveHold();
    done_->WaitUntil(MonotonicTime::InfiniteFuture());
    return status_;
  }

 private:
  void OnReadDone(bool ok) override {
    frame_ok_ = ok;
    read_->Notify();
  }
  void OnDone(const grpc::Status& status) override {
    status_ = status;
    done_->Notify();
  }

  base::Clock& clock_;
  std::unique_ptr<Event> done_;
  std::unique_ptr<Event> read_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer frame_;
  bool frame_ok_ = false;
  grpc::Status status_;
};

absl::Status TooLarge(absl::string_view request) {
  return trust::Refuse(v1::Refusal::BOUND,
                       absl::StrCat("a request of ", request.size(), " bytes, at most ",
                                    base::kMaxGrpcMessageBytes, " may be sent"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcTransport>> GrpcTransport::Create(base::Clock& clock,
                                                                     const Tls13Required&,
                                                                     GrpcTransportOptions options) {
  MIG_ASSIGN_OR_RETURN(const Endpoint endpoint, ParseEndpoint(options.endpoint));
  return std::unique_ptr<GrpcTransport>(
      new GrpcTransport(clock, std::make_unique<Channel>(options, endpoint)));
}

GrpcTransport::GrpcTransport(base::Clock& clock, std::unique_ptr<Channel> channel)
    : clock_(clock), channel_(std::move(channel)) {}

GrpcTransport::~GrpcTransport() = default;

absl::StatusOr<std::string> GrpcTransport::Unary(Method method, absl::string_view request,
                                                 const CallLimits& limits) {
  return UnaryAt(MethodPath(method), request, limits);
}

absl::StatusOr<std::string> GrpcTransport::UnaryAt(absl::string_view path,
                                                   absl::string_view request,
                                                   const CallLimits& limits) {
  if (request.size() > base::kMaxGrpcMessageBytes) return TooLarge(request);
  grpc::ClientContext context;
  SetDeadline(context, clock_, limits.deadline);
  const grpc::ByteBuffer sent = BufferOf(request);
  grpc::ByteBuffer answer;
  grpc::Status status;
  const std::unique_ptr<Event> done = clock_.NewEvent();
  channel_->stub().UnaryCall(&context, std::string(path), {}, &sent, &answer,
                             [&status, &done](grpc::Status result) {
                               status = std::move(result);
                               done->Notify();
                             });
  if (done->WaitUntil(limits.deadline + kCancelAfterDeadline) == Event::Result::kDeadline) {
    context.TryCancel();
    done->WaitUntil(MonotonicTime::InfiniteFuture());  // what it points to is on this stack
  }
  MIG_RETURN_IF_ERROR(channel_->StatusOf(status));
  return BytesOf(answer);
}

absl::Status GrpcTransport::ServerStream(Method method, absl::string_view request,
                                         const CallLimits& limits,
                                         absl::FunctionRef<absl::Status(absl::string_view)> take) {
  if (request.size() > base::kMaxGrpcMessageBytes) return TooLarge(request);
  Stream stream(clock_, channel_->stub(), method, request, limits.deadline);
  absl::Status taken;
  Stream::Read read;
  for (;;) {
    read = stream.Next(
        std::min(clock_.MonotonicNow() + limits.stall, limits.deadline + kCancelAfterDeadline));
    if (read != Stream::Read::kFrame) break;
    const absl::StatusOr<std::string> frame = BytesOf(stream.frame());
    taken = frame.ok() ? take(*frame) : frame.status();
    if (taken.ok()) continue;
    stream.Cut();
    break;
  }
  const grpc::Status status = stream.Finish();
  const absl::Status said = channel_->StatusOf(status);
  MIG_RETURN_IF_ERROR(taken);
  if (read == Stream::Read::kTimedOut) {
    return trust::Refuse(v1::Refusal::SLOW,
                         absl::StrCat("coordinator ", channel_->endpoint(), " sent nothing for ",
                                      absl::FormatDuration(limits.stall)));
  }
  return said;
}

}  // namespace mig::loader
