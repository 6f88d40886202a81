// Offers and outcomes, counted.

#include "coordinator/fleet/rollout_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "coordinator/store/testing/sample_records.h"

namespace mig::coordinator {
namespace {

using testing::At;
using testing::SomeHostId;
using testing::SomeRolloutId;

constexpr OfferPlace kFirstWave{.kind = OfferKind::kWave, .wave = 0};

OfferRecord OfferTo(uint64_t host, bool counted = true) {
  OfferRecord offer;
  offer.host = SomeHostId(host);
  offer.rollout = SomeRolloutId(1);
  offer.at = At(1'000);
  offer.counted = counted;
  return offer;
}

v1::Outcome OutcomeOf(v1::Outcome::Result result) {
  v1::Outcome outcome;
  outcome.set_kind(v1::Outcome::INSTALL);
  outcome.set_result(result);
  outcome.set_stage(v1::Outcome::HEALTH);
  outcome.mutable_refusal()->set_code(v1::Refusal::PROBE);
  return outcome;
}

class RolloutLedgerTest : public ::testing::Test {
 protected:
  OfferCounts Count(const CountRules& rules) {
    return ledger_.Count(SomeRolloutId(1), rules).places[kFirstWave];
  }
  void End(uint64_t host, v1::Outcome::Result result) {
    ledger_.ApplyOutcome(SomeHostId(host), SomeRolloutId(1), At(2'000), OutcomeOf(result));
  }
  CountRules rules_{.now = At(3'000)};
  RolloutLedger ledger_;
};

TEST_F(RolloutLedgerTest, AnOfferIsPending) {
  ledger_.Apply(OfferTo(1));
  EXPECT_EQ(Count(rules_).pending, 1);
}

TEST_F(RolloutLedgerTest, TheFirstOfferOfAHostStands) {
  ledger_.Apply(OfferTo(1));
  ledger_.Apply(OfferTo(1));
  EXPECT_EQ(Count(rules_).offered, 1);
}

TEST_F(RolloutLedgerTest, WithoutAWordItIsSilentAfterTheDeadline) {
  ledger_.Apply(OfferTo(1));
  rules_.overdue = absl::Milliseconds(1'999);
  EXPECT_EQ(Count(rules_).silent, 1);
}

TEST_F(RolloutLedgerTest, AtTheDeadlineItIsStillPending) {
  ledger_.Apply(OfferTo(1));
  rules_.overdue = absl::Milliseconds(2'000);
  EXPECT_EQ(Count(rules_).pending, 1);
}

TEST_F(RolloutLedgerTest, WhoComesBackLateIsCountedOnce) {
  ledger_.Apply(OfferTo(1));
  rules_.overdue = absl::Milliseconds(1);
  End(1, v1::Outcome::HEALTHY);
  EXPECT_EQ(Count(rules_).healthy, 1);
  EXPECT_EQ(Count(rules_).silent, 0);
}

TEST_F(RolloutLedgerTest, HealthySoaksForItsWavesTime) {
  ledger_.Apply(OfferTo(1));
  End(1, v1::Outcome::HEALTHY);
  rules_.wave_soaks = {absl::Milliseconds(1'001)};
  EXPECT_EQ(Count(rules_).soaking, 1);
  rules_.wave_soaks = {absl::Milliseconds(1'000)};
  EXPECT_EQ(Count(rules_).soaking, 0);
}

TEST_F(RolloutLedgerTest, TheLastWordCounts) {
  ledger_.Apply(OfferTo(1));
  End(1, v1::Outcome::WENT_BACK);
  End(1, v1::Outcome::HEALTHY);
  EXPECT_EQ(Count(rules_).failed, 0);
}

TEST_F(RolloutLedgerTest, EqualFailuresStandTogether) {
  for (uint64_t host = 1; host <= 3; ++host) {
    ledger_.Apply(OfferTo(host));
    End(host, v1::Outcome::WENT_BACK);
  }
  const RolloutLedger::Totals totals = ledger_.Count(SomeRolloutId(1), rules_);
  ASSERT_EQ(totals.failures.size(), 1);
  EXPECT_EQ(totals.failures.begin()->second, 3);
}

TEST_F(RolloutLedgerTest, WhatHostsHadBeforeIsCountedOncePerHost) {
  const auto end = [this](uint64_t host, uint64_t before) {
    v1::Outcome outcome = OutcomeOf(v1::Outcome::HEALTHY);
    outcome.set_product("agent");
    outcome.set_from_manifest_digest(std::string(testing::SomeDigest("m", before).bytes()));
    ledger_.ApplyOutcome(SomeHostId(host), SomeRolloutId(1), At(2'000), outcome);
  };
  for (uint64_t host = 1; host <= 3; ++host) ledger_.Apply(OfferTo(host));
  // One host cannot take up all places, whatever it says.
  for (uint64_t n = 0; n < 1'000; ++n) end(1, n);
  end(2, 7);
  end(3, 7);

  const RolloutLedger::Totals totals = ledger_.Count(SomeRolloutId(1), rules_);

  EXPECT_EQ(totals.before.size(), 2);
  EXPECT_EQ(totals.before.at({.product = "agent", .manifest = testing::SomeDigest("m", 7)}), 2);
}

TEST_F(RolloutLedgerTest, WhoDoesNotCountIsInNoOtherNumber) {
  ledger_.Apply(OfferTo(1, false));
  End(1, v1::Outcome::WENT_BACK);
  EXPECT_EQ(Count(rules_).uncounted, 1);
  EXPECT_EQ(Count(rules_).offered, 0);
  EXPECT_EQ(Count(rules_).failed, 0);
}

TEST_F(RolloutLedgerTest, AnOutcomeWithoutAnOfferIsNothing) {
  End(1, v1::Outcome::HEALTHY);
  EXPECT_TRUE(ledger_.Count(SomeRolloutId(1), rules_).places.empty());
}

TEST_F(RolloutLedgerTest, ARepairIsNoWordOnARollout) {
  ledger_.Apply(OfferTo(1));
  v1::Outcome repair = OutcomeOf(v1::Outcome::HEALTHY);
  repair.set_kind(v1::Outcome::REPAIR);
  ledger_.ApplyOutcome(SomeHostId(1), SomeRolloutId(1), At(2'000), repair);
  EXPECT_EQ(Count(rules_).pending, 1);
}

}  // namespace
}  // namespace mig::coordinator
