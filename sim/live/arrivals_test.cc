#include "sim/live/arrivals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "rollout/slot.h"
#include "trust/testing/test_authority.h"

namespace mig::sim {
namespace {

using trust::testing::TestEpoch;

constexpr size_t kHosts = 200;

std::vector<trust::HostId> Ids() {
  std::vector<trust::HostId> ids;
  for (size_t i = 0; i < kHosts; ++i) ids.push_back(trust::testing::TestHostId(i));
  return ids;
}

// All of them, as if each run ended at once.
std::vector<Arrival> Drain(Arrivals arrivals) {
  std::vector<Arrival> all;
  while (arrivals.Next().has_value()) {
    all.push_back(arrivals.Take());
    arrivals.Ended(all.back());
  }
  return all;
}

TEST(ArrivalsTest, EachHostRunsOnceInEachInterval) {
  const absl::Time start = TestEpoch() + absl::Milliseconds(12'345);
  const Arrivals arrivals(
      Ids(), {.start = start, .duration = absl::Seconds(30), .every = absl::Seconds(10)});

  EXPECT_EQ(arrivals.IntendedBy(absl::InfiniteFuture()), kHosts * 3);
  const std::vector<Arrival> all = Drain(arrivals);
  ASSERT_EQ(all.size(), kHosts * 3);
  std::map<size_t, int> runs;
  for (const Arrival& arrival : all) {
    EXPECT_GE(arrival.at, start);
    EXPECT_LT(arrival.at, start + absl::Seconds(30));
    ++runs[arrival.host];
  }
  for (const auto& [host, count] : runs) EXPECT_EQ(count, 3) << host;
}

TEST(ArrivalsTest, TimesAreTheShippedSlotsAndAPlaceWithinTheirSecond) {
  const std::vector<trust::HostId> ids = Ids();
  for (const Arrival& arrival : Drain(Arrivals(
           ids,
           {.start = TestEpoch(), .duration = absl::Seconds(60), .every = absl::Seconds(20)}))) {
    const auto slots = rollout::CheckInSchedule::Make(ids[arrival.host], absl::Seconds(20));
    ASSERT_TRUE(slots.ok());
    const absl::Duration after = arrival.at - slots->LatestSlot(arrival.at);
    EXPECT_EQ(after, WithinSecond(ids[arrival.host]));
    EXPECT_LT(after, absl::Seconds(1));
  }
}

TEST(ArrivalsTest, TheyComeInOrder) {
  const std::vector<Arrival> all = Drain(Arrivals(
      Ids(), {.start = TestEpoch(), .duration = absl::Seconds(9), .every = absl::Seconds(3)}));
  for (size_t i = 1; i < all.size(); ++i) EXPECT_LE(all[i - 1].at, all[i].at);
}

TEST(ArrivalsTest, AHostThatStillRunsIsNotBegunAgainAndItsTimesStay) {
  Arrivals arrivals(
      {trust::testing::TestHostId(1)},
      {.start = TestEpoch(), .duration = absl::Seconds(20), .every = absl::Seconds(5)});
  const Arrival first = arrivals.Take();

  EXPECT_FALSE(arrivals.Next().has_value());
  EXPECT_FALSE(arrivals.AllEnded());
  arrivals.Ended(first);
  EXPECT_EQ(arrivals.Next()->at, first.at + absl::Seconds(5));
}

TEST(ArrivalsTest, WhatIsIntendedUpToATimeIsWhatComesUntilThen) {
  const Arrivals arrivals(
      Ids(), {.start = TestEpoch(), .duration = absl::Seconds(17), .every = absl::Seconds(10)});
  const std::vector<Arrival> all = Drain(arrivals);

  EXPECT_EQ(arrivals.IntendedBy(TestEpoch() - absl::Seconds(1)), 0u);
  for (int s = 0; s <= 17; ++s) {
    const absl::Time now = TestEpoch() + absl::Seconds(s);
    const auto come = std::ranges::count_if(all, [now](const Arrival& a) { return a.at <= now; });
    EXPECT_EQ(arrivals.IntendedBy(now), static_cast<uint64_t>(come)) << s;
  }
  EXPECT_EQ(arrivals.IntendedBy(absl::InfiniteFuture()), all.size());
}

}  // namespace
}  // namespace mig::sim
