#include "trust/refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "base/testing/status_matchers.h"

namespace mig::trust {
namespace {

using base::testing::StatusIs;
using v1::Refusal;

TEST(RefusalTest, TheCodeTravelsInTheStatus) {
  const absl::Status status = Refuse(Refusal::SIGNATURES, "manifest: 1 of 2");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kPermissionDenied, "manifest: 1 of 2"));
  EXPECT_EQ(RefusalOf(status), Refusal::SIGNATURES);
  EXPECT_EQ(RefusalOf(absl::OkStatus()), std::nullopt);
  EXPECT_EQ(RefusalOf(absl::InternalError("disk")), std::nullopt);
}

TEST(RefusalTest, EveryCodeMakesAnErrorAndComesBackFromTheWire) {
  for (int code = Refusal::Code_MIN; code <= Refusal::Code_MAX; ++code) {
    if (!Refusal::Code_IsValid(code) || code <= Refusal::ADOPTED) continue;
    const auto typed = static_cast<Refusal::Code>(code);
    const absl::Status status = Refuse(typed, "why");
    EXPECT_FALSE(status.ok()) << code;
    const absl::Status back = FromMessage(ToMessage(status, Refusal::INTERNAL));
    EXPECT_EQ(back, status) << code;
  }
}

TEST(RefusalTest, ALayersContextKeepsTheCode) {
  const absl::Status status = WithContext("plan agent-4.2", Refuse(Refusal::EXPIRED, "it ended"));
  EXPECT_EQ(RefusalOf(status), Refusal::EXPIRED);
  EXPECT_EQ(status.message(), "plan agent-4.2: it ended");
  EXPECT_TRUE(WithContext("x", absl::OkStatus()).ok());
}

TEST(RefusalTest, AnExitIsShownWithItsStatus) {
  const absl::Status status = RefuseExit(139, "the agent ended");
  EXPECT_EQ(DisplayOf(ToMessage(status, Refusal::INTERNAL)), "EXIT_139");
  EXPECT_EQ(DisplayOf(ToMessage(Refuse(Refusal::HASH, "x"), Refusal::INTERNAL)), "HASH");
}

TEST(RefusalTest, AnErrorWithoutACodeGetsTheOneItIsGiven) {
  EXPECT_EQ(ToMessage(absl::DataLossError("x"), Refusal::FILE_ERROR).code(), Refusal::FILE_ERROR);
}

TEST(RefusalTest, TextIsEscapedAndBounded) {
  const Refusal refusal =
      ToMessage(Refuse(Refusal::HASH, "a\x1b[31m" + std::string(1000, 'x')), Refusal::INTERNAL);
  EXPECT_LE(refusal.text().size(), 256u);
  EXPECT_EQ(refusal.text().find('\x1b'), std::string::npos);
}

TEST(RefusalTest, ACodeOfTheFutureIsShownAsItsNumber) {
  Refusal refusal;
  refusal.set_code(static_cast<Refusal::Code>(999));
  refusal.set_text("from later");
  EXPECT_EQ(DisplayOf(refusal), "999");
  EXPECT_THAT(FromMessage(refusal), StatusIs(absl::StatusCode::kUnknown));
  EXPECT_EQ(static_cast<int>(*RefusalOf(FromMessage(refusal))), 999);
}

}  // namespace
}  // namespace mig::trust
