// Contents that take long to open hold up those who want them, and nobody else. Over real
// listeners, since it is about their threads.

#include <gmock/gmock.h>
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
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/testing/manual_clock.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "coordinator/handlers/testing/test_host.h"
#include "coordinator/transport/testing/served_coordinator.h"
#include "coordinator/transport/tls13.h"
#include "proto/mig/v1/enrollment_service.grpc.pb.h"
#include "proto/mig/v1/loader_service.grpc.pb.h"
#include "trust/assignment.h"
#include "trust/verified.h"

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
    served_.emplace(first_, contents_, clock_);
    loaders_ = served_->ConnectLoader(*host_);
    enrollment_ = served_->ConnectEnrollment();
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

  base::testing::ManualClock clock_{trust::testing::TestEpoch() + absl::Hours(4)};
  InProcessCoordinator first_{clock_};
  BlockedContents contents_;
  std::unique_ptr<TestHost> host_;
  v1::Outcome outcome_;
  std::optional<ServedCoordinator> served_;
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
