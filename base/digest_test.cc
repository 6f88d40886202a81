#include "base/digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/hash/hash_testing.h"
#include "absl/status/status.h"
#include "base/testing/status_matchers.h"

namespace mig::base {
namespace {

using ::testing::HasSubstr;
using testing::IsOkAndHolds;
using testing::StatusIs;

constexpr char kHex[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1dfeff";

TEST(DigestTest, HexAndBytesGoBothWays) {
  const absl::StatusOr<Digest> digest = Digest::FromHex(kHex);
  ASSERT_TRUE(digest.ok());
  EXPECT_EQ(digest->ToHex(), kHex);
  EXPECT_EQ(digest->bytes().size(), 32u);
  EXPECT_EQ(digest->bytes()[31], '\xff');
  EXPECT_THAT(Digest::FromBytes(digest->bytes()), IsOkAndHolds(*digest));
}

TEST(DigestTest, OnlyThirtyTwoBytesAreADigest) {
  for (const size_t size : {0u, 1u, 31u, 33u, 64u}) {
    EXPECT_THAT(Digest::FromBytes(std::string(size, 'x')),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST(DigestTest, OnlyOneSpellingIsAccepted) {
  std::string upper = kHex;
  upper[60] = 'F';
  for (const std::string& text : {upper, std::string(kHex) + "0", std::string(kHex, 63),
                                  std::string(), " " + std::string(kHex, 63)}) {
    EXPECT_THAT(Digest::FromHex(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
  EXPECT_THAT(Digest::FromHex("\x1b[31m"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\\x1b[31m")));
}

TEST(DigestTest, OrderIsByUnsignedBytes) {
  const Digest low = *Digest::FromBytes(std::string(32, '\x7f'));
  const Digest high = *Digest::FromBytes(std::string(32, '\x80'));
  EXPECT_LT(low, high);
  EXPECT_LT(Digest(), low);
  EXPECT_NE(low, high);
}

TEST(DigestTest, EqualDigestsHashAlike) {
  EXPECT_TRUE(absl::VerifyTypeImplementsAbslHashCorrectly(
      {Digest(), *Digest::FromHex(kHex), *Digest::FromBytes(std::string(32, '\xff'))}));
}

}  // namespace
}  // namespace mig::base
