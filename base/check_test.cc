#include "base/check.h"

#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status_macros.h"

namespace mig::base {
namespace {

TEST(CheckDeathTest, AFalseConditionAbortsAndSaysWhere) {
  const int waves = 3;
  EXPECT_DEATH(MIG_CHECK(waves == 4) << "there are " << waves,
               "base/check_test.cc:[0-9]+: check failed: waves == 4 there are 3");
}

TEST(CheckDeathTest, AnErrorAbortsAndIsShown) {
  EXPECT_DEATH(MIG_CHECK_OK(absl::DataLossError("torn")) << "at start", "DATA_LOSS: torn at start");
  const absl::StatusOr<int> result = absl::NotFoundError("no key");
  EXPECT_DEATH(MIG_CHECK_OK(result), "NOT_FOUND: no key");
}

TEST(CheckTest, ATrueConditionEvaluatesOnceAndStreamsNothing) {
  int conditions = 0;
  int texts = 0;
  const auto text = [&texts] { return ++texts; };
  MIG_CHECK(++conditions == 1) << text();
  MIG_CHECK_OK(absl::OkStatus()) << text();
  MIG_CHECK_OK(absl::StatusOr<int>(7)) << text();
  EXPECT_EQ(conditions, 1);
  EXPECT_EQ(texts, 0);
}

TEST(CheckTest, ItTakesNoElseThatIsNotItsOwn) {
  bool reached = false;
  if (reached)
    MIG_CHECK(false);
  else
    reached = true;
  if (!reached) MIG_CHECK_OK(absl::CancelledError());
  EXPECT_TRUE(reached);
}

absl::StatusOr<int> Half(int number) {
  if (number % 2 != 0) return absl::InvalidArgumentError("odd");
  return number / 2;
}

absl::StatusOr<int> Quarter(int number) {
  MIG_ASSIGN_OR_RETURN(const int half, Half(number));
  int quarter = 0;
  MIG_ASSIGN_OR_RETURN(quarter, Half(half));
  MIG_RETURN_IF_ERROR(Half(quarter * 2).status());
  return quarter;
}

TEST(StatusMacrosTest, ErrorsAreHandedOnAndValuesAssigned) {
  EXPECT_EQ(Quarter(12).value(), 3);
  EXPECT_EQ(Quarter(6).status(), absl::InvalidArgumentError("odd"));
}

}  // namespace
}  // namespace mig::base
