#include "rollout/slot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <optional>
#include <string>

#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"

namespace mig::rollout {
namespace {

using base::testing::IsOk;
using base::testing::Seed;
using base::testing::SeededRandom;
using base::testing::StatusIs;

constexpr absl::Duration kInterval = absl::Hours(3);

trust::HostId CountingId() {
  std::array<char, 32> bytes;
  std::iota(bytes.begin(), bytes.end(), '\0');
  return trust::HostId(bytes);
}

CheckInSchedule Schedule(absl::Duration interval = kInterval) {
  return *CheckInSchedule::Make(CountingId(), interval);
}

absl::Time At(int64_t unix_s) { return absl::FromUnixSeconds(unix_s); }

// Computed by another program, see cohort_test.cc: the slot hash of bytes 0 to 31 is
// 14171173938502803784.
TEST(SlotTest, GoldenPhases) {
  EXPECT_EQ(Schedule().phase(), absl::Seconds(9784));
  EXPECT_EQ(Schedule(absl::Minutes(5)).phase(), absl::Seconds(184));
  EXPECT_EQ(Schedule(absl::Hours(24)).phase(), absl::Seconds(42184));
  EXPECT_EQ(Schedule(absl::Seconds(1)).phase(), absl::ZeroDuration());
  EXPECT_EQ(
      CheckInSchedule::Make(*trust::HostId::FromBytes(std::string(32, '\xff')), kInterval)->phase(),
      absl::Seconds(4788));
  EXPECT_EQ(BootDelay(CountingId()), absl::Seconds(184));
  EXPECT_EQ(BootDelay(trust::HostId()), absl::Seconds(256));
}

TEST(SlotTest, SlotsAreThePhaseModuloTheInterval) {
  const int64_t slot = 163'000 * 10'800 + 9'784;
  EXPECT_EQ(Schedule().LatestSlot(At(slot)), At(slot));
  EXPECT_EQ(Schedule().NextSlot(At(slot)), At(slot + 10'800));
  EXPECT_EQ(Schedule().LatestSlot(At(slot) - absl::Milliseconds(1)), At(slot - 10'800));
  EXPECT_EQ(Schedule().NextSlot(At(slot) - absl::Milliseconds(1)), At(slot));
  // Before 1970 too.
  EXPECT_EQ(Schedule().LatestSlot(At(-1)), At(9'784 - 10'800));
  EXPECT_EQ(Schedule().LatestSlot(At(-20'000)), At(9'784 - 3 * 10'800));
}

TEST(SlotTest, AnIntervalIsWholeSecondsUpToADay) {
  for (const absl::Duration interval :
       {absl::ZeroDuration(), absl::Seconds(-5), absl::Milliseconds(1500),
        absl::Hours(24) + absl::Seconds(1), absl::InfiniteDuration()}) {
    EXPECT_THAT(CheckInSchedule::Make(CountingId(), interval),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << interval;
  }
  EXPECT_THAT(CheckInSchedule::Make(CountingId(), absl::Hours(24)), IsOk());
}

TEST(SlotTest, DueOncePerSlot) {
  const CheckInSchedule schedule = Schedule();
  const absl::Time slot = At(163'000 * 10'800 + 9'784);
  EXPECT_TRUE(schedule.IsDue(slot, std::nullopt));  // a first run
  EXPECT_TRUE(schedule.IsDue(slot, LastAttempt{.began = slot - absl::Seconds(1)}));
  EXPECT_FALSE(schedule.IsDue(slot, LastAttempt{.began = slot}));
  EXPECT_FALSE(schedule.IsDue(slot + absl::Hours(2), LastAttempt{.began = slot}));
  EXPECT_TRUE(schedule.IsDue(slot + kInterval, LastAttempt{.began = slot}));
  // A run that failed is an attempt like any other: no early retry.
  EXPECT_FALSE(
      schedule.IsDue(slot + absl::Minutes(6), LastAttempt{.began = slot + absl::Minutes(5)}));
}

TEST(SlotTest, AnAttemptInTheFutureIsDue) {  // ADVERSARY 57, 76: the clock was set back
  const absl::Time now = At(1'800'000'000);
  EXPECT_TRUE(Schedule().IsDue(now, LastAttempt{.began = now + absl::Hours(24 * 365)}));
}

TEST(SlotTest, AHintOnlyAddsAndIsClamped) {  // ADVERSARY 76
  const CheckInSchedule schedule = Schedule();
  const absl::Time began = At(163'000 * 10'800 + 9'784);
  const auto due_after = [&](absl::Duration hint) {
    return schedule.NextDue(began, LastAttempt{.began = began, .hint = hint}) - began;
  };
  EXPECT_EQ(due_after(absl::ZeroDuration()), kInterval);  // none
  EXPECT_EQ(due_after(absl::Seconds(1)), absl::Minutes(5));
  EXPECT_EQ(due_after(absl::Minutes(20)), absl::Minutes(20));
  EXPECT_EQ(due_after(absl::Hours(24 * 3650)), kInterval);
  // Intervals of seconds, as a demo has them.
  EXPECT_TRUE(Schedule(absl::Seconds(2))
                  .IsDue(At(102), LastAttempt{.began = At(100), .hint = absl::Hours(1)}));
}

TEST(SlotTest, NextDueIsTheFirstTimeThatIsDue) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  SeededRandom random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const CheckInSchedule schedule =
        Schedule(absl::Seconds(1 + static_cast<int64_t>(random.Below(600))));
    const absl::Time now = At(static_cast<int64_t>(random.Below(2'000)));
    const LastAttempt last = {.began = At(static_cast<int64_t>(random.Below(2'200))),
                              .hint = absl::Seconds(static_cast<int64_t>(random.Below(900)))};
    const absl::Time due = schedule.NextDue(now, last);
    ASSERT_GE(due, now);
    ASSERT_TRUE(schedule.IsDue(due, last));
    for (absl::Time t = now; t < due; t += absl::Seconds(1)) {
      ASSERT_FALSE(schedule.IsDue(t, last)) << now << ' ' << last.began << ' ' << last.hint;
    }
  }
}

}  // namespace
}  // namespace mig::rollout
