#include "loader/run/exit_code.h"

#include <gtest/gtest.h>

#include "trust/refusal.h"

namespace mig::loader {
namespace {

using v1::Refusal;

TEST(ExitCodeTest, EachKindOfRefusalHasTheCodeThatPeopleWereTold) {
  const struct {
    Refusal::Code code;
    ExitCode exit;
  } kTable[] = {
      {Refusal::NONE, ExitCode::kOk},
      {Refusal::TOO_EARLY, ExitCode::kOk},
      {Refusal::HELD_BACK, ExitCode::kOk},
      {Refusal::WINDOW, ExitCode::kOk},
      {Refusal::CONFIGURATION, ExitCode::kUsage},
      {Refusal::NOT_ENROLLED, ExitCode::kNotEnrolled},
      {Refusal::REVOKED, ExitCode::kNotEnrolled},
      {Refusal::MACHINE_CHANGED, ExitCode::kNotEnrolled},
      {Refusal::SIGNATURES, ExitCode::kRefused},
      {Refusal::EQUIVOCATION, ExitCode::kRefused},
      {Refusal::HASH, ExitCode::kRefused},
      {Refusal::UNKNOWN_COMPONENT, ExitCode::kRefused},
      {Refusal::EXIT, ExitCode::kWentBack},
      {Refusal::KEPT_SET_UNHEALTHY, ExitCode::kCannotGoBack},
      {Refusal::STALE, ExitCode::kStale},
      {Refusal::ROOT_EXPIRED, ExitCode::kRootExpired},
      {Refusal::BUSY, ExitCode::kLater},
      {Refusal::DISK_FULL, ExitCode::kLater},
      {Refusal::CERTIFICATE_TIME, ExitCode::kLater},
      {Refusal::PENDING, ExitCode::kLater},
      {Refusal::INTERNAL, ExitCode::kInternal},
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(ExitCodeOf(row.code), row.exit) << Refusal::Code_Name(row.code);
    if (row.code == Refusal::NONE) continue;
    EXPECT_EQ(ExitCodeOf(trust::Refuse(row.code, "x")), row.exit) << Refusal::Code_Name(row.code);
  }
}

TEST(ExitCodeTest, AnErrorWithoutARefusalGoesByItsCode) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), ExitCode::kOk);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("")), ExitCode::kLater);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("")), ExitCode::kLater);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("")), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeOf(absl::DataLossError("")), ExitCode::kInternal);
}

TEST(ExitCodeTest, TheGraverOneIsTold) {
  EXPECT_EQ(Graver(ExitCode::kOk, ExitCode::kLater), ExitCode::kLater);
  EXPECT_EQ(Graver(ExitCode::kWentBack, ExitCode::kRefused), ExitCode::kWentBack);
  EXPECT_EQ(Graver(ExitCode::kRefused, ExitCode::kCannotGoBack), ExitCode::kCannotGoBack);
  EXPECT_EQ(Graver(ExitCode::kLater, ExitCode::kStale), ExitCode::kStale);
}

}  // namespace
}  // namespace mig::loader
