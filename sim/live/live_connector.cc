#include "sim/live/live_connector.h"

#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "base/status_macros.h"
#include "base/time_point.h"
#include "loader/transport/connection_observer.h"
#include "loader/transport/grpc_transport.h"
#include "loader/transport/typed_client.h"

namespace mig::sim {

namespace {

using base::MonotonicTime;

// Hears of one connection. Shared with gRPC's threads, which may tell something after the run: then
// it is deaf.
class Listener : public loader::ConnectionObserver {
 public:
  explicit Listener(const LiveNetwork& network) : network_(&network) {}

  void Connected() override {
    const absl::MutexLock lock(&mutex_);
    if (network_ == nullptr) return;
    network_->tally.Connected();
    connected_ = network_->clock.MonotonicNow();
  }
  void CallEnded(int grpc_code) override {
    const absl::MutexLock lock(&mutex_);
    if (network_ == nullptr) return;
    network_->tally.CallEnded(grpc_code, network_->clock.MonotonicNow());
  }

  // When the connection was made, if it was since this was last asked.
  std::optional<MonotonicTime> TakeConnected() {
    const absl::MutexLock lock(&mutex_);
    return std::exchange(connected_, std::nullopt);
  }
  void Detach() {
    const absl::MutexLock lock(&mutex_);
    network_ = nullptr;
  }

 private:
  absl::Mutex mutex_;
  const LiveNetwork* network_ ABSL_GUARDED_BY(mutex_);
  std::optional<MonotonicTime> connected_ ABSL_GUARDED_BY(mutex_);
};

// One connection, and the time that goes into it.
class Connection {
 public:
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const LiveNetwork& network,
                                                          absl::Duration lateness,
                                                          loader::GrpcTransportOptions options) {
    const MonotonicTime opened = network.clock.MonotonicNow();
    auto listener = std::make_shared<Listener>(network);
    options.trust_domain = network.trust_domain;
    options.observer = listener;
    MIG_ASSIGN_OR_RETURN(
        std::unique_ptr<loader::GrpcTransport> transport,
        loader::GrpcTransport::Create(network.clock, network.tls13, std::move(options)));
    return std::unique_ptr<Connection>(
        new Connection(network, lateness, opened, std::move(listener), std::move(transport)));
  }

  ~Connection() { listener_->Detach(); }

  loader::Transport& transport() { return *transport_; }
  base::Clock& clock() { return network_.clock; }
  Tally& tally() { return network_.tally; }

  // Makes one call, which is of this phase of a run (none: of its enrollment). The first call makes
  // the connection, too. One that failed is an error of its status; how fast it failed says nothing
  // of a phase.
  template <typename Call>
  auto Timed(std::optional<Phase> phase, const Call& call) {
    const MonotonicTime began = network_.clock.MonotonicNow();
    network_.tally.Asks(began);
    auto answer = call();
    network_.tally.AsksNoMore();
    const MonotonicTime ended = network_.clock.MonotonicNow();
    const std::optional<MonotonicTime> connected = listener_->TakeConnected();
    if (connected.has_value()) {
      network_.tally.Took(Phase::kConnect, lateness_ + (*connected - opened_.value_or(began)));
    }
    if (answer.ok() && phase.has_value()) {
      network_.tally.Took(*phase, lateness_ + (ended - connected.value_or(began)));
    }
    opened_.reset();
    return answer;
  }

 private:
  Connection(const LiveNetwork& network, absl::Duration lateness, MonotonicTime opened,
             std::shared_ptr<Listener> listener, std::unique_ptr<loader::GrpcTransport> transport)
      : network_(network),
        lateness_(lateness),
        opened_(opened),
        listener_(std::move(listener)),
        transport_(std::move(transport)) {}

  const LiveNetwork& network_;
  const absl::Duration lateness_;
  std::optional<MonotonicTime> opened_;  // until its first call has ended
  const std::shared_ptr<Listener> listener_;
  const std::unique_ptr<loader::GrpcTransport> transport_;
};

// Counts what goes by.
class CountingSink : public loader::FetchSink {
 public:
  CountingSink(loader::FetchSink& sink, base::Clock& clock, Tally& tally)
      : sink_(sink), clock_(clock), tally_(tally) {}

  absl::Status Begin(uint64_t offset) override { return sink_.Begin(offset); }
  absl::Status Write(absl::string_view bytes) override {
    tally_.Fetched(bytes.size(), clock_.MonotonicNow());
    return sink_.Write(bytes);
  }

 private:
  loader::FetchSink& sink_;
  base::Clock& clock_;
  Tally& tally_;
};

class MeasuredClient : public loader::CoordinatorClient {
 public:
  MeasuredClient(std::unique_ptr<Connection> connection, Witness& witness, size_t host)
      : connection_(std::move(connection)),
        witness_(witness),
        host_(host),
        client_(connection_->clock(), connection_->transport()) {}

  absl::StatusOr<v1::CheckInAnswer> CheckIn(const v1::CheckInRequest& request) override {
    auto answer = connection_->Timed(Phase::kCheckIn, [&] { return client_.CheckIn(request); });
    if (answer.ok()) connection_->tally().CheckedIn();
    return answer;
  }
  absl::Status Fetch(const loader::FetchWant& want, loader::FetchSink& sink) override {
    CountingSink counting(sink, connection_->clock(), connection_->tally());
    return connection_->Timed(Phase::kFetch, [&] { return client_.Fetch(want, counting); });
  }
  absl::StatusOr<v1::ReportAnswer> Report(const v1::ReportRequest& request) override {
    witness_.Reports(host_, request);
    return connection_->Timed(Phase::kReport, [&] { return client_.Report(request); });
  }
  absl::StatusOr<v1::RenewCertificateAnswer> Renew(
      const v1::RenewCertificateRequest& request) override {
    return connection_->Timed(std::nullopt, [&] { return client_.Renew(request); });
  }

 private:
  const std::unique_ptr<Connection> connection_;
  Witness& witness_;
  const size_t host_;
  loader::TypedCoordinatorClient client_;
};

class MeasuredEnrollment : public loader::EnrollmentClient {
 public:
  explicit MeasuredEnrollment(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)),
        client_(connection_->clock(), connection_->transport()) {}

  absl::StatusOr<v1::EnrollAnswer> Enroll(const v1::EnrollRequest& request) override {
    return connection_->Timed(std::nullopt, [&] { return client_.Enroll(request); });
  }
  absl::StatusOr<v1::EnrollAnswer> Poll(const v1::PollEnrollmentRequest& request) override {
    return connection_->Timed(std::nullopt, [&] { return client_.Poll(request); });
  }
  absl::StatusOr<v1::RenewByPossessionAnswer> RenewExpired(
      const v1::RenewByPossessionRequest& request) override {
    return connection_->Timed(std::nullopt, [&] { return client_.RenewExpired(request); });
  }
  absl::StatusOr<v1::WalkRootsAnswer> WalkRoots(const v1::WalkRootsRequest& request) override {
    return connection_->Timed(std::nullopt, [&] { return client_.WalkRoots(request); });
  }

 private:
  const std::unique_ptr<Connection> connection_;
  loader::TypedEnrollmentClient client_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<loader::CoordinatorClient>> LiveConnector::ToCoordinator(
    const loader::ServerAddress& server, const loader::IdentityPem& identity) {
  MIG_ASSIGN_OR_RETURN(
      std::unique_ptr<Connection> connection,
      Connection::Open(network_, lateness_,
                       {.endpoint = server.endpoint,
                        .server_cas_pem = server.server_cas_pem,
                        .identity = loader::GrpcTransportOptions::ClientIdentity{
                            .private_key_pem = identity.private_key,
                            .certificate_chain_pem = identity.certificate_chain}}));
  return std::make_unique<MeasuredClient>(std::move(connection), network_.witness, host_);
}

absl::StatusOr<std::unique_ptr<loader::EnrollmentClient>> LiveConnector::ToEnrollment(
    const loader::ServerAddress& server) {
  MIG_ASSIGN_OR_RETURN(
      std::unique_ptr<Connection> connection,
      Connection::Open(network_, lateness_,
                       {.endpoint = server.endpoint, .server_cas_pem = server.server_cas_pem}));
  return std::make_unique<MeasuredEnrollment>(std::move(connection));
}

}  // namespace mig::sim
