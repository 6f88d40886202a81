#include "rollout/window.h"

#include <gtest/gtest.h>

#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"

namespace mig::rollout {
namespace {

using base::testing::Seed;
using base::testing::SeededRandom;

constexpr uint32_t kMonday = 1;
constexpr uint32_t kFriday = 1 << 4;
constexpr uint32_t kSunday = 1 << 6;
constexpr uint32_t kEveryDay = 127;

// Local time of 2026-01-05, a Monday, at UTC + 0.
absl::Time At(int day_of_week, int hour, int minute = 0) {
  return absl::FromUnixSeconds(1767571200) + absl::Hours(24 * day_of_week + hour) +
         absl::Minutes(minute);
}

TEST(WindowTest, IsHalfOpen) {
  const trust::Window window = {.days = kMonday, .start_minute = 9 * 60, .length_minutes = 120};
  EXPECT_FALSE(IsOpen(window, 0, At(0, 9) - absl::Milliseconds(1)));
  EXPECT_TRUE(IsOpen(window, 0, At(0, 9)));
  EXPECT_TRUE(IsOpen(window, 0, At(0, 11) - absl::Milliseconds(1)));
  EXPECT_FALSE(IsOpen(window, 0, At(0, 11)));
  EXPECT_FALSE(IsOpen(window, 0, At(1, 10)));
  EXPECT_TRUE(IsOpen(window, 0, At(7, 10)));
}

TEST(WindowTest, IsInTheHostsLocalTime) {
  const trust::Window window = {.days = kMonday, .start_minute = 0, .length_minutes = 60};
  EXPECT_TRUE(IsOpen(window, 60, At(-1, 23, 30)));  // Sunday in UTC, Monday in Berlin
  EXPECT_FALSE(IsOpen(window, 60, At(0, 0)));
  EXPECT_TRUE(IsOpen(window, -300, At(0, 5)));
  EXPECT_EQ(NextOpen(window, -300, At(0, 0)), At(0, 5));
}

TEST(WindowTest, OnePastMidnightBelongsToTheDayItStartsOn) {
  const trust::Window window = {.days = kSunday, .start_minute = 22 * 60, .length_minutes = 240};
  EXPECT_TRUE(IsOpen(window, 0, At(6, 23)));
  EXPECT_TRUE(IsOpen(window, 0, At(7, 1, 59)));
  EXPECT_FALSE(IsOpen(window, 0, At(7, 2)));
  EXPECT_FALSE(IsOpen(window, 0, At(6, 1)));
  EXPECT_TRUE(IsOpen(window, 0, At(0, 1)));  // of the Sunday before
}

TEST(WindowTest, AllDayEveryDayNeverChanges) {
  const trust::Window window = {.days = kEveryDay, .start_minute = 300, .length_minutes = 1440};
  EXPECT_TRUE(IsOpen(window, 0, At(0, 4)));
  EXPECT_EQ(NextWindowChange(window, 0, At(0, 4)), absl::InfiniteFuture());
  // Two days in a row are one stretch.
  const trust::Window two = {.days = kMonday | 2, .start_minute = 0, .length_minutes = 1440};
  EXPECT_EQ(NextWindowChange(two, 0, At(0, 12)), At(2, 0));
}

TEST(WindowTest, WorksBefore1970) {
  const trust::Window window = {.days = kFriday, .start_minute = 60, .length_minutes = 60};
  const absl::Time friday = absl::FromUnixSeconds(-6 * 24 * 3600);  // 1969-12-26
  EXPECT_TRUE(IsOpen(window, 0, friday + absl::Minutes(90)));
  EXPECT_EQ(NextOpen(window, 0, friday), friday + absl::Minutes(60));
}

TEST(WindowTest, NextChangeIsTheFirstMinuteThatIsAnother) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  SeededRandom random(seed);
  for (int i = 0; i < 500; ++i) {
    const trust::Window window = {.days = static_cast<uint32_t>(1 + random.Below(127)),
                                  .start_minute = static_cast<uint32_t>(random.Below(1440)),
                                  .length_minutes = static_cast<uint32_t>(1 + random.Below(1440))};
    const int32_t offset = static_cast<int32_t>(random.Below(2161)) - 1080;
    const absl::Time now = At(0, 0) + absl::Minutes(static_cast<int64_t>(random.Below(20'000)));
    const bool open = IsOpen(window, offset, now);

    absl::Time changes = absl::InfiniteFuture();
    for (int minute = 1; minute <= 8 * 1440 && changes == absl::InfiniteFuture(); ++minute) {
      const absl::Time then = now + absl::Minutes(minute);
      if (IsOpen(window, offset, then) != open) changes = then;
    }
    ASSERT_EQ(NextWindowChange(window, offset, now), changes)
        << "days " << window.days << " start " << window.start_minute << " length "
        << window.length_minutes << " offset " << offset << " now " << now;
  }
}

}  // namespace
}  // namespace mig::rollout
