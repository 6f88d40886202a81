#include "sim/fiber/host_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/event.h"
#include "base/testing/status_matchers.h"
#include "sim/fiber/virtual_time.h"

namespace mig::sim {
namespace {

using base::BootTime;
using base::Event;
using base::MonotonicTime;
using base::testing::IsOk;
using base::testing::StatusIs;
using ::testing::HasSubstr;

constexpr absl::Duration kUp = absl::Hours(1);

WorldTime At(absl::Duration since_start) { return WorldTime(since_start); }

void RunAlone(VirtualTime& time, absl::AnyInvocable<void()> body) {
  ASSERT_THAT(time.Spawn("body", std::move(body)), IsOk());
  ASSERT_THAT(time.RunToCompletion(), IsOk());
}

TEST(HostClockTest, ASleepTakesItsTimeOnAllThreeClocks) {
  VirtualTime time;
  HostClock clock(time, {});
  const absl::Time wall = clock.WallNow();
  EXPECT_EQ(clock.MonotonicNow(), MonotonicTime(kUp));

  RunAlone(time, [&] { clock.SleepUntil(clock.MonotonicNow() + absl::Hours(3)); });

  EXPECT_EQ(clock.WallNow() - wall, absl::Hours(3));
  EXPECT_EQ(clock.MonotonicNow(), MonotonicTime(kUp + absl::Hours(3)));
  EXPECT_EQ(clock.BootNow(), BootTime(kUp + absl::Hours(3)));
}

TEST(HostClockTest, ADeadlineThatHasPassedDoesNotWait) {
  VirtualTime time;
  HostClock clock(time, {});
  const std::unique_ptr<Event> event = clock.NewEvent();

  RunAlone(time, [&] {
    clock.SleepUntil(MonotonicTime());
    EXPECT_EQ(event->WaitUntil(MonotonicTime()), Event::Result::kDeadline);
    event->Notify();
    EXPECT_EQ(event->WaitUntil(MonotonicTime()), Event::Result::kHappened);
  });

  EXPECT_EQ(time.Now(), At(absl::ZeroDuration()));
}

TEST(HostClockTest, TwoHostsMayBeSkewedAndBeSet) {
  VirtualTime time;
  const absl::Time wall = absl::FromUnixSeconds(1'800'000'000);
  HostClock right(time, {.name = "right", .wall = wall});
  HostClock late(time, {.name = "late", .wall = wall - absl::Minutes(90)});
  EXPECT_EQ(right.WallNow() - late.WallNow(), absl::Minutes(90));

  const BootTime boot = late.BootNow();
  const MonotonicTime monotonic = late.MonotonicNow();
  late.StepWall(absl::Hours(2));

  EXPECT_EQ(late.WallNow() - right.WallNow(), absl::Minutes(30));
  EXPECT_EQ(late.BootNow(), boot);
  EXPECT_EQ(late.MonotonicNow(), monotonic);
}

TEST(HostClockTest, AStepOfTheWallClockMovesNoSleep) {
  VirtualTime time;
  HostClock clock(time, {});
  time.CallAt(At(absl::Minutes(1)), [&] { clock.StepWall(absl::Hours(48)); });

  RunAlone(time, [&] { clock.SleepUntil(clock.MonotonicNow() + absl::Minutes(10)); });

  EXPECT_EQ(time.Now(), At(absl::Minutes(10)));
}

TEST(HostClockTest, AnEventWakesWhoWaitsForIt) {
  VirtualTime time;
  HostClock clock(time, {});
  const std::unique_ptr<Event> event = clock.NewEvent();
  time.CallAt(At(absl::Seconds(7)), [&] { event->Notify(); });

  RunAlone(time, [&] {
    EXPECT_EQ(event->WaitUntil(clock.MonotonicNow() + absl::Seconds(5)), Event::Result::kDeadline);
    EXPECT_EQ(time.Now(), At(absl::Seconds(5)));
    EXPECT_FALSE(event->HasHappened());
    EXPECT_EQ(event->WaitUntil(MonotonicTime::InfiniteFuture()), Event::Result::kHappened);
    EXPECT_EQ(time.Now(), At(absl::Seconds(7)));
    EXPECT_EQ(event->WaitUntil(MonotonicTime::InfiniteFuture()), Event::Result::kHappened);
  });
}

TEST(HostClockTest, AnEventThatNobodyNotifiesIsADeadlock) {
  VirtualTime time;
  HostClock clock(time, {});
  ASSERT_THAT(time.Spawn("loader of host 3",
                         [&] {
                           const std::unique_ptr<Event> event = clock.NewEvent();
                           event->WaitUntil(MonotonicTime::InfiniteFuture());
                         }),
              IsOk());

  EXPECT_THAT(time.RunToCompletion(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("'loader of host 3'")));
}

TEST(HostClockTest, AnEventMayBeDestroyedRightAfterItsWait) {
  VirtualTime time;
  HostClock clock(time, {});
  std::unique_ptr<Event> event = clock.NewEvent();
  time.CallAt(At(absl::Seconds(1)), [&] { event->Notify(); });

  RunAlone(time, [&] {
    event->WaitUntil(MonotonicTime::InfiniteFuture());
    event.reset();
    clock.SleepUntil(clock.MonotonicNow() + absl::Seconds(1));
  });
}

TEST(HostClockTest, ACancelledWaitLeavesTheEventUsable) {
  VirtualTime time;
  HostClock clock(time, {});
  const std::unique_ptr<Event> event = clock.NewEvent();
  const auto killed =
      time.Spawn("killed", [&] { event->WaitUntil(MonotonicTime::InfiniteFuture()); });
  ASSERT_THAT(killed, IsOk());
  ASSERT_THAT(time.RunUntil(At(absl::Seconds(1))), IsOk());
  time.Cancel(*killed);
  ASSERT_THAT(time.RunToCompletion(), IsOk());

  event->Notify();

  RunAlone(time,
           [&] { EXPECT_EQ(event->WaitUntil(clock.MonotonicNow()), Event::Result::kHappened); });
}

// A laptop that is closed in the middle of a run: an assignment's life goes on, deadlines do not.
TEST(HostClockTest, WhileTheMachineSleepsMonotonicTimeStandsStill) {
  VirtualTime time;
  HostClock clock(time, {});
  const absl::Time wall = clock.WallNow();
  time.CallAt(At(absl::Minutes(2)), [&] { clock.Suspend(absl::Hours(8)); });

  RunAlone(time, [&] { clock.SleepUntil(clock.MonotonicNow() + absl::Minutes(10)); });

  EXPECT_EQ(time.Now(), At(absl::Hours(8) + absl::Minutes(10)));
  EXPECT_EQ(clock.MonotonicNow(), MonotonicTime(kUp + absl::Minutes(10)));
  EXPECT_EQ(clock.BootNow(), BootTime(kUp + absl::Hours(8) + absl::Minutes(10)));
  EXPECT_EQ(clock.WallNow() - wall, absl::Hours(8) + absl::Minutes(10));
}

TEST(HostClockTest, WhatHappensWhileTheMachineSleepsIsSeenWhenItWakes) {
  VirtualTime time;
  HostClock clock(time, {});
  const std::unique_ptr<Event> event = clock.NewEvent();
  time.CallAt(At(absl::Minutes(1)), [&] {
    clock.Suspend(absl::Hours(2));
    clock.Suspend(absl::Hours(1));
  });
  time.CallAt(At(absl::Minutes(30)), [&] {
    EXPECT_EQ(clock.MonotonicNow(), MonotonicTime(kUp + absl::Minutes(1)));
    event->Notify();
  });

  RunAlone(time, [&] {
    EXPECT_EQ(event->WaitUntil(clock.MonotonicNow() + absl::Minutes(5)), Event::Result::kHappened);
  });

  EXPECT_EQ(time.Now(), At(absl::Hours(3) + absl::Minutes(1)));
}

TEST(HostClockTest, ARestartBeginsAnewButTheCalendarGoesOn) {
  VirtualTime time;
  HostClock clock(time, {.name = "laptop"});
  const absl::Time wall = clock.WallNow();
  const std::string boot = clock.BootId();
  ASSERT_THAT(time.RunUntil(At(absl::Minutes(5))), IsOk());
  clock.Suspend(absl::Minutes(5));

  clock.Reboot();

  EXPECT_NE(clock.BootId(), boot);
  EXPECT_EQ(clock.MonotonicNow(), MonotonicTime());
  EXPECT_EQ(clock.BootNow(), BootTime());
  EXPECT_EQ(clock.WallNow() - wall, absl::Minutes(5));
}

}  // namespace
}  // namespace mig::sim
