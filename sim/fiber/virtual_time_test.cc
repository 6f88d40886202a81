#include "sim/fiber/virtual_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/testing/status_matchers.h"

namespace mig::sim {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

WorldTime At(absl::Duration since_start) { return WorldTime(since_start); }

// Waits until `time`, whoever wakes it meanwhile.
void Sleep(VirtualTime& time, WorldTime until) {
  while (time.Now() < until) {
    if (time.SuspendUntil(until) == VirtualTime::Wakeup::kCancelled) return;
  }
}

TEST(VirtualTimeTest, ADayPassesInNoTime) {
  VirtualTime time;
  WorldTime woke;
  ASSERT_THAT(time.Spawn("sleeper",
                         [&] {
                           Sleep(time, At(absl::Hours(24)));
                           woke = time.Now();
                         }),
              IsOk());

  EXPECT_THAT(time.RunToCompletion(), IsOk());

  EXPECT_EQ(woke, At(absl::Hours(24)));
  EXPECT_EQ(time.fibers(), 0u);
}

TEST(VirtualTimeTest, WhatIsDueAtOnceRunsInTheOrderInWhichItWasAskedFor) {
  VirtualTime time;
  std::vector<std::string> log;
  time.CallAt(At(absl::Seconds(2)), [&] { log.push_back("callback at 2"); });
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_THAT(time.Spawn(name,
                           [&, name] {
                             log.push_back(absl::StrCat(name, " begins"));
                             Sleep(time, At(absl::Seconds(2)));
                             log.push_back(absl::StrCat(name, " at 2"));
                           }),
                IsOk());
  }
  time.CallAt(At(absl::Seconds(1)), [&] { log.push_back("callback at 1"); });

  EXPECT_THAT(time.RunToCompletion(), IsOk());

  EXPECT_THAT(log, ElementsAre("a begins", "b begins", "c begins", "callback at 1", "callback at 2",
                               "a at 2", "b at 2", "c at 2"));
}

TEST(VirtualTimeTest, RunUntilStopsAtItsTimeAndGoesOnLater) {
  VirtualTime time;
  std::vector<WorldTime> log;
  for (int hour = 1; hour <= 3; ++hour) {
    time.CallAt(At(absl::Hours(hour)), [&] { log.push_back(time.Now()); });
  }

  EXPECT_THAT(time.RunUntil(At(absl::Hours(2))), IsOk());
  EXPECT_THAT(log, ElementsAre(At(absl::Hours(1)), At(absl::Hours(2))));
  EXPECT_EQ(time.Now(), At(absl::Hours(2)));

  EXPECT_THAT(time.RunUntil(At(absl::Minutes(150))), IsOk());
  EXPECT_EQ(time.Now(), At(absl::Minutes(150)));
  EXPECT_EQ(log.size(), 2u);
}

TEST(VirtualTimeTest, ADeadlockSaysWhoWaitsAndSinceWhen) {
  VirtualTime time;
  for (int i = 1; i <= 12; ++i) {
    ASSERT_THAT(time.Spawn(absl::StrCat("loader ", i),
                           [&] {
                             Sleep(time, At(absl::Minutes(5)));
                             (void)time.SuspendUntil(WorldTime::InfiniteFuture());
                           }),
                IsOk());
  }

  const absl::Status status = time.RunToCompletion();

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("deadlock at 5m"), HasSubstr("'loader 1' (since 5m)"),
                             HasSubstr("and 2 more"), Not(HasSubstr("loader 11")))));
}

TEST(VirtualTimeTest, AHorizonThatComesFirstSaysWhoIsLeft) {
  VirtualTime time;
  ASSERT_THAT(time.Spawn("loader 7", [&] { Sleep(time, At(absl::Hours(9))); }), IsOk());

  EXPECT_THAT(
      time.RunToCompletion(At(absl::Hours(1))),
      StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("'loader 7' (since 0, until 9h)")));
  EXPECT_EQ(time.Now(), At(absl::Hours(1)));

  EXPECT_THAT(time.RunToCompletion(), IsOk()) << "nothing was lost";
}

TEST(VirtualTimeTest, AnInstantThatNeverEndsIsFoundOut) {
  VirtualTime time({.max_steps_in_one_instant = 100});
  ASSERT_THAT(time.Spawn("spinner",
                         [&] {
                           while (time.SuspendUntil(time.Now()) == VirtualTime::Wakeup::kGoOn) {
                           }
                         }),
              IsOk());

  EXPECT_THAT(time.RunToCompletion(),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("fiber 'spinner'")));
}

TEST(VirtualTimeTest, WakeGoesBeforeTheDeadline) {
  VirtualTime time;
  WorldTime woke;
  const auto sleeper = time.Spawn("sleeper", [&] {
    (void)time.SuspendUntil(At(absl::Hours(1)));
    woke = time.Now();
  });
  ASSERT_THAT(sleeper, IsOk());
  time.CallAt(At(absl::Minutes(1)), [&] {
    time.Wake(*sleeper);
    time.Wake(*sleeper);  // once is enough
  });

  EXPECT_THAT(time.RunToCompletion(), IsOk());

  EXPECT_EQ(woke, At(absl::Minutes(1)));
  EXPECT_EQ(time.Now(), At(absl::Minutes(1)));
  time.Wake(*sleeper);  // has finished: nothing happens
}

TEST(VirtualTimeTest, ACancelledFiberUnwindsNowAndTheOthersGoOn) {
  VirtualTime time;
  std::vector<std::string> log;
  struct Mourned {
    VirtualTime& time;
    std::vector<std::string>& log;
    ~Mourned() {
      Sleep(time, At(absl::Hours(5)));  // what blocks while it unwinds does not wait
      log.push_back(absl::StrCat("unwound at ", absl::FormatDuration(time.Now().since_zero())));
    }
  };
  const auto killed = time.Spawn("killed", [&] {
    const Mourned frame{time, log};
    Sleep(time, At(absl::Hours(2)));
    log.push_back("never");
  });
  ASSERT_THAT(killed, IsOk());
  ASSERT_THAT(time.Spawn("other",
                         [&] {
                           Sleep(time, At(absl::Hours(1)));
                           time.Cancel(*killed);
                           log.push_back("cancelled it");
                           Sleep(time, At(absl::Hours(3)));
                           log.push_back("went on");
                         }),
              IsOk());

  EXPECT_THAT(time.RunToCompletion(), IsOk());

  EXPECT_THAT(log, ElementsAre("cancelled it", "unwound at 1h", "went on"));
  time.Cancel(*killed);  // has finished: nothing happens
}

TEST(VirtualTimeTest, OneThatCancelsItselfEndsAtItsNextWait) {
  VirtualTime time;
  std::vector<std::string> log;
  ASSERT_THAT(time.Spawn("self",
                         [&] {
                           time.Cancel(time.Current());
                           log.push_back("until the next wait");
                           Sleep(time, At(absl::Seconds(1)));
                           log.push_back("never");
                         }),
              IsOk());

  EXPECT_THAT(time.RunToCompletion(), IsOk());
  EXPECT_THAT(log, ElementsAre("until the next wait"));
  EXPECT_EQ(time.Now(), At(absl::ZeroDuration()));
}

TEST(VirtualTimeTest, TheEndOfTimeUnwindsWhatIsLeft) {
  std::vector<std::string> log;
  struct Mourned {
    std::vector<std::string>& log;
    std::string name;
    ~Mourned() { log.push_back(name); }
  };
  {
    VirtualTime time;
    for (const char* name : {"first", "second"}) {
      ASSERT_THAT(time.Spawn(name,
                             [&, name] {
                               const Mourned frame{log, name};
                               Sleep(time, At(absl::Hours(1)));
                             }),
                  IsOk());
    }
    ASSERT_THAT(time.RunUntil(At(absl::Minutes(1))), IsOk());
    ASSERT_THAT(time.Spawn("never began", [&] { log.push_back("never"); }), IsOk());
  }
  EXPECT_THAT(log, ElementsAre("first", "second"));
}

TEST(VirtualTimeTest, AFiberMaySpawnOthersUpToTheBound) {
  VirtualTime time({.max_fibers = 2});
  absl::Status third;
  ASSERT_THAT(time.Spawn("parent",
                         [&] {
                           EXPECT_THAT(time.Spawn("child", [] {}), IsOk());
                           third = time.Spawn("one too many", [] {}).status();
                           Sleep(time, At(absl::Seconds(1)));
                           EXPECT_THAT(time.Spawn("after the child has ended", [] {}), IsOk());
                         }),
              IsOk());

  EXPECT_THAT(time.RunToCompletion(), IsOk());
  EXPECT_THAT(third, StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST(VirtualTimeDeathTest, BlockingOnNoFiberAborts) {
  VirtualTime time;
  EXPECT_DEATH((void)time.SuspendUntil(At(absl::Seconds(1))), "would stop the world");
}

}  // namespace
}  // namespace mig::sim
