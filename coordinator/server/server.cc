#include "coordinator/server/server.h"

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/path.h"
#include "base/status_macros.h"
#include "coordinator/blobs/directory_blob_store.h"
#include "coordinator/handlers/coordinator.h"
#include "coordinator/http/http_server.h"
#include "coordinator/metrics/metrics.h"
#include "coordinator/store/sqlite_store.h"
#include "coordinator/store/store_owner.h"
#include "coordinator/store/writer_thread.h"
#include "coordinator/transport/listeners.h"

namespace mig::coordinator {
namespace {

constexpr absl::Duration kTickInterval = absl::Seconds(1);
constexpr absl::Duration kGrace = absl::Seconds(3);
constexpr absl::Duration kInviteTimeout = absl::Seconds(30);
constexpr uint32_t kBlobDirectoryMode = 0700;

// Calls Coordinator::Tick about once a second until it is destroyed.
class Ticker {
 public:
  Ticker(base::Clock& clock, Coordinator& coordinator)
      : stop_(clock.NewEvent()), thread_([this, &clock, &coordinator] {
          while (stop_->WaitUntil(clock.MonotonicNow() + kTickInterval) ==
                 base::Event::Result::kDeadline) {
            coordinator.Tick();
          }
        }) {}
  ~Ticker() {
    stop_->Notify();
    thread_.join();
  }

 private:
  std::unique_ptr<base::Event> stop_;
  std::thread thread_;
};

absl::Status RecordInvite(const Machine& machine, Coordinator& coordinator,
                          const FirstInvite& invite) {
  // Shared with the callback, which may come after a time-out.
  struct Outcome {
    std::unique_ptr<base::Event> known;
    absl::Status status;
  };
  const auto outcome = std::make_shared<Outcome>(Outcome{.known = machine.clock.NewEvent()});
  coordinator.RecordFirstInvite(invite.secret_hash, invite.operator_name, invite.roles,
                                [outcome](const absl::StatusOr<bool>& recorded) {
                                  outcome->status = recorded.status();
                                  outcome->known->Notify();
                                });
  if (outcome->known->WaitUntil(machine.clock.MonotonicNow() + kInviteTimeout) ==
      base::Event::Result::kDeadline) {
    return absl::UnavailableError("the store did not take the first invitation in 30 s");
  }
  return outcome->status;
}

StoreClaim ClaimOf(const Config& config, const Material& material) {
  return {.self = {.trust_domain = config.trust_domain,
                   .name = config.name,
                   .online_key = material.online_key.public_key().id()},
          .keys_of_the_roots = material.online_keys_of_the_roots};
}

Endpoint At(const ListenAddress& address) { return {.host = address.host, .port = address.port}; }

}  // namespace

class Server::Impl {
 public:
  Impl(const Machine& machine, const Config& config, Material material)
      : machine_(machine), config_(config), material_(std::move(material)) {}

  ~Impl() { Stop(); }

  absl::Status Start(const std::string& version) {
    MIG_ASSIGN_OR_RETURN(
        store_, SqliteStore::OpenFile(config_.store, {.claim = ClaimOf(config_, material_)},
                                      machine_.random));
    MIG_RETURN_IF_ERROR(base::MakeDirs(machine_.disk, config_.blobs, kBlobDirectoryMode).status());
    MIG_ASSIGN_OR_RETURN(blobs_, OpenDirectoryBlobStore(machine_.disk, config_.blobs, {}));
    const CoordinatorParts parts{.store = *store_,
                                 .blobs = *blobs_,
                                 .clock = machine_.clock,
                                 .random = machine_.random,
                                 .online_key = material_.online_key,
                                 .loaders_ca = material_.loaders_ca,
                                 .operators_ca = material_.operators_ca};
    MIG_ASSIGN_OR_RETURN(
        coordinator_,
        Coordinator::Start(
            parts, {.roots = material_.roots,
                    .enrollment = {.limits = config_.enrollment_limits},
                    .host_limits = config_.limits,
                    .self = {.version = version,
                             .server_certificate_expires = material_.server_certificate_expires}}));
    writer_ = std::make_unique<WriterThread>(*store_);
    if (material_.first_invite.has_value()) {
      MIG_RETURN_IF_ERROR(RecordInvite(machine_, *coordinator_, *material_.first_invite));
    }
    AddGauges();
    MIG_RETURN_IF_ERROR(Listen());
    ticker_ = std::make_unique<Ticker>(machine_.clock, *coordinator_);
    return absl::OkStatus();
  }

  // In the order in which one rests on the other; safe to call again.
  void Stop() {
    http_ = nullptr;
    ticker_ = nullptr;
    if (listeners_ != nullptr) listeners_->Shutdown(kGrace);
    listeners_ = nullptr;
    if (writer_ != nullptr) coordinator_->Flush();
    writer_ = nullptr;
    // What a last answer appended: its callbacks need the coordinator that is about to go.
    while (store_ != nullptr && store_->CommitNow() > 0) {
    }
    coordinator_ = nullptr;
    blobs_ = nullptr;
    store_ = nullptr;
  }

  std::string ListenText() const {
    const auto shown = [](ListenAddress address, uint16_t port) {
      address.port = port;
      return address.ToString();
    };
    return absl::StrCat(
        "loaders ", shown(config_.loaders_listen, listeners_->loaders_port()), "  enrollment ",
        shown(config_.enrollment_listen, listeners_->enrollment_port()), "  operators ",
        shown(config_.operators_listen, listeners_->operators_port()), "  metrics ",
        shown(config_.metrics_listen, http_->port()));
  }

 private:
  void AddGauges() {
    Fleet& fleet = coordinator_->fleet();
    LoaderHandlers& loaders = coordinator_->loaders();
    const auto count = [&](const char* name, const char* help, uint64_t LoaderCounts::*field) {
      metrics_.Add(
          {name, help, [&loaders, field] { return static_cast<double>(loaders.counts().*field); }});
    };
    count("mig_check_ins", "Check-ins since the start.", &LoaderCounts::check_ins);
    count("mig_refused_calls", "Calls of hosts that were refused.", &LoaderCounts::refused);
    count("mig_assignments", "Assignments signed since the start.", &LoaderCounts::assignments);
    count("mig_outcomes", "Outcomes recorded since the start.", &LoaderCounts::outcomes);
    count("mig_clones", "Hosts flagged as clones since the start.", &LoaderCounts::clones);
    metrics_.Add({"mig_hosts", "Hosts that are enrolled.",
                  [&fleet] { return static_cast<double>(fleet.hosts().size()); }});
    metrics_.Add({"mig_store_rows_waiting", "Rows that wait to become durable.",
                  [this] { return static_cast<double>(store_->RowsWaiting()); }});
    metrics_.Add({"mig_store_behind", "1 while a host has shown history that the store lacks.",
                  [&fleet] { return fleet.CheckNotBehind().ok() ? 0.0 : 1.0; }});
    metrics_.Add({"mig_blobs_damaged", "Contents found damaged and not served.",
                  [this] { return static_cast<double>(blobs_->stats().damaged); }});
    metrics_.Add({"mig_server_certificate_expires_seconds",
                  "When the server's certificate ends, in seconds of Unix time.", [this] {
                    return static_cast<double>(
                        absl::ToUnixSeconds(material_.server_certificate_expires));
                  }});
  }

  absl::Status Listen() {
    const Meters meters{.metrics = metrics_, .clock = machine_.clock};
    MIG_ASSIGN_OR_RETURN(
        listeners_,
        Listeners::Start(*coordinator_, meters,
                         {.loaders = At(config_.loaders_listen),
                          .enrollment = At(config_.enrollment_listen),
                          .operators = At(config_.operators_listen),
                          .server_chain_pem = material_.server_chain_pem,
                          .server_key_pem = material_.server_key_pem,
                          .loaders_ca_pem = material_.loaders_ca.certificate().ToPem(),
                          .operators_ca_pem = material_.operators_ca.certificate().ToPem()}));
    MIG_ASSIGN_OR_RETURN(http_,
                         HttpServer::Start(config_.metrics_listen.host, config_.metrics_listen.port,
                                           [this] { return metrics_.Page(); }));
    return absl::OkStatus();
  }

  const Machine machine_;
  const Config config_;
  const Material material_;
  Metrics metrics_;
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<BlobStore> blobs_;
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<WriterThread> writer_;
  std::unique_ptr<Listeners> listeners_;
  std::unique_ptr<Ticker> ticker_;
  std::unique_ptr<HttpServer> http_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
std::string Server::ListenText() const { return impl_->ListenText(); }
void Server::Stop() { impl_->Stop(); }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Machine& machine, const Config& config,
                                                      Material material,
                                                      const std::string& version) {
  auto impl = std::make_unique<Impl>(machine, config, std::move(material));
  MIG_RETURN_IF_ERROR(impl->Start(version));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

}  // namespace mig::coordinator
