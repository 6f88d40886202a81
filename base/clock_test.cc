#include "base/clock.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <type_traits>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/system_clock.h"
#include "base/testing/manual_clock.h"

namespace mig::base {
namespace {

using testing::ManualClock;

static_assert(!std::is_convertible_v<MonotonicTime, BootTime>);
static_assert(!std::is_convertible_v<BootTime, absl::Time>);
static_assert(!std::is_convertible_v<absl::Duration, BootTime>);

TEST(SystemClockTest, ClocksGoForwardAndSleepReachesItsDeadline) {
  const absl::StatusOr<std::unique_ptr<SystemClock>> clock = SystemClock::Open();
  ASSERT_TRUE(clock.ok()) << clock.status();
  const MonotonicTime begin = (*clock)->MonotonicNow();
  const BootTime boot_begin = (*clock)->BootNow();
  (*clock)->SleepUntil(begin + absl::Milliseconds(2));
  EXPECT_GE((*clock)->MonotonicNow() - begin, absl::Milliseconds(2));
  EXPECT_GE((*clock)->BootNow() - boot_begin, absl::Milliseconds(2));
  (*clock)->SleepUntil(begin - absl::Hours(1));  // returns at once
  EXPECT_EQ((*clock)->BootId().size(), 36u);
  EXPECT_EQ((*clock)->BootId(), (*SystemClock::Open())->BootId());
}

TEST(SystemClockTest, AnEventWakesWhoWaitsAndAnotherOneEndsAtItsDeadline) {
  const std::unique_ptr<SystemClock> clock = *SystemClock::Open();
  const std::unique_ptr<Event> event = clock->NewEvent();
  EXPECT_FALSE(event->HasHappened());
  EXPECT_EQ(event->WaitUntil(clock->MonotonicNow() + absl::Milliseconds(1)),
            Event::Result::kDeadline);
  std::thread other([&event] { event->Notify(); });
  EXPECT_EQ(event->WaitUntil(MonotonicTime::InfiniteFuture()), Event::Result::kHappened);
  other.join();
  event->Notify();
  EXPECT_TRUE(event->HasHappened());
  EXPECT_EQ(event->WaitUntil(clock->MonotonicNow() - absl::Hours(1)), Event::Result::kHappened);
}

TEST(ManualClockTest, TimeStandsStillUntilItIsMoved) {
  ManualClock clock;
  const absl::Time wall = clock.WallNow();
  const MonotonicTime monotonic = clock.MonotonicNow();
  const BootTime boot = clock.BootNow();
  EXPECT_EQ(absl::FormatTime(wall, absl::UTCTimeZone()), "2026-01-01T00:00:00+00:00");

  clock.SleepUntil(monotonic + absl::Minutes(3));
  EXPECT_EQ(clock.WallNow() - wall, absl::Minutes(3));
  EXPECT_EQ(clock.MonotonicNow() - monotonic, absl::Minutes(3));
  EXPECT_EQ(clock.BootNow() - boot, absl::Minutes(3));
  clock.SleepUntil(monotonic);
  EXPECT_EQ(clock.WallNow() - wall, absl::Minutes(3));
}

TEST(ManualClockTest, SuspendStepAndRebootMoveWhatTheyMoveOnAMachine) {
  ManualClock clock;
  const absl::Time wall = clock.WallNow();
  const MonotonicTime monotonic = clock.MonotonicNow();
  const BootTime boot = clock.BootNow();
  const std::string boot_id = clock.BootId();

  clock.Suspend(absl::Hours(8));
  EXPECT_EQ(clock.WallNow() - wall, absl::Hours(8));
  EXPECT_EQ(clock.BootNow() - boot, absl::Hours(8));
  EXPECT_EQ(clock.MonotonicNow(), monotonic);

  clock.StepWall(-absl::Hours(24));
  EXPECT_EQ(clock.WallNow() - wall, -absl::Hours(16));
  EXPECT_EQ(clock.BootNow() - boot, absl::Hours(8));
  EXPECT_EQ(clock.BootId(), boot_id);

  clock.Reboot();
  EXPECT_NE(clock.BootId(), boot_id);
  EXPECT_EQ(clock.BootNow(), BootTime());
  EXPECT_EQ(clock.WallNow() - wall, -absl::Hours(16));
}

TEST(ManualClockTest, AnEventThatNobodyNotifiesEndsAtItsDeadline) {
  ManualClock clock;
  const std::unique_ptr<Event> event = clock.NewEvent();
  const MonotonicTime deadline = clock.MonotonicNow() + absl::Seconds(120);
  EXPECT_EQ(event->WaitUntil(deadline), Event::Result::kDeadline);
  EXPECT_EQ(clock.MonotonicNow(), deadline);
  event->Notify();
  EXPECT_EQ(event->WaitUntil(MonotonicTime::InfiniteFuture()), Event::Result::kHappened);
  EXPECT_EQ(clock.MonotonicNow(), deadline);
  EXPECT_DEATH(clock.NewEvent()->WaitUntil(MonotonicTime::InfiniteFuture()), "never end");
}

}  // namespace
}  // namespace mig::base
