#include "coordinator/transport/listeners.h"

#include <grpc/support/log.h>
#include <grpc/support/time.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/transport/admin_service.h"
#include "coordinator/transport/enrollment_service.h"
#include "coordinator/transport/loader_service.h"
#include "coordinator/transport/tls13.h"
#include "coordinator/transport/workers.h"

namespace mig::coordinator {
namespace {

// Bounds of one listener, whatever its callers do (ADVERSARY 162).
constexpr size_t kMemoryOfAListener = size_t{1} << 30;
constexpr int kMaxMetadataBytes = 16 * 1024;
constexpr int kMaxStreamsOfAConnection = 100;
constexpr absl::Duration kHandshakeTimeout = absl::Seconds(10);
constexpr absl::Duration kIdleConnection = absl::Minutes(10);
constexpr absl::Duration kKeepAlive = absl::Minutes(1);
constexpr absl::Duration kKeepAliveTimeout = absl::Seconds(20);
// Threads of each pool of workers.h, and how many calls may wait for one: each message has its
// connection's share of kMemoryOfAListener besides.
constexpr size_t kThreads = 4;
constexpr size_t kMostWaiting = 16'384;
constexpr absl::Duration kProofTimeout = absl::Seconds(10);

std::string TextOf(const Endpoint& endpoint) {
  return absl::StrContains(endpoint.host, ':')
             ? absl::StrCat("[", endpoint.host, "]:", endpoint.port)
             : absl::StrCat(endpoint.host, ":", endpoint.port);
}

void Bound(grpc::ServerBuilder& builder, absl::string_view name) {
  grpc::ResourceQuota quota{std::string(name)};
  quota.Resize(kMemoryOfAListener);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(base::kMaxGrpcMessageBytes);
  const auto milliseconds = [](absl::Duration d) {
    return static_cast<int>(absl::ToInt64Milliseconds(d));
  };
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsOfAConnection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, milliseconds(kHandshakeTimeout));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, milliseconds(kIdleConnection));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(kKeepAlive));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds(kKeepAliveTimeout));
  // A port that another process has is an error, not a share of its callers.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

// `client_ca_pem` empty: no client certificate is asked for.
std::shared_ptr<grpc::ServerCredentials> Credentials(const ListenersOptions& options,
                                                     const std::string& client_ca_pem) {
  grpc::SslServerCredentialsOptions tls(
      client_ca_pem.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                            : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = client_ca_pem;
  tls.pem_key_cert_pairs.push_back({options.server_key_pem, options.server_chain_pem});
  return grpc::SslServerCredentials(tls);
}

// While a listener starts: gRPC would log a taken port in its own words beside ours, and the proof
// that TLS 1.2 is refused as an error.
class SilentGrpc {
 public:
  SilentGrpc() {
    gpr_set_log_function([](gpr_log_func_args*) {});
  }
  ~SilentGrpc() { gpr_set_log_function(nullptr); }
};

struct Pools {
  Workers opening{"contents", kThreads, kMostWaiting};
  Workers hosts{"hosts", kThreads, kMostWaiting};
  Workers enrollment{"enrollment", kThreads, kMostWaiting};
  Workers operators{"operators", kThreads, kMostWaiting};
};

// One server with one service, listening.
struct Listener {
  std::unique_ptr<grpc::Service> service;
  std::unique_ptr<grpc::Server> server;
  uint16_t port = 0;
};

absl::StatusOr<Listener> Listen(absl::string_view name, const Endpoint& at,
                                std::shared_ptr<grpc::ServerCredentials> credentials,
                                std::unique_ptr<grpc::Service> service) {
  const SilentGrpc silent;
  grpc::ServerBuilder builder;
  Bound(builder, name);
  int port = 0;
  builder.AddListeningPort(TextOf(at), std::move(credentials), &port);
  builder.RegisterService(service.get());
  Listener listener{.service = std::move(service), .server = builder.BuildAndStart()};
  if (listener.server == nullptr || port <= 0) {
    return absl::UnavailableError(absl::StrCat(
        "cannot listen on ", TextOf(at), " for ", name,
        ": the port is taken, the address is not this machine's, or server key and certificate do ",
        "not fit"));
  }
  listener.port = static_cast<uint16_t>(port);
  MIG_RETURN_IF_ERROR(ProveOnlyTls13(at.host, listener.port, kProofTimeout));
  return listener;
}

}  // namespace

class Listeners::Impl {
 public:
  Impl(std::unique_ptr<Pools> pools, Listener loaders, Listener enrollment, Listener operators)
      : pools_(std::move(pools)),
        loaders_(std::move(loaders)),
        enrollment_(std::move(enrollment)),
        operators_(std::move(operators)) {}
  ~Impl() { Shutdown(absl::ZeroDuration()); }

  void Shutdown(absl::Duration grace) {
    const gpr_timespec end =
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                     gpr_time_from_millis(absl::ToInt64Milliseconds(grace), GPR_TIMESPAN));
    for (Listener* listener : {&loaders_, &enrollment_, &operators_}) {
      listener->server->Shutdown(end);
    }
  }

  const std::unique_ptr<Pools> pools_;  // until the last call has ended
  Listener loaders_;
  Listener enrollment_;
  Listener operators_;
};

Listeners::Listeners(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listeners::~Listeners() = default;

uint16_t Listeners::loaders_port() const { return impl_->loaders_.port; }
uint16_t Listeners::enrollment_port() const { return impl_->enrollment_.port; }
uint16_t Listeners::operators_port() const { return impl_->operators_.port; }
void Listeners::Shutdown(absl::Duration grace) { impl_->Shutdown(grace); }

absl::StatusOr<std::unique_ptr<Listeners>> Listeners::Start(Coordinator& coordinator,
                                                            const Meters& meters,
                                                            const ListenersOptions& options) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  auto pools = std::make_unique<Pools>();
  MIG_ASSIGN_OR_RETURN(
      Listener loaders,
      Listen("loaders", options.loaders, Credentials(options, options.loaders_ca_pem),
             std::make_unique<LoaderService>(
                 coordinator.loaders(),
                 LoaderWorkers{.opening = pools->opening, .hosts = pools->hosts}, meters)));
  MIG_ASSIGN_OR_RETURN(Listener enrollment,
                       Listen("enrollment", options.enrollment, Credentials(options, ""),
                              std::make_unique<EnrollmentService>(coordinator.enrollment(),
                                                                  pools->enrollment, meters)));
  MIG_ASSIGN_OR_RETURN(
      Listener operators,
      Listen("operators", options.operators, Credentials(options, options.operators_ca_pem),
             std::make_unique<AdminService>(coordinator, pools->operators, meters)));
  return std::unique_ptr<Listeners>(new Listeners(std::make_unique<Impl>(
      std::move(pools), std::move(loaders), std::move(enrollment), std::move(operators))));
}

}  // namespace mig::coordinator
