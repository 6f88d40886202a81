#include "trust/pem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/testing/status_matchers.h"
#include "trust/refusal.h"

namespace mig::trust {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using ::testing::HasSubstr;

TEST(PemTest, BlocksComeBackInTheirOrderWhateverStandsBetween) {
  const std::string text = "# a note\n" + EncodePem("A", std::string(100, 'a')) + "between\n" +
                           EncodePem("LONGER LABEL", "b");
  const auto blocks = DecodePem(text, 2);
  ASSERT_THAT(blocks, IsOk());
  ASSERT_EQ(blocks->size(), 2u);
  EXPECT_EQ((*blocks)[0].bytes, std::string(100, 'a'));
  EXPECT_EQ((*blocks)[1].label, "LONGER LABEL");
  EXPECT_EQ(RefusalOf(DecodePem(text, 1).status()), v1::Refusal::BOUND);
}

TEST(PemTest, LinesAreOf64Characters) {
  EXPECT_EQ(EncodePem("X", std::string(48, '\0')),
            "-----BEGIN X-----\n" + std::string(64, 'A') + "\n-----END X-----\n");
}

TEST(PemTest, DamageIsNamed) {
  EXPECT_THAT(DecodePem("", 1), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no PEM")));
  EXPECT_THAT(DecodePem("-----BEGIN X-----\nAAAA\n", 1),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("cut off")));
  EXPECT_THAT(DecodePem("-----BEGIN X", 1),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("cut off")));
  EXPECT_THAT(DecodePem("-----BEGIN X-----\nAA*A\n-----END X-----", 1),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not Base64")));
  EXPECT_THAT(DecodePem("-----BEGIN X-----\nAAAA\n-----END Y-----", 1),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("cut off")));
}

}  // namespace
}  // namespace mig::trust
