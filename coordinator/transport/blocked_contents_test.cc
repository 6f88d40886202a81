// Contents that take long to open hold up those who want them, and nobody else. Over real
// listeners, since it is about their threads.

#include <gmock/gmock.h>
#include <grpc/support/time.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/system_clock.h"
#include "base/system_random.h"
#include "base/testing/manual_clock.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "coordinator/handlers/testing/test_host.h"
#include "coordinator/store/writer_thread.h"
#include "coordinator/transport/listeners.h"
#include "coordinator/transport/tls13.h"
#include "proto/mig/v1/enrollment_service.grpc.pb.h"
#include "proto/mig/v1/loader_service.grpc.pb.h"
#include "trust/assignment.h"
#include "trust/verified.h"
#include "trust/x509/authority.h"

namespace mig::coordinator::testing {
namespace {

constexpr absl::string_view kProgram = "the program";
// More than any pool has threads, and than gRPC has.
constexpr int kFetches = 64;

// One content, which nobody gets to open before a test says so.
class BlockedContents : public BlobStore {
 public:
  void LetThrough() { through_.Notify(); }
  // Returns when somebody waits in Open.
  void AwaitSomebody() { somebody_.WaitForNotification(); }

  absl::StatusOr<std::unique_ptr<Blob>> Open(const base::Digest&) override {
    if (!waited_.exchange(true)) somebody_.Notify();
    through_.WaitForNotification();
    return std::make_unique<OneBlob>();
  }
  absl::StatusOr<uint64_t> Size(const base::Digest&) override { return kProgram.size(); }
  absl::StatusOr<std::unique_ptr<BlobUpload>> Begin(const base::Digest&, uint64_t) override {
    return absl::UnimplementedError("");
  }
  absl::Status Remove(const base::Digest&) override { return absl::UnimplementedError(""); }
  absl::StatusOr<std::vector<BlobInfo>> List(const std::optional<base::Digest>&, size_t) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<ScrubPage> Scrub(const std::optional<base::Digest>&, size_t) override {
    return absl::UnimplementedError("");
  }
  BlobStats stats() const override { return {}; }

 private:
  class OneBlob : public Blob {
   public:
    uint64_t size_bytes() const override { return kProgram.size(); }
    absl::StatusOr<size_t> ReadAt(uint64_t offset, std::span<char> into) override {
      const absl::string_view rest = kProgram.substr(offset, into.size());
      std::ranges::copy(rest, into.begin());
      return rest.size();
    }
  };

  absl::Notification through_;
  absl::Notification somebody_;
  std::atomic<bool> waited_{false};
};

class BlockedContentsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { RequireTls13(); }

  BlockedContentsTest() {
    const auto release = first_.Publish("agent", 1, {{"agent", std::string(kProgram)}});
    first_.StartPlan(first_.authority().Plan(1, "agent", release.digest()));
    host_ = std::make_unique<TestHost>(first_, 1);
    outcome_ = host_->OutcomeOf(host_->Assigned(), 'a');
    Serve();
    Connect();
  }
  ~BlockedContentsTest() override {
    listeners_ = nullptr;
    writer_ = nullptr;
    while (first_.store().CommitNow() > 0) {
    }
  }

  trust::x509::Authority NewCa(absl::string_view name) {
    auto ca = trust::x509::Authority::Create(name, begin_, end_ + absl::Hours(1), random_);
    MIG_CHECK_OK(ca);
    return *std::move(ca);
  }
  std::string LeafPem(const trust::x509::Authority& ca, absl::string_view spki,
                      trust::x509::CertificateTemplate wanted) {
    wanted.not_before = begin_;
    wanted.not_after = end_;
    const auto leaf = ca.Issue(spki, wanted, random_);
    MIG_CHECK_OK(leaf);
    return leaf->ToPem();
  }

  // Another coordinator over the same store, with contents that block.
  void Serve() {
    const std::vector<std::string> roots = {first_.root_envelope()};
    auto coordinator = Coordinator::Start(
        {.store = first_.store(),
         .blobs = contents_,
         .clock = clock_,
         .random = random_,
         .online_key = first_.authority().keys(trust::RoleKind::kOnline).front().key,
         .loaders_ca = loaders_ca_,
         .operators_ca = operators_ca_},
        {.roots = roots});
    MIG_CHECK_OK(coordinator);
    coordinator_ = *std::move(coordinator);
    writer_ = std::make_unique<WriterThread>(first_.store());
    const auto key = trust::x509::PrivateKey::Generate(random_);
    ListenersOptions options{.loaders = {.host = "127.0.0.1"},
                             .enrollment = {.host = "127.0.0.1"},
                             .operators = {.host = "127.0.0.1"}};
    options.server_chain_pem =
        LeafPem(server_ca_, key.spki(),
                {.id = *trust::x509::SpiffeId::Coordinator("corp.example", "co"),
                 .ip_addresses = {"127.0.0.1"}});
    options.server_key_pem = key.ToPem();
    options.loaders_ca_pem = loaders_ca_.certificate().ToPem();
    options.operators_ca_pem = operators_ca_.certificate().ToPem();
    auto listeners =
        Listeners::Start(*coordinator_, {.metrics = metrics_, .clock = clock_}, options);
    MIG_CHECK_OK(listeners);
    listeners_ = *std::move(listeners);
  }

  void Connect() {
    const auto& identity = host_->identity();
    const grpc::SslCredentialsOptions mutual{
        .pem_root_certs = server_ca_.certificate().ToPem(),
        .pem_private_key = identity.key->ToPem(),
        .pem_cert_chain =
            LeafPem(loaders_ca_, identity.key->spki(),
                    {.id = *trust::x509::SpiffeId::Loader("corp.example", identity.id)})};
    const std::string at = absl::StrCat("127.0.0.1:", listeners_->loaders_port());
    loaders_ = v1::LoaderService::NewStub(grpc::CreateChannel(at, grpc::SslCredentials(mutual)));
    const grpc::SslCredentialsOptions one_sided{.pem_root_certs = server_ca_.certificate().ToPem(),
                                                .pem_private_key = "",
                                                .pem_cert_chain = ""};
    const std::string other = absl::StrCat("127.0.0.1:", listeners_->enrollment_port());
    enrollment_ =
        v1::EnrollmentService::NewStub(grpc::CreateChannel(other, grpc::SslCredentials(one_sided)));
  }

  // So that a coordinator that holds up a call fails the test, and does not hang it.
  static void SetDeadline(grpc::ClientContext& context) {
    context.set_deadline(
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(60, GPR_TIMESPAN)));
  }
  std::string Ticket() {
    v1::CheckInAnswer answer;
    EXPECT_TRUE(CheckIn(answer).ok());
    const auto assignment =
        trust::Verify<trust::Assignment>(answer.assignment(), first_.verified_root());
    MIG_CHECK_OK(assignment);
    return std::string((*assignment)->ticket());
  }
  grpc::Status CheckIn(v1::CheckInAnswer& answer) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::CheckInRequest& says = host_->says();
    says.set_nonce(std::string(base::Sha256Of(absl::StrCat("nonce ", ++nonces_)).bytes()));
    grpc::Status status = loaders_->CheckIn(&context, says, &answer);
    says.set_previous_answer(answer.answer_id());
    return status;
  }
  std::string Fetch(const std::string& ticket) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::FetchRequest request;
    request.set_ticket(ticket);
    request.set_digest(std::string(base::Sha256Of(kProgram).bytes()));
    const auto reader = loaders_->Fetch(&context, request);
    std::string content;
    for (v1::FetchAnswer part; reader->Read(&part);) content += part.chunk();
    const grpc::Status status = reader->Finish();
    return status.ok() ? content : status.error_message();
  }

  // TLS knows the real time only.
  const absl::Time begin_ = (*base::SystemClock::Open())->WallNow() - absl::Hours(1);
  const absl::Time end_ = begin_ + absl::Hours(2);
  base::testing::ManualClock clock_{trust::testing::TestEpoch() + absl::Hours(4)};
  base::SystemRandom random_;
  InProcessCoordinator first_{clock_};
  trust::x509::Authority server_ca_ = NewCa("servers");
  trust::x509::Authority loaders_ca_ = NewCa("loaders");
  trust::x509::Authority operators_ca_ = NewCa("operators");
  BlockedContents contents_;
  Metrics metrics_;
  std::unique_ptr<TestHost> host_;
  v1::Outcome outcome_;
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<WriterThread> writer_;
  std::unique_ptr<Listeners> listeners_;
  std::unique_ptr<v1::LoaderService::Stub> loaders_;
  std::unique_ptr<v1::EnrollmentService::Stub> enrollment_;
  int nonces_ = 0;
};

TEST_F(BlockedContentsTest, OtherCallsGoOnWhileContentsAreOpened) {
  const std::string ticket = Ticket();
  std::array<std::string, kFetches> contents;
  std::vector<std::thread> fetches;
  for (std::string& content : contents) {
    fetches.emplace_back([this, &ticket, &content] { content = Fetch(ticket); });
  }
  contents_.AwaitSomebody();

  for (int i = 0; i < 10; ++i) {
    v1::CheckInAnswer answer;
    const grpc::Status status = CheckIn(answer);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  v1::ReportRequest report;
  *report.add_outcomes() = outcome_;
  v1::ReportAnswer acknowledged;
  grpc::ClientContext reporting;
  SetDeadline(reporting);
  EXPECT_TRUE(loaders_->Report(&reporting, report, &acknowledged).ok());
  EXPECT_EQ(acknowledged.acknowledged_attempts_size(), 1);
  v1::WalkRootsRequest walk;
  walk.set_root_version(1);
  v1::WalkRootsAnswer roots;
  grpc::ClientContext walking;
  SetDeadline(walking);
  EXPECT_TRUE(enrollment_->WalkRoots(&walking, walk, &roots).ok());

  contents_.LetThrough();
  for (std::thread& fetch : fetches) fetch.join();
  EXPECT_THAT(contents, ::testing::Each(kProgram));
}

}  // namespace
}  // namespace mig::coordinator::testing
