// What a report says of its host is true on the operators' screens at once, and durable with it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/sizes.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "coordinator/fleet/host_index.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "coordinator/handlers/testing/test_host.h"
#include "coordinator/store/write_batch.h"
#include "trust/refusal.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ReportedStateTest : public ::testing::Test {
 protected:
  ReportedStateTest() {
    clock_.Advance(absl::Hours(1));
    old_ = coordinator_.Publish("agent", 1, {{"agent", "old program"}});
    new_ = coordinator_.Publish("agent", 2, {{"agent", "new program"}});
    host_ = std::make_unique<TestHost>(coordinator_, 1);
    host_->Has(*old_);
    clock_.Advance(absl::Hours(3));
    v1::Plan plan = coordinator_.authority().Plan(1, "agent", new_->digest());
    plan.set_baseline_until_ms(0);
    coordinator_.StartPlan(plan);
  }

  // Of the install that is assigned now.
  v1::Outcome Installed(char attempt) {
    v1::Outcome outcome = host_->OutcomeOf(host_->Assigned(), attempt);
    outcome.set_from_manifest_digest(std::string(old_->digest().bytes()));
    return outcome;
  }
  v1::Outcome WentBack(char attempt) {
    v1::Outcome outcome = Installed(attempt);
    outcome.set_result(v1::Outcome::WENT_BACK);
    outcome.set_stage(v1::Outcome::HEALTH);
    outcome.mutable_refusal()->set_code(v1::Refusal::EXIT);
    outcome.mutable_refusal()->set_exit_status(42);
    return outcome;
  }
  v1::HostDetails Get() {
    v1::GetHostRequest request;
    request.set_host(host_->id().ToHex());
    return *coordinator_.Wait<v1::HostDetails>([&](Done<v1::HostDetails> done) {
      coordinator_.coordinator().hosts().GetHost(coordinator_.admin(), request, std::move(done));
    });
  }
  v1::ProductState Product() {
    const v1::HostDetails details = Get();
    return details.products().empty() ? v1::ProductState() : details.products(0);
  }
  v1::Verdict Explain() {
    v1::ExplainHostRequest request;
    request.set_host(host_->id().ToHex());
    return coordinator_
        .Wait<v1::Explanation>([&](Done<v1::Explanation> done) {
          coordinator_.coordinator().hosts().ExplainHost(coordinator_.admin(), request,
                                                         std::move(done));
        })
        ->verdicts(0);
  }
  static std::string DigestOf(const trust::Verified<trust::Manifest>& manifest) {
    return std::string(manifest.digest().bytes());
  }

  base::testing::ManualClock clock_{trust::testing::TestEpoch()};
  InProcessCoordinator coordinator_{clock_};
  std::optional<trust::Verified<trust::Manifest>> old_, new_;
  std::unique_ptr<TestHost> host_;
};

// Promise 6.
TEST_F(ReportedStateTest, ExplainSaysThatItHasWhatItJustInstalled) {
  ASSERT_THAT(host_->Report(Installed('a')), IsOk());
  EXPECT_EQ(Explain().answer(), v1::Verdict::HAS);
}

TEST_F(ReportedStateTest, HostGetShowsWhatIsInstalledAndWhatWasBefore) {
  ASSERT_THAT(host_->Report(Installed('a')), IsOk());

  const v1::HostDetails details = Get();
  EXPECT_EQ(details.products(0).installed().manifest_digest(), DigestOf(*new_));
  EXPECT_EQ(details.products(0).previous().manifest_digest(), DigestOf(*old_));
  EXPECT_EQ(details.products(0).seen().sequence(), 2);
  EXPECT_EQ(details.host().releases(0).manifest_digest(), DigestOf(*new_));
  EXPECT_EQ(details.local_manifest().components(0).sha256(),
            std::string((*new_)->variants()[0].components[0].digest.bytes()));
}

// Promise 5.
TEST_F(ReportedStateTest, ItIsDurableWithTheOutcome) {
  ASSERT_THAT(host_->Report(Installed('a')), IsOk());
  coordinator_.Restart();
  EXPECT_EQ(Product().installed().manifest_digest(), DigestOf(*new_));
}

TEST_F(ReportedStateTest, TheCheckInThatStillWaitedDoesNotWinLater) {
  ASSERT_THAT(host_->Report(Installed('a')), IsOk());
  coordinator_.Commit();
  coordinator_.Restart();
  EXPECT_EQ(Product().installed().manifest_digest(), DigestOf(*new_));
}

// Promise 6.
TEST_F(ReportedStateTest, WhatWentBackIsBadThereWithItsExitStatus) {
  ASSERT_THAT(host_->Report(WentBack('a')), IsOk());

  const v1::ProductState product = Product();
  EXPECT_EQ(product.installed().manifest_digest(), DigestOf(*old_));
  EXPECT_EQ(product.health(), v1::ProductState::HEALTHY);
  ASSERT_THAT(product.bad(), SizeIs(1));
  EXPECT_EQ(product.bad(0).manifest_digest(), DigestOf(*new_));
  EXPECT_EQ(product.bad(0).exit_status(), 42);
  const v1::Verdict verdict = Explain();
  EXPECT_EQ(verdict.answer(), v1::Verdict::WILL_NOT);
  EXPECT_EQ(verdict.refusal().code(), v1::Refusal::BAD_HERE);
  EXPECT_THAT(verdict.DebugString(), HasSubstr("EXIT_42"));
}

TEST_F(ReportedStateTest, WhatCannotGoBackIsNotWell) {
  v1::Outcome outcome = WentBack('a');
  outcome.set_result(v1::Outcome::CANNOT_GO_BACK);
  ASSERT_THAT(host_->Report(outcome), IsOk());
  EXPECT_EQ(Product().health(), v1::ProductState::UNHEALTHY);
}

TEST_F(ReportedStateTest, WhatChangedNothingChangesNothing) {
  v1::Outcome outcome = Installed('a');
  outcome.set_result(v1::Outcome::UNCHANGED);
  outcome.set_stage(v1::Outcome::FETCH);
  outcome.mutable_refusal()->set_code(v1::Refusal::HASH);
  ASSERT_THAT(host_->Report(outcome), IsOk());
  EXPECT_EQ(Product().installed().manifest_digest(), DigestOf(*old_));
}

// A spool that was delivered late, or an answer that was lost.
TEST_F(ReportedStateTest, AnOutcomeOfBeforeTheLastCheckInDoesNotMoveItBack) {
  const v1::Outcome installed = Installed('a');
  ASSERT_THAT(host_->Report(installed), IsOk());
  host_->Has(*new_);
  ASSERT_THAT(host_->CheckIn(), IsOk());

  v1::Outcome late = installed;
  late.set_attempt(std::string(base::kAttemptIdBytes, 'b'));
  late.set_result(v1::Outcome::WENT_BACK);
  ASSERT_THAT(host_->Report(late), IsOk());

  EXPECT_EQ(Product().installed().manifest_digest(), DigestOf(*new_));
  EXPECT_THAT(Product().bad(), IsEmpty());
}

TEST_F(ReportedStateTest, AHostThatNeverCheckedInIsLeftAsItIs) {
  TestHost other(coordinator_, 2);
  EXPECT_THAT(other.Report(Installed('a')), IsOk());
}

// --- What is kept of one host

TEST_F(ReportedStateTest, UnknownFieldsOfACheckInAreNotKept) {
  host_->says()
      .GetReflection()
      ->MutableUnknownFields(&host_->says())
      ->AddLengthDelimited(1'000, std::string(200 * base::kKiB, 'x'));
  ASSERT_THAT(host_->CheckIn(), IsOk());
  TestHost other(coordinator_, 2);
  ASSERT_THAT(other.CheckIn(), IsOk());

  coordinator_.Commit();

  const absl::StatusOr<HostSeenRecord> seen = coordinator_.store().GetSeen(host_->id());
  ASSERT_THAT(seen, IsOk());
  EXPECT_LT(seen->summary.size(), base::kKiB);
  EXPECT_THAT(seen->summary, HasSubstr("agent"));  // what is known is there
  EXPECT_THAT(coordinator_.store().GetSeen(other.id()), IsOk());
}

TEST_F(ReportedStateTest, OneHostCannotFillTheStore) {
  v1::Outcome outcome = Installed('a');
  outcome.clear_rollout();
  outcome.clear_plan_digest();
  outcome.set_kind(v1::Outcome::NOTICE);
  for (uint64_t sent = 0; sent < 2 * base::kMaxOtherOutcomes;) {
    v1::ReportRequest request;
    for (size_t i = 0; i < base::kMaxOutcomesPerReport; ++i) {
      outcome.set_attempt(absl::StrFormat("%016d", sent++));
      *request.add_outcomes() = outcome;
    }
    ASSERT_THAT(coordinator_.Unary(LoaderCall::kReport, host_->peer(), request.SerializeAsString()),
                IsOk());
  }

  uint64_t kept = 0;
  uint64_t before = 0;
  while (true) {
    const auto page = coordinator_.store().ListOutcomes(host_->id(), before, 1'000);
    kept += page->size();
    if (page->size() < 1'000) break;
    before = page->back().number;
  }
  EXPECT_GE(kept, base::kMaxOtherOutcomes);
  EXPECT_LE(kept, base::kMaxOtherOutcomes + kTrimOutcomesEvery);
}

}  // namespace
}  // namespace mig::coordinator::testing
