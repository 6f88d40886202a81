// Operators: who comes in, who may do what, and who is refused from now on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "base/testing/manual_clock.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "coordinator/handlers/operators/method_roles.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "trust/refusal.h"
#include "trust/token/token.h"
#include "trust/x509/certificate_request.h"
#include "trust/x509/possession.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Optional;

class OperatorTest : public ::testing::Test {
 protected:
  OperatorTest() { clock_.Advance(absl::Hours(4)); }

  absl::Status Admit(const Peer& peer, absl::string_view method) {
    return OperatorDoor(coordinator_.coordinator().fleet(), clock_).Admit(peer, method).status();
  }
  absl::StatusOr<v1::InviteOperatorAnswer> Invite(absl::string_view name, v1::AdminRole role) {
    v1::InviteOperatorRequest request;
    request.set_name(std::string(name));
    request.add_roles(role);
    return coordinator_.Wait<v1::InviteOperatorAnswer>([&](Done<v1::InviteOperatorAnswer> done) {
      coordinator_.coordinator().people().InviteOperator(coordinator_.admin(), request,
                                                         std::move(done));
    });
  }
  absl::StatusOr<v1::FirstLoginAnswer> Login(absl::string_view token_text,
                                             const trust::x509::PrivateKey& key) {
    v1::FirstLoginRequest request;
    const auto token = trust::ParseToken(token_text, trust::TokenKind::kOperator);
    request.set_token_secret(std::string(token->secret.bytes()));
    request.set_csr(*trust::x509::CertificateRequest::Make(key, "someone"));
    return coordinator_.Wait<v1::FirstLoginAnswer>([&](Done<v1::FirstLoginAnswer> done) {
      coordinator_.coordinator().enrollment().FirstLogin(coordinator_.PeerOf(""), request,
                                                         std::move(done));
    });
  }
  absl::Status RenewBy(const trust::x509::PrivateKey& key, absl::string_view certificate) {
    v1::RenewByPossessionRequest request;
    request.set_certificate(std::string(certificate));
    request.set_csr(*trust::x509::CertificateRequest::Make(key, "someone"));
    request.set_proof(trust::x509::ProvePossession(key, "corp.example", request.csr()));
    return coordinator_
        .Wait<v1::RenewByPossessionAnswer>([&](Done<v1::RenewByPossessionAnswer> done) {
          coordinator_.coordinator().enrollment().RenewByPossession(coordinator_.PeerOf(""),
                                                                    request, std::move(done));
        })
        .status();
  }
  absl::StatusOr<v1::Operator> Revoke(absl::string_view name) {
    v1::RevokeOperatorRequest request;
    request.set_name(std::string(name));
    request.mutable_why()->set_reason("left");
    return coordinator_.Wait<v1::Operator>([&](Done<v1::Operator> done) {
      coordinator_.coordinator().people().RevokeOperator(coordinator_.admin(), request,
                                                         std::move(done));
    });
  }
  trust::x509::PrivateKey NewKey() { return trust::x509::PrivateKey::Generate(random_); }

  base::testing::ManualClock clock_{trust::testing::TestEpoch()};
  base::testing::SeededRandom random_{base::testing::Seed(5)};
  InProcessCoordinator coordinator_{clock_};
};

TEST_F(OperatorTest, EachRoleCallsItsOwnMethodsAndNoOthers) {
  for (const v1::AdminRole role : RolesOf(~RoleBits{0})) {
    const Peer peer = coordinator_.NewOperator("only-" + RoleWord(role), BitOf(role));
    for (const MethodRoles& row : AllMethodRoles()) {
      const bool may = (row.roles & BitOf(role)) != 0;
      EXPECT_EQ(Admit(peer, row.method).ok(), may) << RoleWord(role) << " " << row.method;
    }
  }
}

TEST_F(OperatorTest, TheRefusalIsARole) {
  const Peer viewer = coordinator_.NewOperator("vi", BitOf(v1::ADMIN_ROLE_VIEWER));
  EXPECT_THAT(trust::RefusalOf(Admit(viewer, "StartRollout")), Optional(Eq(v1::Refusal::ROLE)));
}

TEST_F(OperatorTest, ALoadersCertificateOpensNothingHere) {
  EXPECT_THAT(trust::RefusalOf(Admit(coordinator_.Enroll(1).peer, "WhoAmI")),
              Optional(Eq(v1::Refusal::CERTIFICATE)));
}

TEST_F(OperatorTest, AKeyThatIsNotRecordedIsRefusedWhateverTheCaSigned) {
  Peer forged = coordinator_.admin();
  forged.spki_digest = trust::testing::TestDigest("a stolen CA's");
  EXPECT_THAT(trust::RefusalOf(Admit(forged, "WhoAmI")), Optional(Eq(v1::Refusal::UNRECORDED_KEY)));
}

TEST_F(OperatorTest, AnInvitationLetsItsOwnerInWithItsRoles) {
  const auto invitation = Invite("bo", v1::ADMIN_ROLE_OPERATOR);

  const auto login = Login(invitation->token_text(), NewKey());

  ASSERT_THAT(login, IsOk());
  EXPECT_EQ(login->operator_(), "bo");
  EXPECT_THAT(login->roles(), ElementsAre("operator"));
}

TEST_F(OperatorTest, AnInvitationIsGoodOnce) {
  const auto invitation = Invite("bo", v1::ADMIN_ROLE_OPERATOR);
  ASSERT_THAT(Login(invitation->token_text(), NewKey()), IsOk());
  EXPECT_THAT(trust::RefusalOf(Login(invitation->token_text(), NewKey()).status()),
              Optional(Eq(v1::Refusal::TOKEN)));
}

TEST_F(OperatorTest, TheSameKeyAgainGetsAnAnswer) {
  const auto invitation = Invite("bo", v1::ADMIN_ROLE_OPERATOR);
  const trust::x509::PrivateKey key = NewKey();
  ASSERT_THAT(Login(invitation->token_text(), key), IsOk());
  EXPECT_THAT(Login(invitation->token_text(), key), IsOk());
}

TEST_F(OperatorTest, AnInvitationExpires) {
  const auto invitation = Invite("bo", v1::ADMIN_ROLE_OPERATOR);
  clock_.Advance(absl::Hours(24 * 7));
  EXPECT_THAT(trust::RefusalOf(Login(invitation->token_text(), NewKey()).status()),
              Optional(Eq(v1::Refusal::TOKEN)));
}

TEST_F(OperatorTest, ANewInvitationEndsTheOneBefore) {
  const auto first = Invite("bo", v1::ADMIN_ROLE_OPERATOR);
  ASSERT_THAT(Invite("bo", v1::ADMIN_ROLE_OPERATOR), IsOk());
  EXPECT_THAT(trust::RefusalOf(Login(first->token_text(), NewKey()).status()),
              Optional(Eq(v1::Refusal::TOKEN)));
}

TEST_F(OperatorTest, ARevokedOperatorIsRefusedAtTheNextCall) {
  const Peer bo = coordinator_.NewOperator("bo", BitOf(v1::ADMIN_ROLE_OPERATOR));
  ASSERT_THAT(Revoke("bo"), IsOk());
  EXPECT_THAT(trust::RefusalOf(Admit(bo, "WhoAmI")), Optional(Eq(v1::Refusal::REVOKED)));
}

TEST_F(OperatorTest, WhoIsInvitedAgainDoesNotComeBackWithTheOldKey) {
  const Peer bo = coordinator_.NewOperator("bo", BitOf(v1::ADMIN_ROLE_OPERATOR));
  ASSERT_THAT(Revoke("bo"), IsOk());
  ASSERT_THAT(Invite("bo", v1::ADMIN_ROLE_OPERATOR), IsOk());
  EXPECT_FALSE(Admit(bo, "WhoAmI").ok());
}

TEST_F(OperatorTest, AKeyFromBeforeANewInvitationDoesNotRenew) {
  const trust::x509::PrivateKey lost = NewKey();
  const auto before = Login(Invite("bo", v1::ADMIN_ROLE_OPERATOR)->token_text(), lost);
  ASSERT_THAT(before, IsOk());
  ASSERT_THAT(RenewBy(lost, before->certificate_chain(0)), IsOk());

  ASSERT_THAT(Login(Invite("bo", v1::ADMIN_ROLE_OPERATOR)->token_text(), NewKey()), IsOk());

  EXPECT_THAT(trust::RefusalOf(RenewBy(lost, before->certificate_chain(0))),
              Optional(Eq(v1::Refusal::UNRECORDED_KEY)));
}

TEST_F(OperatorTest, TheLastAdministratorStays) {
  EXPECT_THAT(trust::RefusalOf(Revoke("admin").status()), Optional(Eq(v1::Refusal::SECOND_PERSON)));
}

TEST_F(OperatorTest, AFirstInvitationOfAFileIsRecordedOnce) {
  const base::Digest hash = trust::testing::TestDigest("secret");
  const auto record = [&] {
    return coordinator_.Wait<bool>([&](Done<bool> done) {
      coordinator_.coordinator().RecordFirstInvite(hash, "ana", BitOf(v1::ADMIN_ROLE_ADMIN),
                                                   std::move(done));
    });
  };
  EXPECT_THAT(record(), base::testing::IsOkAndHolds(true));
  EXPECT_THAT(record(), base::testing::IsOkAndHolds(false));
}

}  // namespace
}  // namespace mig::coordinator::testing
