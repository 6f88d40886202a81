#include "bench/suites/service/domain.h"

#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/system_clock.h"
#include "coordinator/blobs/directory_blob_store.h"
#include "coordinator/handlers/coordinator.h"
#include "coordinator/handlers/testing/loader_calls.h"
#include "proto/mig/v1/enrollment_service.pb.h"
#include "trust/assignment.h"
#include "trust/envelope.h"
#include "trust/token/token.h"
#include "trust/x509/authority.h"
#include "trust/x509/certificate.h"
#include "trust/x509/certificate_request.h"
#include "trust/x509/private_key.h"

namespace mig::bench {
namespace {

using trust::x509::Authority;
using trust::x509::Certificate;
using trust::x509::PrivateKey;

constexpr absl::Duration kLife = absl::Hours(24 * 30);
constexpr absl::Duration kTick = absl::Seconds(1);
constexpr absl::string_view kAddress = "127.0.0.1";
// Smaller components besides the large one.
constexpr size_t kSmallComponents = 11;

std::string Bytes(const base::Digest& digest) { return std::string(digest.bytes()); }

template <typename T>
T Must(absl::StatusOr<T> result) {
  MIG_CHECK_OK(result);
  return *std::move(result);
}

Authority NewAuthority(absl::string_view name, absl::Time now, base::Random& random) {
  return Must(Authority::Create(name, now - absl::Hours(1), now + 2 * kLife, random));
}

v1::Environment SomeEnvironment(absl::string_view hostname) {
  v1::Environment environment;
  environment.set_hostname(std::string(hostname));
  environment.set_os("linux");
  environment.set_distribution("debian");
  environment.set_distribution_version("12");
  environment.set_kernel("6.1.0-18-amd64");
  environment.set_arch("x86_64");
  environment.set_init("systemd");
  environment.add_addresses("10.1.2.3");
  v1::Tag& site = *environment.add_tags();
  site.set_name("site");
  site.set_value("ber");
  environment.set_loader_version("1.0");
  return environment;
}

}  // namespace

// The three CAs, and the coordinator's own certificate.
struct Domain::Authorities {
  Authorities(absl::Time now, base::Random& random)
      : servers(NewAuthority("servers", now, random)),
        loaders(NewAuthority("loaders", now, random)),
        operators(NewAuthority("operators", now, random)),
        server_key(PrivateKey::Generate(random)),
        server_certificate(Must(
            servers.Issue(server_key.spki(),
                          {.id = Must(trust::x509::SpiffeId::Coordinator(kTrustDomain, "bench")),
                           .not_before = now - absl::Hours(1),
                           .not_after = now + kLife,
                           .ip_addresses = {std::string(kAddress)}},
                          random))) {}

  // TestAuthority's root, of today and with these.
  v1::Root RootOf(const trust::testing::TestAuthority& authority, absl::Time now) const {
    v1::Root root = authority.Root();
    root.set_issued_ms(absl::ToUnixMillis(now - absl::Hours(1)));
    root.set_expires_ms(absl::ToUnixMillis(now + kLife));
    root.clear_server_ca_certificates();
    root.add_server_ca_certificates(servers.certificate().der());
    root.clear_loader_ca_spki_digests();
    root.add_loader_ca_spki_digests(Bytes(loaders.certificate().spki_digest()));
    root.clear_operator_ca_spki_digests();
    root.add_operator_ca_spki_digests(Bytes(operators.certificate().spki_digest()));
    return root;
  }

  Authority servers;
  Authority loaders;
  Authority operators;
  PrivateKey server_key;
  Certificate server_certificate;
};

// Writes what the coordinator has in memory about once a second, as the program does.
class Domain::Ticker {
 public:
  Ticker(base::Clock& clock, coordinator::Coordinator& coordinator)
      : stop_(clock.NewEvent()), thread_([this, &clock, &coordinator] {
          while (stop_->WaitUntil(clock.MonotonicNow() + kTick) == base::Event::Result::kDeadline) {
            coordinator.Tick();
          }
        }) {}
  ~Ticker() {
    stop_->Notify();
    thread_.join();
  }

 private:
  const std::unique_ptr<base::Event> stop_;
  std::thread thread_;
};

Domain::Domain(const DomainOptions& options)
    : clock_(Must(base::SystemClock::Open())),
      authorities_(std::make_unique<Authorities>(clock_->WallNow(), random_)),
      root_(authority_.VerifiedFirst(authorities_->RootOf(authority_, clock_->WallNow()))),
      content_bytes_(options.content_bytes) {
  server_ = {.chain = authorities_->server_certificate.ToPem(),
             .key = authorities_->server_key.ToPem(),
             .client_ca = authorities_->loaders.certificate().ToPem()};
  StartCoordinator();
  PublishRelease();
  spare_token_ = trust::PrintToken(Must(operators_->NewToken(1)));
  with_release_ = Enroll(options.hosts_with_the_release);
  for (KeptHost& host : with_release_) {
    SaysThatItHasTheRelease(host.request);
    const std::string der = Must(Certificate::ParsePem(host.pems.chain)).der();
    const v1::CheckInAnswer answer = CheckInWholly(der, host.request);
    MIG_CHECK(answer.assignment().empty()) << "a host was assigned what it has";
  }
  without_release_ = Enroll(options.hosts_without_it);
  for (KeptHost& host : without_release_) {
    const std::string der = Must(Certificate::ParsePem(host.pems.chain)).der();
    const v1::CheckInAnswer answer = CheckInWholly(der, host.request);
    MIG_CHECK(!answer.assignment().empty()) << "a host was not assigned the release";
  }
  Serve();
}

Domain::~Domain() {
  ticker_ = nullptr;
  listeners_ = nullptr;
  (*coordinator_)->Flush();
  writer_ = nullptr;
}

void Domain::StartCoordinator() {
  const std::string blobs = absl::StrCat(scratch_.path(), "/blobs");
  MIG_CHECK_OK(base::MakeDirs(disk_, blobs, 0700));
  blobs_ = Must(coordinator::OpenDirectoryBlobStore(disk_, blobs, {}));
  store_ = Must(
      coordinator::SqliteStore::OpenFile(absl::StrCat(scratch_.path(), "/store.db"), {}, random_));
  const coordinator::Rate unlimited = {.burst = 1'000'000, .interval = absl::Nanoseconds(1)};
  coordinator_ = std::make_unique<coordinator::testing::DrivenCoordinator>(*store_);
  coordinator_->Begin(Must(coordinator::Coordinator::Start(
      {.store = *store_,
       .blobs = *blobs_,
       .clock = *clock_,
       .random = random_,
       .online_key = authority_.keys(trust::RoleKind::kOnline).front().key,
       .loaders_ca = authorities_->loaders,
       .operators_ca = authorities_->operators},
      {.roots = {root_.envelope()},
       .host_limits = {.check_in = unlimited, .fetch = unlimited},
       .self = {.version = "bench"}})));
  operators_.emplace(
      Must(coordinator::testing::Operators::Begin(*coordinator_, authority_, random_)));
}

void Domain::PublishRelease() {
  std::string large(content_bytes_, '\0');
  random_.Fill(std::span<char>(large.data(), large.size()));
  content_ = Must(operators_->PutContent(large));
  std::map<std::string, std::string> components = {{"agent", large}};
  for (size_t i = 0; i < kSmallComponents; ++i) {
    const std::string name = absl::StrCat("part-", i);
    components[name] = absl::StrCat("contents of ", name);
    MIG_CHECK_OK(operators_->PutContent(components[name]));
  }
  const v1::Manifest manifest = authority_.Manifest("agent", 118, components);
  MIG_CHECK_OK(operators_->Publish(manifest));
  release_ = authority_.Verified(manifest);

  const absl::Time issued = clock_->WallNow() - absl::Hours(1);
  v1::Plan plan = authority_.Plan(1, "agent", release_->digest());
  plan.set_issued_ms(absl::ToUnixMillis(issued));
  plan.set_first_issued_ms(absl::ToUnixMillis(issued));
  plan.mutable_waves(0)->set_not_before_ms(absl::ToUnixMillis(issued));
  plan.set_expires_ms(absl::ToUnixMillis(issued + absl::Hours(24 * 14)));
  plan.set_baseline_until_ms(absl::ToUnixMillis(issued + absl::Hours(24 * 21)));
  MIG_CHECK_OK(operators_->StartPlan(plan));
}

std::vector<KeptHost> Domain::Enroll(size_t count) {
  std::vector<KeptHost> hosts;
  const trust::Token token = Must(operators_->NewToken(static_cast<uint32_t>(count)));
  for (size_t i = 0; i < count; ++i) {
    const PrivateKey key = PrivateKey::Generate(random_);
    const std::string name = absl::StrCat("host-", i);
    const base::Digest machine = trust::MachineDigest(absl::StrCat(name, key.spki()));
    v1::EnrollRequest request;
    request.set_token_secret(std::string(token.secret.bytes()));
    request.set_csr(Must(trust::x509::CertificateRequest::Make(key, name)));
    *request.mutable_environment() = SomeEnvironment(name);
    request.set_machine(Bytes(machine));
    request.set_root_version(root_->version());
    request.set_root_digest(Bytes(root_.digest()));
    const auto answer =
        Must(coordinator_->Wait<v1::EnrollAnswer>([&](coordinator::Done<v1::EnrollAnswer> done) {
          (*coordinator_)
              ->enrollment()
              .Enroll(coordinator::testing::PeerWith("", kAddress), request, std::move(done));
        }));
    const Certificate certificate =
        Must(Certificate::ParseDer(answer.issued().certificate_chain(0)));
    KeptHost& host = hosts.emplace_back();
    host.pems = {.chain = certificate.ToPem(),
                 .key = key.ToPem(),
                 .server_ca = authorities_->servers.certificate().ToPem()};
    host.request.set_nonce(Bytes(machine));
    *host.request.mutable_environment() = SomeEnvironment(name);
    host.request.mutable_local_manifest();
    v1::ProductState& agent = *host.request.add_products();
    agent.set_product("agent");
    agent.set_health(v1::ProductState::NOT_ASKED);
    host.request.set_root_version(root_->version());
    host.request.set_machine(Bytes(machine));
  }
  return hosts;
}

void Domain::SaysThatItHasTheRelease(v1::CheckInRequest& request) const {
  v1::ProductState& agent = *request.mutable_products(0);
  agent.set_health(v1::ProductState::HEALTHY);
  agent.mutable_installed()->set_manifest_digest(Bytes(release_->digest()));
  agent.mutable_seen()->set_epoch((*release_)->numbers().epoch);
  agent.mutable_seen()->set_sequence((*release_)->numbers().sequence);
  agent.mutable_seen()->set_digest(Bytes(release_->digest()));
  for (const trust::Component& component : (*release_)->variants().front().components) {
    v1::LocalComponent& there = *request.mutable_local_manifest()->add_components();
    there.set_product("agent");
    there.set_name(component.name);
    there.set_state(v1::LocalComponent::PRESENT);
    there.set_size_bytes(component.size_bytes);
    there.set_sha256(Bytes(component.digest));
    there.set_mode(0644);
    there.set_owner("root:root");
  }
}

v1::CheckInAnswer Domain::CheckInWholly(const std::string& certificate_der,
                                        v1::CheckInRequest& request) {
  const coordinator::Peer peer = coordinator::testing::PeerWith(certificate_der, kAddress);
  for (;;) {
    const auto answer =
        Must(coordinator_->Wait<v1::CheckInAnswer>([&](coordinator::Done<v1::CheckInAnswer> done) {
          (*coordinator_)->loaders().CheckIn(peer, request, std::move(done));
        }));
    request.set_previous_answer(answer.answer_id());
    request.set_newest_head(answer.head());
    for (const std::string& bytes : answer.documents()) {
      const trust::Envelope envelope = Must(trust::Envelope::ParseAny(bytes));
      request.add_document_digests(Bytes(envelope.digest()));
      if (envelope.type() != trust::DocumentType::kPlan) continue;
      const trust::Plan plan = Must(trust::Plan::Parse(envelope.payload()));
      v1::StreamState& stream = *request.add_streams();
      stream.set_stream(plan.stream());
      stream.mutable_seen()->set_epoch(plan.numbers().epoch);
      stream.mutable_seen()->set_sequence(plan.numbers().sequence);
      stream.mutable_seen()->set_digest(Bytes(envelope.digest()));
    }
    std::ranges::sort(*request.mutable_document_digests());
    if (answer.documents().empty() && !answer.more()) return answer;
  }
}

std::vector<std::string> Domain::component_names() const {
  std::vector<std::string> names;
  for (const trust::Component& component : (*release_)->variants().front().components) {
    names.push_back(component.name);
  }
  return names;
}

std::string Domain::TicketOf(const v1::CheckInAnswer& answer) const {
  return Must(trust::Verify<trust::Assignment>(answer.assignment(), root_))->ticket();
}

void Domain::Serve() {
  coordinator_->Commit();
  writer_ = std::make_unique<coordinator::WriterThread>(*store_);
  const coordinator::Endpoint free_port = {.host = std::string(kAddress)};
  listeners_ = Must(coordinator::Listeners::Start(
      **coordinator_, {.metrics = metrics_, .clock = *clock_},
      {.loaders = free_port,
       .enrollment = free_port,
       .operators = free_port,
       .server_chain_pem = server_.chain,
       .server_key_pem = server_.key,
       .loaders_ca_pem = server_.client_ca,
       .operators_ca_pem = authorities_->operators.certificate().ToPem()}));
  ticker_ = std::make_unique<Ticker>(*clock_, **coordinator_);
}

}  // namespace mig::bench
