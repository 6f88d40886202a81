// What a simulator stands on: the same seed gives the same run, to the last step.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/event.h"
#include "base/random.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "sim/fiber/host_clock.h"
#include "sim/fiber/virtual_time.h"

namespace mig::sim {
namespace {

using base::Event;
using base::testing::IsOk;
using base::testing::Seed;
using base::testing::SeededRandom;

// Each host asks a server, which answers late, or not at all; some are killed.
class Fleet {
 public:
  Fleet(Seed seed, int hosts) : random_(seed) {
    for (int i = 0; i < hosts; ++i) {
      clocks_.push_back(std::make_unique<HostClock>(
          time_,
          HostClockOptions{.name = absl::StrCat("host ", i), .up = Within(absl::Hours(48))}));
      auto fiber = time_.Spawn(absl::StrCat("loader ", i), [this, i] { Live(i); });
      EXPECT_THAT(fiber, IsOk());
      if (i % 10 == 3) {
        time_.CallAt(time_.Now() + Within(absl::Hours(1)), [this, id = *fiber, i] {
          Say(i, "killed");
          time_.Cancel(id);
        });
      }
    }
  }

  std::vector<std::string> Run() {
    EXPECT_THAT(time_.RunToCompletion(WorldTime(absl::Hours(24))), IsOk());
    return trace_;
  }

 private:
  absl::Duration Within(absl::Duration bound) {
    return absl::Nanoseconds(static_cast<int64_t>(
        random_.Below(static_cast<uint64_t>(absl::ToInt64Nanoseconds(bound)))));
  }

  void Say(int host, absl::string_view what) {
    trace_.push_back(
        absl::StrCat(absl::FormatDuration(time_.Now().since_zero()), " host ", host, " ", what));
  }

  void Live(int host) {
    HostClock& clock = *clocks_[host];
    for (int call = 0; call < 5; ++call) {
      clock.SleepUntil(clock.MonotonicNow() + Within(absl::Minutes(30)));
      // Kept by both sides: an answer may come when its host has given up.
      std::shared_ptr<Event> answer = clock.NewEvent();
      time_.CallAt(time_.Now() + Within(absl::Seconds(20)), [answer] { answer->Notify(); });
      const Event::Result result = answer->WaitUntil(clock.MonotonicNow() + absl::Seconds(10));
      Say(host, result == Event::Result::kHappened ? "answered" : "timed out");
    }
  }

  SeededRandom random_;
  std::vector<std::string> trace_;
  std::vector<std::unique_ptr<HostClock>> clocks_;
  VirtualTime time_;  // ends first: its fibers use the others
};

TEST(DeterminismTest, TheSameSeedGivesTheSameTraceOfAThousandFibers) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);

  const std::vector<std::string> first = Fleet(seed, 1'000).Run();
  const std::vector<std::string> second = Fleet(seed, 1'000).Run();

  EXPECT_GT(first.size(), 4'000u);
  EXPECT_EQ(first, second);
}

TEST(DeterminismTest, AnotherSeedGivesAnotherTrace) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);

  EXPECT_NE(Fleet(seed.For("one"), 20).Run(), Fleet(seed.For("another"), 20).Run());
}

}  // namespace
}  // namespace mig::sim
