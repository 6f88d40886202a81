// The state of a rollout as a fold of its log.

#include "coordinator/fleet/rollout_fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/sha256.h"

namespace mig::coordinator {
namespace {

using Kind = RolloutEventKind;
using State = RolloutProgress::State;

constexpr std::array kAllKinds = {Kind::kStarted, Kind::kPlanReplaced, Kind::kHalted,
                                  Kind::kResumed, Kind::kFallingBack,  Kind::kWavePassed,
                                  Kind::kEnded};

RolloutEvent EventOf(Kind kind, uint64_t seq) {
  RolloutEvent event;
  event.seq = seq;
  event.kind = kind;
  event.at = absl::FromUnixSeconds(static_cast<int64_t>(1'000 + seq));
  event.plan = base::Sha256Of(std::to_string(seq));
  event.actor = "ana";
  event.reason = "because";
  return event;
}

RolloutProgress After(const std::vector<Kind>& kinds) {
  RolloutProgress progress;
  for (const Kind kind : kinds) progress = Fold(progress, EventOf(kind, progress.last_event + 1));
  return progress;
}

TEST(RolloutFoldTest, NothingHappenedNothingStarted) {
  EXPECT_EQ(RolloutProgress().state, State::kNotStarted);
}

TEST(RolloutFoldTest, AStartRunsItUnderItsPlan) {
  const RolloutProgress progress = After({Kind::kStarted});
  EXPECT_EQ(progress.state, State::kRunning);
  EXPECT_EQ(progress.plan, base::Sha256Of("1"));
  EXPECT_EQ(progress.started_by, "ana");
}

TEST(RolloutFoldTest, AReSignedPlanTakesOver) {
  EXPECT_EQ(After({Kind::kStarted, Kind::kPlanReplaced}).plan, base::Sha256Of("2"));
}

TEST(RolloutFoldTest, ASecondStartChangesNothing) {
  EXPECT_EQ(After({Kind::kStarted, Kind::kStarted}).plan, base::Sha256Of("1"));
}

TEST(RolloutFoldTest, ItsFirstHaltIsTheOneThatIsTold) {
  const RolloutProgress progress = After({Kind::kStarted, Kind::kHalted, Kind::kHalted});
  EXPECT_EQ(progress.halted_at, absl::FromUnixSeconds(1'002));
}

TEST(RolloutFoldTest, AHaltBeforeTheStartPreventsIt) {
  EXPECT_EQ(After({Kind::kHalted, Kind::kStarted}).state, State::kHalted);
}

// Promise 4.
TEST(RolloutFoldTest, AHaltIsAbsorbing) {
  // Every log of three more events without a resumption or an end.
  for (const Kind a : kAllKinds) {
    for (const Kind b : kAllKinds) {
      for (const Kind c : kAllKinds) {
        std::vector<Kind> kinds = {Kind::kStarted, Kind::kHalted};
        for (const Kind kind : {a, b, c}) {
          if (kind != Kind::kResumed && kind != Kind::kEnded) kinds.push_back(kind);
        }
        const State state = After(kinds).state;
        EXPECT_TRUE(state == State::kHalted || state == State::kFallingBack);
      }
    }
  }
}

TEST(RolloutFoldTest, AHaltedPlanIsNotReplaced) {
  EXPECT_EQ(After({Kind::kStarted, Kind::kHalted, Kind::kPlanReplaced}).plan, base::Sha256Of("1"));
}

TEST(RolloutFoldTest, AResumptionGoesOn) {
  const RolloutProgress progress = After({Kind::kStarted, Kind::kHalted, Kind::kResumed});
  EXPECT_EQ(progress.state, State::kRunning);
  EXPECT_EQ(progress.halt_reason, "");
}

TEST(RolloutFoldTest, WhatIsFallingBackIsNotResumed) {
  EXPECT_EQ(After({Kind::kStarted, Kind::kFallingBack, Kind::kResumed}).state, State::kFallingBack);
}

TEST(RolloutFoldTest, WhatEndedStaysEnded) {
  for (const Kind kind : kAllKinds) {
    EXPECT_EQ(After({Kind::kStarted, Kind::kEnded, kind}).state, State::kEnded);
  }
}

}  // namespace
}  // namespace mig::coordinator
