// A sample of what the program `kill` does (docs/crash.md), small enough for every run of the
// tests; the seed is printed, and MIG_TEST_SEED chooses it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "tests/kill/campaign.h"
#include "tests/kill/case.h"
#include "tests/kill/kill_site.h"
#include "tests/kill/run_trial.h"
#include "tests/kill/trial.h"

namespace mig::tests {
namespace {

using base::testing::IsOk;
using base::testing::Seed;
using base::testing::SeededRandom;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;

constexpr DiskKind kDisks[] = {DiskKind::kTmpfs, DiskKind::kHere, DiskKind::kExt4, DiskKind::kXfs,
                               DiskKind::kBind};

// One site for all tests of this process: to make it takes longer than most of them.
class KillTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::vector<KillSite::Wanted> wanted;
    for (const DiskKind disk : kDisks) wanted.push_back({disk, Temper::kGood});
    for (const DiskKind disk : {DiskKind::kTmpfs, DiskKind::kHere}) {
      wanted.push_back({disk, Temper::kBad});
    }
    auto site = KillSite::Make("", wanted);
    ASSERT_THAT(site, IsOk());
    site_ = *std::move(site);
    prepared_ = PrepareRecoveries(*site_, MainDisk());
  }
  static void TearDownTestSuite() { site_.reset(); }

  void SetUp() override {
    ASSERT_NE(site_, nullptr);
    if (absl::IsPermissionDenied(prepared_)) GTEST_SKIP() << prepared_.message();
    ASSERT_THAT(prepared_, IsOk());
  }

  // In memory, if that can be mounted.
  static DiskKind MainDisk() {
    return site_->Find(DiskKind::kTmpfs, Temper::kGood) != nullptr ? DiskKind::kTmpfs
                                                                   : DiskKind::kHere;
  }
  static std::string WhySkipped(DiskKind disk) {
    for (const std::string& skipped : site_->skipped()) {
      if (absl::StartsWith(skipped, absl::StrCat(DiskName(disk), ":"))) return skipped;
    }
    return "";
  }

  // Samples so many trials of the scenario, and makes them.
  Tally Try(const Scenario& scenario, DiskKind disk, const Extent& extent) {
    const auto watched = WatchScenario(*site_, scenario, disk);
    EXPECT_THAT(watched, IsOk()) << scenario.name;
    if (!watched.ok()) return {};
    SeededRandom random(seed_.For(scenario.name, static_cast<uint64_t>(disk)));
    const auto tally = RunTrials(
        *site_, ChooseTrials(scenario, disk, extent, watched->calls, random), [] { return true; },
        [](const Trial& trial, const std::string& violation) {
          ADD_FAILURE() << violation << "\nagain: bazel-bin/tests/kill/kill --trial "
                        << trial.ToString();
        });
    EXPECT_THAT(tally, IsOk()) << scenario.name;
    return tally.value_or(Tally());
  }
  Tally TryEach(const Extent& extent) {
    Tally all;
    for (const Scenario& scenario : Scenarios()) all += Try(scenario, MainDisk(), extent);
    return all;
  }

  static const Scenario& Named(absl::string_view name) {
    return *std::ranges::find(Scenarios(), name, &Scenario::name);
  }

  static std::unique_ptr<KillSite> site_;
  static absl::Status prepared_;
  const Seed seed_ = Seed::FromEnvironmentOrRandom();
  ::testing::ScopedTrace trace_{__FILE__, __LINE__, seed_};
};
std::unique_ptr<KillSite> KillTest::site_;
absl::Status KillTest::prepared_;

// Promise 3. I3, I5 and I6 of ADVERSARY 9, between any two calls of a run.
TEST_F(KillTest, AfterEachCallNoPathIsMissingAndThereIsAWayBack) {
  for (const Scenario& scenario : Scenarios()) {
    const auto watched = WatchScenario(*site_, scenario, MainDisk());
    ASSERT_THAT(watched, IsOk()) << scenario.name;
    EXPECT_EQ(watched->violation.value_or(""), "") << scenario.name;
    EXPECT_THAT(watched->calls.size(), Ge(100u)) << scenario.name << ": was it traced at all?";
  }
}

// Promise 3. ADVERSARY 114.
TEST_F(KillTest, KilledAtACallTheHostIsWholeAfterRecoveryAndGoesOn) {
  EXPECT_THAT(TryEach({.kills = 6, .other_kills = 1}).kills, Ge(40));
}

// Promise 3. ADVERSARY 114, "then at each call of the recovery"; and two faults.
TEST_F(KillTest, StruckAgainInTheRecoveryItGoesOnAllTheSame) { TryEach({.twice = 3}); }

// Promise 3. ADVERSARY 117, 118.
TEST_F(KillTest, ACallThatFailsOnceIsACleanEndOrNone) {
  EXPECT_THAT(TryEach({.faults = 6, .other_faults = 2}).faults, Ge(40));
}

// ADVERSARY 123. Up to the commit point: from there on a run that never comes to the end of the
// probation has to begin it again.
TEST_F(KillTest, KilledAtTheSamePlaceInEachRunItComesToTheCommitAllTheSame) {
  auto subject = Case::Begin(*site_, Named("update"), MainDisk());
  ASSERT_THAT(subject, IsOk());
  std::string places;  // at which it was killed
  int runs = 0;
  for (; runs < 20 && !subject->HasJournal(); ++runs) {
    // Later than where a run that finds all of it staged writes the journal, earlier than where
    // one that stages all of it does.
    Striker striker(Strike{.point = {.kind = CallKind::kChange, .ordinal = 48}});
    const auto result = subject->Trace({"run", "--now"}, std::ref(striker));
    ASSERT_THAT(result, IsOk());
    ASSERT_EQ(result->exit_status, 128 + SIGKILL);
    absl::StrAppend(&places, "\n", striker.struck()->name, " ", striker.struck()->path);
  }
  EXPECT_TRUE(subject->HasJournal()) << "killed at" << places;
  EXPECT_THAT(runs, Ge(2)) << "it was never killed before";
  const auto last = subject->Run({"run", "--now"});
  ASSERT_THAT(last, IsOk());
  EXPECT_THAT(subject->CheckConverged(last->exit_status), IsOk());
}

TEST_F(KillTest, ARunWithNothingToDoMakesAtMostTwoCallsOfTheFsyncFamily) {
  auto subject = Case::Begin(*site_, Named("idle"), MainDisk());
  ASSERT_THAT(subject, IsOk());
  ASSERT_THAT(subject->Run({"run", "--now"}), IsOk());  // it knows its files again
  // So that the coordinator's answer has another head.
  const std::string token = site_->trial().world().Path("unused.token");
  ASSERT_THAT(site_->trial().ana().Do({"enroll", "token", "new", "--out", token}), IsOk());
  Striker striker;

  const auto result = subject->Trace({"run", "--now"}, std::ref(striker));

  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->exit_status, 0);
  std::vector<std::string> syncs;
  for (const Striker::Counted& counted : striker.counted()) {
    if (absl::StrContains(counted.call.name, "sync")) {
      syncs.push_back(absl::StrCat(counted.call.name, " ", counted.call.path));
    }
  }
  EXPECT_THAT(syncs.size(), Le(2u)) << ::testing::PrintToString(syncs);
}

// P3 of ADVERSARY 2.
TEST_F(KillTest, ARunChangesNoFileElsewhere) {
  const std::set<absl::string_view> changing = {"renameat", "renameat2", "unlinkat",  "mkdirat",
                                                "linkat",   "ftruncate", "fchmod",    "fchown",
                                                "fchmodat", "fchownat",  "utimensat", "fsync"};
  for (const Scenario& scenario : Scenarios()) {
    const auto watched = WatchScenario(*site_, scenario, MainDisk());
    ASSERT_THAT(watched, IsOk());
    std::vector<std::string> elsewhere;
    for (const Striker::Counted& counted : watched->calls) {
      if (counted.point.kind == CallKind::kOther && changing.contains(counted.call.name)) {
        elsewhere.push_back(absl::StrCat(counted.call.name, " ", counted.call.path));
      }
    }
    EXPECT_THAT(elsewhere, IsEmpty()) << scenario.name;
  }
}

class DiskKillTest : public KillTest, public ::testing::WithParamInterface<DiskKind> {};

// Promise 3. ADVERSARY 108, 114, 117.
TEST_P(DiskKillTest, IsWholeAndGoesOn) {
  if (site_->Find(GetParam(), Temper::kGood) == nullptr) GTEST_SKIP() << WhySkipped(GetParam());
  Try(Named("update"), GetParam(), {.kills = 4, .faults = 4, .twice = 2});
}

INSTANTIATE_TEST_SUITE_P(FileSystems, DiskKillTest, ::testing::ValuesIn(kDisks),
                         [](const auto& info) { return std::string(DiskName(info.param)); });

}  // namespace
}  // namespace mig::tests
