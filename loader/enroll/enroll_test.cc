#include "loader/enroll/enroll.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/sha256.h"
#include "base/testing/status_matchers.h"
#include "loader/run/testing/run_test_base.h"
#include "trust/refusal.h"

namespace mig::loader {
namespace {

using ::mig::base::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using v1::Refusal;

class EnrollTest : public testing::RunTest {
 protected:
  absl::StatusOr<Enrollment> EnrollWith(const trust::Token& token) {
    return Enroll(host_.host(), {.token = token});
  }
  std::optional<Refusal::Code> CodeOf(const absl::StatusOr<Enrollment>& enrollment) {
    return trust::RefusalOf(enrollment.status());
  }
};

// R1.
TEST_F(EnrollTest, TheHostsIdIsTheDigestOfAKeyThatWasMadeHere) {
  const absl::StatusOr<Enrollment> enrollment = EnrollWith(coordinator_.NewToken());

  ASSERT_THAT(enrollment, IsOk());
  EXPECT_EQ(enrollment->state, Enrollment::State::kEnrolled);
  ASSERT_THAT(coordinator_.hosts, SizeIs(1));
  EXPECT_EQ(coordinator_.hosts[0], enrollment->host_id);
  EXPECT_EQ(host_.Trusted().host_id, enrollment->host_id);
  EXPECT_THAT(coordinator_.connected, ::testing::Contains("mig.corp.example:8444"));
  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);
}

TEST_F(EnrollTest, AgainIsNotAskedAgain) {
  const absl::StatusOr<Enrollment> first = EnrollWith(coordinator_.NewToken());
  ASSERT_THAT(first, IsOk());
  coordinator_.away = true;

  const absl::StatusOr<Enrollment> second = EnrollWith(coordinator_.NewToken());

  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->state, Enrollment::State::kAlready);
  EXPECT_EQ(second->host_id, first->host_id);
}

TEST_F(EnrollTest, ALostAnswerCostsNoNewKey) {
  coordinator_.away = true;
  EXPECT_EQ(EnrollWith(coordinator_.NewToken()).status().code(), absl::StatusCode::kUnavailable);
  const std::optional<std::string> key = host_.Get("/var/lib/mig-loader/identity/next.key");
  ASSERT_TRUE(key.has_value());
  coordinator_.away = false;

  ASSERT_THAT(EnrollWith(coordinator_.NewToken()), IsOk());

  EXPECT_THAT(*host_.Get("/var/lib/mig-loader/identity/host.pem"), HasSubstr(*key));
}

TEST_F(EnrollTest, TheTokenIsKeptNowhere) {
  const trust::Token token = coordinator_.NewToken();
  ASSERT_THAT(EnrollWith(token), IsOk());

  const base::DiskImage image = host_.disk().SeenImage();
  for (const auto& [number, node] : image.nodes) {
    if (node.kind != base::FileKind::kFile) continue;
    std::string bytes(node.contents.size_bytes(), '\0');
    node.contents.Read(0, bytes);
    EXPECT_THAT(bytes, Not(HasSubstr(std::string(token.secret.bytes()))));
    EXPECT_THAT(bytes, Not(HasSubstr(trust::PrintToken(token))));
  }
}

TEST_F(EnrollTest, ATokenThatIsNotTakenIsSaid) {
  trust::Token token = coordinator_.NewToken();
  token.secret = trust::TokenSecret();
  EXPECT_EQ(CodeOf(EnrollWith(token)), Refusal::TOKEN);
  EXPECT_EQ(host_.Run().exit_code, ExitCode::kNotEnrolled);
}

// Promise 1.
TEST_F(EnrollTest, FailsUnlessTheRootsLeadToTheTokens) {
  trust::Token newer = coordinator_.NewToken();
  newer.root_version = 2;
  EXPECT_EQ(CodeOf(EnrollWith(newer)), Refusal::ROOT_VERSION);

  trust::Token other = coordinator_.NewToken();
  other.root_digest = base::Sha256Of("another root");
  EXPECT_EQ(CodeOf(EnrollWith(other)), Refusal::ROOT_VERSION);

  trust::Token none = coordinator_.NewToken();
  none.root_version = 0;
  EXPECT_EQ(CodeOf(EnrollWith(none)), Refusal::ROOT_VERSION);
  EXPECT_THAT(coordinator_.hosts, IsEmpty());
}

TEST_F(EnrollTest, WalksTheRootsFromThePackagedOne) {
  coordinator_.PublishRoot([](v1::Root&) {});
  const trust::Token middle = coordinator_.NewToken();
  coordinator_.PublishRoot([](v1::Root&) {});

  ASSERT_THAT(EnrollWith(middle), IsOk());

  EXPECT_EQ(host_.Trusted().root_version, 3u);
}

TEST_F(EnrollTest, AnOperatorApprovesAndALaterRunGoesOn) {
  coordinator_.approves = false;
  const absl::StatusOr<Enrollment> waiting = EnrollWith(coordinator_.NewToken());
  ASSERT_THAT(waiting, IsOk());
  EXPECT_EQ(waiting->state, Enrollment::State::kPending);
  EXPECT_THAT(waiting->waits, HasSubstr("e-88"));

  const RunResult still = host_.Run();
  EXPECT_EQ(still.exit_code, ExitCode::kLater);
  EXPECT_EQ(still.refusal.code(), Refusal::PENDING);

  coordinator_.approves = true;
  coordinator_.Roll(1, Release("1.1"));
  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);
  EXPECT_EQ(host_.Managed(), FilesOf("1.1"));
  EXPECT_EQ(host_.Trusted().host_id, waiting->host_id);
}

TEST_F(EnrollTest, AWrongPackagedRootChangesNothing) {
  host_.Put("/etc/mig-loader/root", "no root");
  const absl::StatusOr<Enrollment> enrollment = EnrollWith(coordinator_.NewToken());
  EXPECT_EQ(CodeOf(enrollment), Refusal::CONFIGURATION);
  EXPECT_THAT(std::string(enrollment.status().message()), HasSubstr("/etc/mig-loader/root"));
  EXPECT_EQ(host_.CountIn(""), 0u);
}

TEST_F(EnrollTest, APinThatNoServerCaHasIsRefusedBeforeAnythingIsSent) {
  const absl::StatusOr<Enrollment> wrong =
      Enroll(host_.host(),
             {.token = coordinator_.NewToken(), .ca_pin = base::Sha256Of("somebody else's")});
  EXPECT_EQ(CodeOf(wrong), Refusal::SERVER_CERTIFICATE);
  EXPECT_THAT(coordinator_.connected, IsEmpty());

  EXPECT_THAT(Enroll(host_.host(), {.token = coordinator_.NewToken(),
                                    .ca_pin = base::Sha256Of("not a certificate")}),
              IsOk());
}

}  // namespace
}  // namespace mig::loader
