// How hosts and operators come in: exactly as many as may.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "coordinator/store/testing/sample_records.h"
#include "coordinator/store/testing/store_conformance.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

UseToken Use(uint64_t token, absl::Time at = At(10)) {
  return UseToken{.secret_hash = SomeDigest("token", token), .at = at};
}

TEST_P(StoreConformanceTest, ATokenIsKnownByItsHashAndItsNumber) {
  TokenRecord token = SomeToken(1, 3);
  const absl::StatusOr<Written> written = Write({InsertToken{token}});
  ASSERT_THAT(written, IsOk());
  token.number = written->rows[0].number;

  EXPECT_THAT(store().GetToken(token.secret_hash), IsOkAndHolds(token));
  EXPECT_THAT(store().GetTokenByNumber(token.number), IsOkAndHolds(token));
  EXPECT_THAT(Write({InsertToken{token}}), StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_P(StoreConformanceTest, OfFiftyRacersExactlyTheLimitGetsIn) {
  ASSERT_THAT(Write({InsertToken{SomeToken(1, 7)}}), IsOk());
  std::vector<Answer> answers;
  for (uint64_t n = 0; n < 50; ++n) answers.push_back(Append({InsertHost{SomeHost(n)}, Use(1)}));

  CommitAll();

  int in = 0;
  for (uint64_t n = 0; n < 50; ++n) {
    if ((*answers[n])->ok()) {
      ++in;
      EXPECT_THAT(store().GetHost(SomeHostId(n)), IsOk()) << n;
    } else {
      EXPECT_THAT(**answers[n], StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("all 7")))
          << n;
      EXPECT_THAT(store().GetHost(SomeHostId(n)), StatusIs(absl::StatusCode::kNotFound)) << n;
    }
  }
  EXPECT_EQ(in, 7);
  EXPECT_EQ(store().GetToken(SomeDigest("token", 1))->uses, 7);
  EXPECT_EQ(store().GetToken(SomeDigest("token", 1))->last_used_at, At(10));
}

TEST_P(StoreConformanceTest, AHostThatIsInAlreadyTakesNoUse) {
  ASSERT_THAT(Write({InsertToken{SomeToken(1, 2)}}), IsOk());
  ASSERT_THAT(Write({InsertHost{SomeHost(1)}, Use(1)}), IsOk());

  EXPECT_THAT(Write({Use(1), InsertHost{SomeHost(1)}}), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(store().GetToken(SomeDigest("token", 1))->uses, 1);
}

TEST_P(StoreConformanceTest, ATokenThatIsUnknownExpiredOrRevokedLetsNobodyIn) {
  const absl::StatusOr<Written> written = Write({InsertToken{SomeToken(1, 2)}});
  ASSERT_THAT(written, IsOk());
  const auto kSecretIsNotNamed = Not(HasSubstr(SomeDigest("token", 1).ToHex()));

  EXPECT_THAT(Write({Use(9)}), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Write({Use(1, At(1'000'000))}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("expired"), kSecretIsNotNamed)));
  ASSERT_THAT(Write({Use(1, At(999'999))}), IsOk());
  ASSERT_THAT(Write({RevokeToken{written->rows[0].number}}), IsOk());
  ASSERT_THAT(Write({RevokeToken{written->rows[0].number}}), IsOk());
  EXPECT_THAT(Write({Use(1)}), StatusIs(absl::StatusCode::kPermissionDenied, kSecretIsNotNamed));
  EXPECT_THAT(Write({RevokeToken{77}}), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(StoreConformanceTest, TokensComeNewestFirst) {
  for (uint64_t n = 1; n <= 3; ++n) ASSERT_THAT(Write({InsertToken{SomeToken(n, 1)}}), IsOk());

  const absl::StatusOr<std::vector<TokenRecord>> page = store().ListTokens(0, 2);
  ASSERT_THAT(page, IsOkAndHolds(SizeIs(2)));
  EXPECT_EQ(page->front().secret_hash, SomeDigest("token", 3));
  EXPECT_THAT(store().ListTokens(page->back().number, 2), IsOkAndHolds(SizeIs(1)));
}

TEST_P(StoreConformanceTest, AnEnrollmentIsAskedOnceAndDecidedOnce) {
  EnrollmentRecord enrollment = SomeEnrollment(1, 19);
  const absl::StatusOr<Written> asked = Write({InsertEnrollment{enrollment}});
  ASSERT_THAT(asked, IsOk());
  enrollment.number = asked->rows[0].number;
  EXPECT_THAT(store().GetEnrollment(enrollment.id), IsOkAndHolds(enrollment));
  EXPECT_THAT(store().GetEnrollmentByNumber(enrollment.number), IsOkAndHolds(enrollment));
  EXPECT_THAT(store().FindEnrollment(19, enrollment.host), IsOkAndHolds(enrollment));
  EnrollmentRecord again = SomeEnrollment(1, 19);
  again.id = SomeEnrollment(2, 19).id;
  EXPECT_THAT(Write({InsertEnrollment{again}}), StatusIs(absl::StatusCode::kAlreadyExists));

  const DecideEnrollment approve{.id = enrollment.id, .at = At(50), .by = "ana", .reason = "ours"};
  DecideEnrollment deny = approve;
  deny.state = EnrollmentState::kDenied;
  const Answer first = Append({approve, InsertHost{SomeHost(1)}});
  const Answer second = Append({deny});
  CommitAll();

  EXPECT_THAT(**first, IsOk());
  EXPECT_THAT(**second, StatusIs(absl::StatusCode::kAborted, HasSubstr("decided already")));
  enrollment.state = EnrollmentState::kApproved;
  enrollment.decided_at = At(50);
  enrollment.decided_by = "ana";
  enrollment.reason = "ours";
  EXPECT_THAT(store().GetEnrollment(enrollment.id), IsOkAndHolds(enrollment));
  deny.id = SomeEnrollment(7, 19).id;
  EXPECT_THAT(Write({deny}), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(StoreConformanceTest, EnrollmentsOfAStateComeOldestFirstAndOldOnesAreForgotten) {
  for (uint64_t n = 1; n <= 4; ++n) {
    ASSERT_THAT(Write({InsertEnrollment{SomeEnrollment(n, 1)}}), IsOk());
  }
  ASSERT_THAT(Write({DecideEnrollment{.id = SomeEnrollment(2, 1).id, .at = At(9), .by = "ana"}}),
              IsOk());

  const auto waiting = store().ListEnrollments(EnrollmentState::kPending, 0, 2);
  ASSERT_THAT(waiting, IsOkAndHolds(SizeIs(2)));
  EXPECT_EQ(waiting->front().host, SomeHostId(1));
  EXPECT_EQ(waiting->back().host, SomeHostId(3));
  EXPECT_THAT(store().ListEnrollments(EnrollmentState::kPending, waiting->back().number, 2),
              IsOkAndHolds(SizeIs(1)));

  const absl::StatusOr<Written> forgotten = Write({ForgetOld{.enrollments_asked_before = At(4)}});
  ASSERT_THAT(forgotten, IsOk());
  EXPECT_EQ(forgotten->rows[0].number, 3);
  EXPECT_THAT(store().ListEnrollments(EnrollmentState::kApproved, 0, 10), IsOkAndHolds(IsEmpty()));
  const absl::StatusOr<Written> next = Write({InsertEnrollment{SomeEnrollment(1, 1)}});
  ASSERT_THAT(next, IsOk());
  EXPECT_EQ(next->rows[0].number, 5) << "a number is never given twice";
}

TEST_P(StoreConformanceTest, AnOperatorIsUpdatedOnlyAsItWasRead) {
  ASSERT_THAT(Write({InsertOperator{SomeOperator("ana")}, InsertOperator{SomeOperator("bob")}}),
              IsOk());
  EXPECT_THAT(Write({InsertOperator{SomeOperator("ana")}}),
              StatusIs(absl::StatusCode::kAlreadyExists));
  OperatorRecord revoked = SomeOperator("ana");
  revoked.revision = 1;
  revoked.revoked = true;
  OperatorRecord stale = SomeOperator("ana");
  stale.revision = 1;

  const Answer first = Append({UpdateOperator{revoked}});
  const Answer second = Append({UpdateOperator{stale}});
  CommitAll();

  EXPECT_THAT(**first, IsOk());
  EXPECT_THAT(**second, StatusIs(absl::StatusCode::kAborted));
  revoked.revision = 2;
  EXPECT_THAT(store().GetOperator("ana"), IsOkAndHolds(revoked));
  EXPECT_THAT(Write({UpdateOperator{SomeOperator("eve")}}), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Collect<OperatorRecord>([&](auto visit) { return store().ForEachOperator(visit); }),
              SizeIs(2));
}

TEST_P(StoreConformanceTest, AnInvitationIsGoodForOneUse) {
  ASSERT_THAT(Write({InsertInvite{SomeInvite(1, "ana")}, InsertInvite{SomeInvite(2, "ana")},
                     InsertInvite{SomeInvite(3, "bob")}}),
              IsOk());
  const auto use = [](uint64_t n, absl::Time at) {
    return UseInvite{.secret_hash = SomeDigest("invite", n), .at = at};
  };

  const Answer first = Append({use(1, At(10))});
  const Answer second = Append({use(1, At(11))});
  CommitAll();

  EXPECT_THAT(**first, IsOk());
  EXPECT_THAT(**second, StatusIs(absl::StatusCode::kAborted, HasSubstr("used already")));
  EXPECT_EQ(store().GetInvite(SomeDigest("invite", 1))->used_at, At(10));
  EXPECT_THAT(Write({use(3, At(1'000'000))}), StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_THAT(Write({RevokeInvites{"ana"}}), IsOk());
  EXPECT_THAT(Write({use(2, At(12))}), StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(Write({use(3, At(12))}), IsOk());
  EXPECT_THAT(Write({use(9, At(12))}), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace mig::coordinator::testing
