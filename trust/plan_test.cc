#include "trust/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <iterator>
#include <optional>
#include <string>

#include "base/testing/status_matchers.h"
#include "trust/refusal.h"
#include "trust/testing/full_documents.h"
#include "trust/testing/test_authority.h"

namespace mig::trust {
namespace {

using base::testing::IsOk;
using ::mig::trust::testing::FullPlan;
using ::mig::trust::testing::TestAuthority;
using ::mig::trust::testing::TestDigest;
using ::testing::AnyOf;
using ::testing::Eq;

class PlanTest : public ::testing::Test {
 protected:
  absl::Status Parse() { return Plan::Parse(message_.SerializeAsString()).status(); }
  std::optional<v1::Refusal::Code> Code() { return RefusalOf(Parse()); }

  v1::Plan message_ = FullPlan(TestAuthority());
};

TEST_F(PlanTest, SaysWhatTheMessageSays) {
  const auto plan = Plan::Parse(message_.SerializeAsString());
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->stream(), "main");
  EXPECT_EQ(plan->numbers(), (Numbers{2, 61}));
  EXPECT_EQ(plan->base(), TestDigest("plan 60"));
  EXPECT_EQ(plan->item("agent")->fallback, TestDigest("manifest 119"));
  EXPECT_EQ(plan->item("loader"), nullptr);
  EXPECT_EQ(plan->window()->days, 31u);
  EXPECT_EQ(plan->canaries()->hosts.size(), 2u);
  EXPECT_EQ(plan->waves()[1].ramp, absl::Hours(8));
  EXPECT_TRUE(plan->gates().has_value());
  EXPECT_TRUE(plan->baseline_until().has_value());
}

// Each of these is one thing wrong.
TEST_F(PlanTest, EachBoundIsKept) {
  const v1::Plan whole = message_;
  const int64_t first = whole.first_issued_ms();
  const std::function<void()> breaks[] = {
      [&] { message_.set_name("A plan"); },
      [&] { message_.set_stream("Main"); },
      [&] { message_.set_rollout("short"); },
      [&] { message_.set_cohort_seed(std::string(31, 's')); },
      [&] { message_.set_cohort_seed(std::string(33, 's')); },
      [&] { message_.set_first_issued_ms(message_.issued_ms() + 1); },
      [&] { message_.set_filter(std::string(4097, 'f')); },
      [&] { message_.mutable_window()->set_days(128); },
      [&] { message_.mutable_window()->set_start_minute(1440); },
      [&] { message_.mutable_window()->set_length_minutes(1441); },
      [&] { message_.set_base("short"); },
      [&] { message_.clear_items(); },
      [&] { *message_.add_items() = message_.items(0); },
      [&] { message_.mutable_items(0)->set_product("a/b"); },
      [&] { message_.mutable_items(0)->set_fallback_manifest_digest("short"); },
      [&] {
        message_.mutable_items(0)->set_fallback_manifest_digest(
            message_.items(0).manifest_digest());
      },
      [&] { message_.mutable_canaries()->clear_host_ids(); },
      [&] { message_.mutable_canaries()->mutable_host_ids()->SwapElements(0, 1); },
      [&] { message_.mutable_canaries()->add_host_ids(std::string(31, '\xff')); },
      [&] { message_.mutable_canaries()->set_not_before_ms(first - 1); },
      [&] { message_.mutable_canaries()->set_soak_ms(31LL * 24 * 3'600'000); },
      [&] { message_.mutable_waves(0)->set_not_before_ms(first - 1); },
      [&] { message_.mutable_waves(0)->set_lo_ppm(20'001); },
      [&] { message_.mutable_waves(1)->set_hi_ppm(1'000'001); },
      [&] { message_.mutable_waves(0)->set_ramp_ms(int64_t{1} << 32); },
      [&] { message_.mutable_waves(0)->set_soak_ms(31LL * 24 * 3'600'000); },
      [&] { message_.mutable_waves(0)->set_name("Early"); },
      [&] { message_.mutable_waves(0)->set_filter(std::string(4097, 'f')); },
      [&] {
        while (message_.waves_size() < 33) *message_.add_waves() = whole.waves(1);
      },
      [&] { message_.set_holdback_ppm(1'000'001); },
      [&] { message_.add_retry("short"); },
      [&] { *message_.add_retry() = message_.retry(0); },
      [&] { message_.set_expires_ms(message_.issued_ms()); },
      [&] { message_.set_baseline_until_ms(message_.expires_ms() - 1); },
      [&] { message_.mutable_waves(1)->set_hold(true); },  // and a baseline
      [&] { message_.clear_waves(); },                     // and a baseline
      [&] {
        message_.clear_waves();
        message_.clear_canaries();
        message_.clear_baseline_until_ms();
      },
      [&] { message_.mutable_gates()->clear_overdue_ms(); },
      [&] { message_.mutable_gates()->set_confirmed_ppm(1'000'001); },
      [&] { message_.mutable_gates()->mutable_wave_failures()->set_halt_micronats(-1); },
      [&] { message_.mutable_gates()->mutable_wave_failures()->set_pass_micronats(1); },
      [&] { message_.mutable_gates()->mutable_wave_failures()->set_unacceptable_ppm(5'000); },
      [&] { message_.mutable_gates()->mutable_silence()->set_ratio_ppm(1'000'000); },
      [&] { message_.mutable_gates()->mutable_silence()->set_trial_ms(1); },
      [&] { message_.mutable_gates()->mutable_counts()->mutable_steps()->SwapElements(0, 1); },
      [&] { message_.mutable_gates()->mutable_slices()->SwapElements(0, 1); },
  };
  for (size_t i = 0; i < std::size(breaks); ++i) {
    message_ = whole;
    breaks[i]();
    EXPECT_THAT(Code(), AnyOf(Eq(v1::Refusal::MALFORMED), Eq(v1::Refusal::BOUND)))
        << "the " << i << "th: " << message_.ShortDebugString().substr(0, 300);
  }
}

TEST_F(PlanTest, CanariesOrWavesAreEnough) {
  message_.clear_canaries();
  EXPECT_THAT(Parse(), IsOk());
  message_ = FullPlan(TestAuthority());
  message_.clear_waves();
  message_.clear_baseline_until_ms();
  EXPECT_THAT(Parse(), IsOk());
}

TEST_F(PlanTest, TheLongestRampIsAccepted) {
  message_.mutable_waves(0)->set_ramp_ms((int64_t{1} << 32) - 1);
  EXPECT_THAT(Parse(), IsOk());
}

// What the binding holds fast, and what may change in a re-signed plan.
TEST_F(PlanTest, TheBindingIsOfSeedFirstIssueAndTargetsOnly) {
  const base::Digest binding = Plan::Parse(message_.SerializeAsString())->RolloutBinding();
  const v1::Plan whole = message_;
  const std::function<void()> may_change[] = {
      [&] { message_.mutable_waves(0)->set_hi_ppm(30'000); },
      [&] { message_.mutable_canaries()->mutable_host_ids()->RemoveLast(); },
      [&] { message_.mutable_items(0)->clear_fallback_manifest_digest(); },
      [&] { message_.clear_gates(); },
      [&] { message_.clear_retry(); },
      [&] { message_.set_sequence(62); },
      [&] { message_.set_issued_ms(message_.issued_ms() + 1); },
  };
  for (const auto& change : may_change) {
    message_ = whole;
    change();
    EXPECT_EQ(Plan::Parse(message_.SerializeAsString())->RolloutBinding(), binding);
  }
  const std::function<void()> may_not_change[] = {
      [&] { message_.mutable_cohort_seed()->at(0) ^= 1; },
      [&] { message_.set_first_issued_ms(message_.first_issued_ms() - 1); },
      [&] { message_.mutable_items(0)->mutable_manifest_digest()->at(0) ^= 1; },
      [&] { message_.mutable_items(0)->set_epoch(9); },
      [&] { message_.mutable_items(0)->set_product("agenta"); },
      [&] {
        *message_.add_items() = message_.items(0);
        message_.mutable_items(1)->set_product("loader");
      },
  };
  for (const auto& change : may_not_change) {
    message_ = whole;
    change();
    EXPECT_NE(Plan::Parse(message_.SerializeAsString())->RolloutBinding(), binding);
  }
}

}  // namespace
}  // namespace mig::trust
