// How hosts come in: exactly as many as a token lets in, and each once.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/testing/manual_clock.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "trust/refusal.h"
#include "trust/x509/certificate.h"
#include "trust/x509/private_key.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;
using ::testing::SizeIs;

class EnrollTest : public ::testing::Test {
 protected:
  EnrollTest() { clock_.Advance(absl::Hours(4)); }

  static trust::x509::PrivateKey KeyOf(uint64_t number) {
    base::testing::SeededRandom random(base::testing::Seed(1).For("key", number));
    return trust::x509::PrivateKey::Generate(random);
  }
  v1::EnrollRequest RequestOf(const trust::Token& token, uint64_t number) {
    return coordinator_.EnrollRequestOf(token, KeyOf(number), number);
  }
  absl::StatusOr<v1::EnrollAnswer> Enroll(const v1::EnrollRequest& request) {
    return coordinator_.Wait<v1::EnrollAnswer>([&](Done<v1::EnrollAnswer> done) {
      coordinator_.coordinator().enrollment().Enroll(coordinator_.PeerOf(""), request,
                                                     std::move(done));
    });
  }
  absl::StatusOr<v1::EnrollAnswer> Poll(absl::string_view request_id) {
    v1::PollEnrollmentRequest request;
    request.set_request_id(std::string(request_id));
    return coordinator_.Wait<v1::EnrollAnswer>([&](Done<v1::EnrollAnswer> done) {
      coordinator_.coordinator().enrollment().PollEnrollment(coordinator_.PeerOf(""), request,
                                                             std::move(done));
    });
  }
  absl::StatusOr<v1::Enrollment> Approve(absl::string_view name, absl::string_view replaces = "") {
    v1::ApproveEnrollmentRequest request;
    request.set_name(std::string(name));
    request.set_replaces_host(std::string(replaces));
    return coordinator_.Wait<v1::Enrollment>([&](Done<v1::Enrollment> done) {
      coordinator_.coordinator().tokens().ApproveEnrollment(coordinator_.admin(), request,
                                                            std::move(done));
    });
  }
  static std::optional<v1::Refusal::Code> CodeOf(const absl::StatusOr<v1::EnrollAnswer>& answer) {
    return trust::RefusalOf(answer.status());
  }

  base::testing::ManualClock clock_{trust::testing::TestEpoch()};
  InProcessCoordinator coordinator_{clock_};
};

TEST_F(EnrollTest, ATokenLetsAHostIn) {
  const absl::StatusOr<v1::EnrollAnswer> answer = Enroll(RequestOf(coordinator_.NewToken(1), 1));

  ASSERT_THAT(answer, IsOk());
  ASSERT_TRUE(answer->has_issued());
  EXPECT_THAT(answer->issued().certificate_chain(), SizeIs(2));
}

// R1.
TEST_F(EnrollTest, TheIdIsTheDigestOfTheKeyAndStandsInTheCertificate) {
  const absl::StatusOr<v1::EnrollAnswer> answer = Enroll(RequestOf(coordinator_.NewToken(1), 1));

  const trust::HostId id = *trust::HostIdOf(KeyOf(1).spki());
  EXPECT_EQ(answer->issued().host_id(), id.bytes());
  const auto leaf = trust::x509::Certificate::ParseDer(answer->issued().certificate_chain(0));
  EXPECT_THAT(leaf->uris(), ElementsAre(absl::StrCat("spiffe://corp.example/loader/", id.ToHex())));
  EXPECT_FALSE(leaf->is_ca());
  EXPECT_FALSE(leaf->for_servers());
}

TEST_F(EnrollTest, FiftyRacersAndATokenOfSevenLetExactlySevenIn) {
  const trust::Token token = coordinator_.NewToken(7);
  int in = 0;
  int refused = 0;
  for (uint64_t number = 1; number <= 50; ++number) {  // all before the first commit
    coordinator_.coordinator().enrollment().Enroll(
        coordinator_.PeerOf(""), RequestOf(token, number),
        [&](const absl::StatusOr<v1::EnrollAnswer>& answer) {
          if (answer.ok()) ++in;
          if (trust::RefusalOf(answer.status()) == v1::Refusal::TOKEN) ++refused;
        });
  }

  coordinator_.Commit();

  EXPECT_EQ(in, 7);
  EXPECT_EQ(refused, 43);
  EXPECT_EQ(coordinator_.coordinator().fleet().hosts().size(), 7);
}

TEST_F(EnrollTest, TheSameKeyAgainUsesNothingAndGetsAnAnswer) {
  const trust::Token token = coordinator_.NewToken(1);
  ASSERT_THAT(Enroll(RequestOf(token, 1)), IsOk());

  const absl::StatusOr<v1::EnrollAnswer> again = Enroll(RequestOf(token, 1));

  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->has_issued());
  EXPECT_EQ(coordinator_.store().GetToken(trust::HashOf(token.secret))->uses, 1);
}

TEST_F(EnrollTest, TheSameKeyTwiceAtOnceIsOneHost) {
  const trust::Token token = coordinator_.NewToken(2);
  std::vector<absl::StatusOr<v1::EnrollAnswer>> answers;
  for (int i = 0; i < 2; ++i) {
    coordinator_.coordinator().enrollment().Enroll(
        coordinator_.PeerOf(""), RequestOf(token, 1),
        [&](absl::StatusOr<v1::EnrollAnswer> answer) { answers.push_back(std::move(answer)); });
  }

  coordinator_.Commit();

  EXPECT_THAT(answers, ElementsAre(IsOk(), IsOk()));
  EXPECT_EQ(coordinator_.store().GetToken(trust::HashOf(token.secret))->uses, 1);
}

TEST_F(EnrollTest, AnUnknownTokenIsRefused) {
  trust::Token token = coordinator_.NewToken(1);
  token.secret = trust::TokenSecret();
  EXPECT_THAT(CodeOf(Enroll(RequestOf(token, 1))), Optional(Eq(v1::Refusal::TOKEN)));
}

TEST_F(EnrollTest, AnExpiredTokenIsRefused) {
  const trust::Token token = coordinator_.NewToken(1);
  clock_.Advance(absl::Hours(24 * 7));
  EXPECT_THAT(CodeOf(Enroll(RequestOf(token, 1))), Optional(Eq(v1::Refusal::TOKEN)));
}

TEST_F(EnrollTest, ARevokedTokenIsRefused) {
  const trust::Token token = coordinator_.NewToken(1);
  v1::RevokeTokenRequest revoke;
  revoke.set_name("t-1");
  revoke.mutable_why()->set_reason("leaked");
  ASSERT_THAT(coordinator_.Wait<v1::Token>([&](Done<v1::Token> done) {
    coordinator_.coordinator().tokens().RevokeToken(coordinator_.admin(), revoke, std::move(done));
  }),
              IsOk());
  EXPECT_THAT(CodeOf(Enroll(RequestOf(token, 1))), Optional(Eq(v1::Refusal::TOKEN)));
}

TEST_F(EnrollTest, TheSecretIsInNoMessage) {
  trust::Token token = coordinator_.NewToken(1);
  token.secret = trust::TokenSecret({'s', 'e', 'c', 'r', 'e', 't', '-', 's', 'e', 'c', 'r',
                                     'e', 't', '-', 's', 'e', 'c', 'r', 'e', 't', '-', 's',
                                     'e', 'c', 'r', 'e', 't', '-', 's', 'e', 'c', 'r'});
  EXPECT_THAT(std::string(Enroll(RequestOf(token, 1)).status().message()),
              Not(HasSubstr("secret")));
}

TEST_F(EnrollTest, ARequestForAnotherIdIsCertifiedForItsOwnKey) {
  // The name in a request is for people; whose id it is, the key says.
  v1::EnrollRequest request = RequestOf(coordinator_.NewToken(1), 1);
  const trust::HostId other = *trust::HostIdOf(KeyOf(2).spki());
  request.set_csr(*trust::x509::CertificateRequest::Make(KeyOf(1), other.ToHex()));

  const absl::StatusOr<v1::EnrollAnswer> answer = Enroll(request);

  EXPECT_NE(answer->issued().host_id(), other.bytes());
}

TEST_F(EnrollTest, AHugeRequestIsRefused) {
  v1::EnrollRequest request = RequestOf(coordinator_.NewToken(1), 1);
  request.set_csr(std::string(1 << 20, 'x'));
  EXPECT_THAT(CodeOf(Enroll(request)), Optional(Eq(v1::Refusal::BOUND)));
}

TEST_F(EnrollTest, ARootThatIsNoneOfOursIsRefused) {
  v1::EnrollRequest request = RequestOf(coordinator_.NewToken(1), 1);
  request.set_root_digest(std::string(32, 'x'));
  EXPECT_THAT(CodeOf(Enroll(request)), Optional(Eq(v1::Refusal::ROOT_VERSION)));
}

TEST_F(EnrollTest, ARevokedKeyDoesNotComeBackWithAnyToken) {
  const InProcessCoordinator::EnrolledHost host = coordinator_.Enroll(1);
  v1::RevokeHostsRequest revoke;
  revoke.add_hosts(host.id.ToHex());
  revoke.mutable_why()->set_reason("stolen");
  ASSERT_THAT(coordinator_.Wait<v1::RevokeHostsAnswer>([&](Done<v1::RevokeHostsAnswer> done) {
    coordinator_.coordinator().hosts().RevokeHosts(coordinator_.admin(), revoke, std::move(done));
  }),
              IsOk());

  const v1::EnrollRequest request =
      coordinator_.EnrollRequestOf(coordinator_.NewToken(1), *host.key, 1);

  EXPECT_THAT(CodeOf(Enroll(request)), Optional(Eq(v1::Refusal::REVOKED)));
}

// --- With an operator's word

TEST_F(EnrollTest, AManualTokenWaitsForAnOperator) {
  const absl::StatusOr<v1::EnrollAnswer> answer =
      Enroll(RequestOf(coordinator_.NewToken(1, true), 1));

  ASSERT_TRUE(answer->has_pending());
  EXPECT_TRUE(Poll(answer->pending().request_id())->has_pending());
}

TEST_F(EnrollTest, AnApprovedHostIsIn) {
  const absl::StatusOr<v1::EnrollAnswer> answer =
      Enroll(RequestOf(coordinator_.NewToken(1, true), 1));
  ASSERT_THAT(Approve(answer->pending().name()), IsOk());

  EXPECT_TRUE(Poll(answer->pending().request_id())->has_issued());
}

TEST_F(EnrollTest, ADeniedHostIsNot) {
  const absl::StatusOr<v1::EnrollAnswer> answer =
      Enroll(RequestOf(coordinator_.NewToken(1, true), 1));
  v1::DenyEnrollmentRequest deny;
  deny.set_name(answer->pending().name());
  deny.mutable_why()->set_reason("not ours");
  ASSERT_THAT(coordinator_.Wait<v1::Enrollment>([&](Done<v1::Enrollment> done) {
    coordinator_.coordinator().tokens().DenyEnrollment(coordinator_.admin(), deny, std::move(done));
  }),
              IsOk());

  const absl::StatusOr<v1::EnrollAnswer> polled = Poll(answer->pending().request_id());

  EXPECT_EQ(polled->denied().code(), v1::Refusal::DENIED);
  EXPECT_EQ(coordinator_.coordinator().fleet().hosts().size(), 0);
}

TEST_F(EnrollTest, NobodyDecidesTwice) {
  const absl::StatusOr<v1::EnrollAnswer> answer =
      Enroll(RequestOf(coordinator_.NewToken(1, true), 1));
  ASSERT_THAT(Approve(answer->pending().name()), IsOk());
  EXPECT_THAT(trust::RefusalOf(Approve(answer->pending().name()).status()),
              Optional(Eq(v1::Refusal::CHANGED_MEANWHILE)));
}

TEST_F(EnrollTest, WaitingRequestsCountAgainstTheToken) {
  const trust::Token token = coordinator_.NewToken(1, true);
  ASSERT_THAT(Enroll(RequestOf(token, 1)), IsOk());
  EXPECT_THAT(CodeOf(Enroll(RequestOf(token, 2))), Optional(Eq(v1::Refusal::TOKEN)));
}

TEST_F(EnrollTest, AReplacedHostIsRevoked) {
  const InProcessCoordinator::EnrolledHost old = coordinator_.Enroll(7);
  const absl::StatusOr<v1::EnrollAnswer> answer =
      Enroll(RequestOf(coordinator_.NewToken(1, true), 1));

  ASSERT_THAT(Approve(answer->pending().name(), old.id.ToHex()), IsOk());

  EXPECT_EQ(coordinator_.coordinator().fleet().hosts().Find(old.id)->state, HostState::kRevoked);
}

TEST_F(EnrollTest, AnUnknownRequestIsDenied) {
  EXPECT_EQ(Poll(std::string(16, 'x'))->denied().code(), v1::Refusal::NOT_FOUND);
}

}  // namespace
}  // namespace mig::coordinator::testing
