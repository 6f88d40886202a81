#include "trust/token/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "base/sha256.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"

namespace mig::trust {
namespace {

using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Token SomeToken() {
  return {.kind = TokenKind::kHost,
          .secret = *TokenSecret::FromBytes(std::string(32, '\x11')),
          .root_version = 3,
          .root_digest = *base::Digest::FromBytes(std::string(32, '\x22'))};
}

TEST(TokenTest, TheLayoutIsTheOneOfTheProtocol) {
  // base64url of 01, 32 x 11, 00..03, 32 x 22, made with Python's base64.urlsafe_b64encode.
  EXPECT_EQ(PrintToken(SomeToken()),
            "mt_ARERERERERERERERERERERERERERERERERERERERERERAAAAAAAAAAMiIiIiIiIiIiI"
            "iIiIiIiIiIiIiIiIiIiIiIiIiIiIiIg");
}

TEST(TokenTest, WhatWasPrintedReadsBackWithWhiteSpaceAroundIt) {
  EXPECT_THAT(ParseToken(absl::StrCat(" ", PrintToken(SomeToken()), "\n"), TokenKind::kHost),
              IsOkAndHolds(SomeToken()));
}

TEST(TokenTest, ATokenThatWasCutIsRefusedWithoutRepeatingIt) {
  const std::string cut = PrintToken(SomeToken()).substr(0, 60);

  EXPECT_THAT(ParseToken(cut, TokenKind::kHost).status(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("101 characters"), Not(HasSubstr("ARERE")))));
}

TEST(TokenTest, AnotherSpellingOfTheSameBytesIsRefused) {
  std::string spelt = PrintToken(SomeToken());
  spelt.back() = 'h';  // the last digit's unused bits

  EXPECT_THAT(ParseToken(spelt, TokenKind::kHost).status(),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(TokenTest, AnInvitationIsNoHostsToken) {
  Token invitation = SomeToken();
  invitation.kind = TokenKind::kOperator;

  EXPECT_THAT(ParseToken(PrintToken(invitation), TokenKind::kHost).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("operator's invitation")));
}

TEST(TokenTest, AStoreKeepsTheHashOfTheSecretAlone) {
  base::testing::SeededRandom random(base::testing::Seed(1));
  const TokenSecret secret = NewTokenSecret(random);

  EXPECT_EQ(HashOf(secret), base::Sha256Of(secret.bytes()));
  EXPECT_NE(secret, NewTokenSecret(random));
}

}  // namespace
}  // namespace mig::trust
