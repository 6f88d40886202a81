// A host that stays connected is asked for at each call: what is remembered of its certificate says
// who it is, and never that it is welcome (ADVERSARY 158).

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/sha256.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "coordinator/handlers/testing/test_host.h"
#include "coordinator/transport/testing/served_coordinator.h"
#include "coordinator/transport/tls13.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::testing::HasSubstr;

class KeptConnectionTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { RequireTls13(); }

  KeptConnectionTest() {
    served_.emplace(first_, first_.blobs(), clock_);
    connection_ = served_->ConnectLoader(host_);
  }

  AdminHosts& hosts() { return served_->coordinator().hosts(); }

  // What a check-in is refused with; empty: it is not.
  std::string RefusalOf(TestHost& host, v1::LoaderService::Stub& connection) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::CheckInRequest& says = host.says();
    says.set_nonce(std::string(base::Sha256Of(absl::StrCat("nonce ", ++nonces_)).bytes()));
    v1::CheckInAnswer answer;
    const grpc::Status status = connection.CheckIn(&context, says, &answer);
    if (status.ok()) says.set_previous_answer(answer.answer_id());
    return status.error_message();
  }
  std::string Refusal() { return RefusalOf(host_, *connection_); }
  absl::Status Change(v1::DisableHostRequest::Change change) {
    v1::DisableHostRequest request;
    request.set_host(host_.id().ToHex());
    request.set_change(change);
    request.mutable_why()->set_reason("lent out");
    return ServedCoordinator::Wait<v1::Host>([&](Done<v1::Host> done) {
             hosts().DisableHost(first_.admin(), request, std::move(done));
           })
        .status();
  }
  absl::Status Revoke() {
    v1::RevokeHostsRequest request;
    request.add_hosts(host_.id().ToHex());
    request.mutable_why()->set_reason("stolen");
    return ServedCoordinator::Wait<v1::RevokeHostsAnswer>([&](Done<v1::RevokeHostsAnswer> done) {
             hosts().RevokeHosts(first_.admin(), request, std::move(done));
           })
        .status();
  }

  base::testing::ManualClock clock_{trust::testing::TestEpoch() + absl::Hours(4)};
  InProcessCoordinator first_{clock_};
  TestHost host_{first_, 1};
  TestHost other_host_{first_, 2};
  std::optional<ServedCoordinator> served_;
  std::unique_ptr<v1::LoaderService::Stub> connection_;
  int nonces_ = 0;
};

TEST_F(KeptConnectionTest, ARevokedHostIsRefusedAtItsNextCall) {
  ASSERT_EQ(Refusal(), "");
  ASSERT_EQ(Refusal(), "");

  ASSERT_THAT(Revoke(), IsOk());

  EXPECT_THAT(Refusal(), HasSubstr("was revoked"));
}

TEST_F(KeptConnectionTest, ADisabledHostIsRefusedUntilItIsEnabled) {
  ASSERT_EQ(Refusal(), "");

  ASSERT_THAT(Change(v1::DisableHostRequest::DISABLE), IsOk());
  EXPECT_THAT(Refusal(), HasSubstr("is disabled"));

  ASSERT_THAT(Change(v1::DisableHostRequest::ENABLE), IsOk());
  EXPECT_EQ(Refusal(), "");
}

TEST_F(KeptConnectionTest, OfTwoThatAreConnectedOnlyTheRevokedOneIsRefused) {
  const auto other = served_->ConnectLoader(other_host_);
  ASSERT_EQ(RefusalOf(other_host_, *other), "");
  ASSERT_EQ(Refusal(), "");

  ASSERT_THAT(Revoke(), IsOk());

  EXPECT_EQ(RefusalOf(other_host_, *other), "");
  EXPECT_THAT(Refusal(), HasSubstr("was revoked"));
}

}  // namespace
}  // namespace mig::coordinator::testing
