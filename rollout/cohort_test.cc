#include "rollout/cohort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>

#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"

namespace mig::rollout {
namespace {

using base::testing::Seed;
using base::testing::SeededRandom;

template <typename Id>
Id Filled(char byte) {
  return *Id::FromBytes(std::string(32, byte));
}

// first, first + 1, ..., first + 31.
template <typename Id>
Id Counting(char first) {
  std::array<char, 32> bytes;
  std::iota(bytes.begin(), bytes.end(), first);
  return Id(bytes);
}

constexpr uint32_t kEightHoursMs = 28'800'000;

// The constants of this file were computed by another program (Python's hashlib and integers of any
// size) from the formulas of docs/protocol.md.
TEST(CohortTest, GoldenVectors) {
  using trust::CohortSeed;
  using trust::HostId;
  EXPECT_EQ(CohortOf(Filled<CohortSeed>('\0'), Filled<HostId>('\0')), 1401729189356679480u);
  EXPECT_EQ(CohortOf(Filled<CohortSeed>('\xff'), Filled<HostId>('\xff')), 7288011567444363904u);
  EXPECT_EQ(CohortOf(Counting<CohortSeed>(0), Counting<HostId>(32)), 7262608191108018753u);
}

TEST(CohortTest, SeedAndHostIdSwappedGiveAnotherCohort) {  // ADVERSARY 52
  EXPECT_EQ(CohortOf(Counting<trust::CohortSeed>(32), Counting<trust::HostId>(0)),
            3008374860491607113u);
}

TEST(CohortTest, SeedAndHostIdOfOtherLengthsDoNotExist) {  // ADVERSARY 52
  for (const size_t size : {0u, 16u, 31u, 33u, 64u}) {
    EXPECT_FALSE(trust::CohortSeed::FromBytes(std::string(size, 'x')).ok()) << size;
    EXPECT_FALSE(trust::HostId::FromBytes(std::string(size, 'x')).ok()) << size;
  }
}

TEST(ThresholdTest, GoldenVectors) {
  EXPECT_EQ(Threshold({0, 1'000'000, 0}, 0), kCohortEnd);
  EXPECT_EQ(Threshold({0, 1, 0}, 0), 9223372036854u);
  EXPECT_EQ(Threshold({0, 20'000, kEightHoursMs}, 0), 0u);
  EXPECT_EQ(Threshold({0, 20'000, kEightHoursMs}, 1), 6405119470u);
  EXPECT_EQ(Threshold({0, 20'000, kEightHoursMs}, 14'400'000), 92233720368547758u);
  EXPECT_EQ(Threshold({0, 20'000, kEightHoursMs}, kEightHoursMs), 184467440737095516u);
  EXPECT_EQ(Threshold({20'000, 250'000, kEightHoursMs}, 7), 184467956349212854u);
  EXPECT_EQ(Threshold({250'000, 1'000'000, UINT32_MAX}, 4'294'967'294), 9223372035244163071u);
  EXPECT_EQ(Threshold({250'000, 1'000'000, UINT32_MAX}, UINT32_MAX), kCohortEnd);
  EXPECT_EQ(Threshold({999'999, 1'000'000, 3}, 1), 9223365887940084571u);
}

TEST(ThresholdTest, ElapsedIsClampedToTheRamp) {
  const Ramp ramp = {10'000, 20'000, 1'000};
  EXPECT_EQ(Threshold(ramp, -1), Threshold(ramp, 0));
  EXPECT_EQ(Threshold(ramp, INT64_MIN), Threshold(ramp, 0));
  EXPECT_EQ(Threshold(ramp, 1'001), Threshold(ramp, 1'000));
  EXPECT_EQ(Threshold(ramp, INT64_MAX), Threshold(ramp, 1'000));
  // Without a ramp, hi counts at once.
  EXPECT_EQ(Threshold({10'000, 20'000, 0}, 0), Threshold({20'000, 20'000, 5}, 0));
}

TEST(ThresholdTest, ZeroAdmitsNobodyAndAMillionEverybody) {  // ADVERSARY 51
  EXPECT_EQ(AdmittedAfterMs({0, 0, 0}, 0), std::nullopt);
  EXPECT_EQ(AdmittedAfterMs({0, 0, 1'000}, 0), std::nullopt);
  EXPECT_EQ(AdmittedAfterMs({1'000'000, 1'000'000, 0}, kCohortEnd - 1), 0);
  EXPECT_EQ(AdmittedAfterMs({0, 1'000'000, UINT32_MAX}, kCohortEnd - 1), UINT32_MAX);
}

TEST(ThresholdTest, ACohortExactlyAtTheThresholdWaits) {  // ADVERSARY 51
  const uint64_t threshold = Threshold({0, 20'000, 0}, 0);
  EXPECT_EQ(AdmittedAfterMs({0, 20'000, 0}, threshold - 1), 0);
  EXPECT_EQ(AdmittedAfterMs({0, 20'000, 0}, threshold), std::nullopt);
  EXPECT_EQ(AdmittedAfterMs({0, 1, 0}, Threshold({0, 1, 0}, 0)), std::nullopt);
}

TEST(ThresholdTest, AdmittedAfterIsTheFirstMillisecondBelowTheThreshold) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  SeededRandom random(seed);
  for (int i = 0; i < 100'000; ++i) {
    Ramp ramp;
    ramp.hi_ppm = static_cast<uint32_t>(random.Below(1'000'001));
    ramp.lo_ppm = static_cast<uint32_t>(random.Below(ramp.hi_ppm + 1));
    ramp.ramp_ms = static_cast<uint32_t>(random.Below(2) == 0 ? random.Below(100)
                                                              : random.Below(uint64_t{1} << 32));
    // Half of them near the threshold at some time of the ramp.
    uint64_t cohort = random.Below(kCohortEnd);
    if (random.Below(2) == 0) {
      const int64_t some_time = static_cast<int64_t>(random.Below(uint64_t{ramp.ramp_ms} + 1));
      cohort = std::min(Threshold(ramp, some_time) + random.Below(3), kCohortEnd - 1);
    }
    const std::optional<int64_t> after = AdmittedAfterMs(ramp, cohort);
    SCOPED_TRACE(::testing::Message() << ramp.lo_ppm << ".." << ramp.hi_ppm << " in "
                                      << ramp.ramp_ms << " ms, cohort " << cohort);
    if (!after.has_value()) {
      ASSERT_GE(cohort, Threshold(ramp, INT64_MAX));
      continue;
    }
    ASSERT_LT(cohort, Threshold(ramp, *after));
    const uint64_t before = *after == 0 ? 0 : Threshold(ramp, *after - 1);
    ASSERT_GE(cohort, before);
  }
}

TEST(HoldbackTest, TheLastCohortsAreHeldBack) {
  EXPECT_FALSE(IsHeldBack(kCohortEnd - 1, 0));
  EXPECT_TRUE(IsHeldBack(0, 1'000'000));
  EXPECT_TRUE(IsHeldBack(9223362813482738953u, 1));
  EXPECT_FALSE(IsHeldBack(9223362813482738952u, 1));
  EXPECT_TRUE(IsHeldBack(9038904596117680291u, 20'000));
  EXPECT_FALSE(IsHeldBack(9038904596117680290u, 20'000));
}

TEST(CohortTest, PpmIsRoundedDown) {
  EXPECT_EQ(CohortPpm(0), 0u);
  EXPECT_EQ(CohortPpm(kCohortEnd - 1), 999'999u);
  EXPECT_EQ(CohortPpm(7262608191108018753u), 787'413u);
}

}  // namespace
}  // namespace mig::rollout
