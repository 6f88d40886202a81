// What changed while a run was fetching counts at its commit point.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

#include "base/sha256.h"
#include "loader/run/testing/run_test_base.h"

namespace mig::loader {
namespace {

using ::mig::v1::Refusal;

class CommitPointRunTest : public testing::RunTest {
 protected:
  // Calls `change` before the first fetch of the next run, and has its ticket refused.
  void DuringTheDownload(std::function<void()> change) {
    coordinator_.before_fetch = [this, change = std::move(change), fetches = 0]() mutable {
      coordinator_.refuses_tickets = fetches++ == 0;
      if (fetches == 1) change();
    };
  }
};

// Promise 2.
// R3.
TEST_F(CommitPointRunTest, AHaltThatARenewedTicketBringsStopsTheInstall) {
  const base::Digest installed = GivenInstalled();
  coordinator_.Roll(2, Release("1.2"));
  coordinator_.any_ticket_is_good = true;  // it is the loader that stops
  DuringTheDownload([&] {
    clock_.Advance(absl::Seconds(90));  // the assignment is over: the loader asks again
    coordinator_.assigned["agent"] = {.manifest = installed};  // halted: only repairs
  });

  const RunResult result = host_.Run();

  EXPECT_EQ(result.products.at(0).refusal.code(), Refusal::ASSIGNMENT_OVER)
      << result.products.at(0).refusal.DebugString();
  EXPECT_EQ(host_.Managed(), FilesOf("1.1"));
}

TEST_F(CommitPointRunTest, ATicketOfACoordinatorThatIsGoneIsAskedForAgain) {
  GivenInstalled();
  coordinator_.Roll(2, Release("1.2"));
  DuringTheDownload([] {});  // the assignment lives

  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);
  EXPECT_EQ(host_.Managed(), FilesOf("1.2"));
}

TEST_F(CommitPointRunTest, ARootThatWithdrawsWhatIsBeingRepairedStopsTheRepair) {
  const base::Digest installed = GivenInstalled();
  host_.Put("/opt/a/agent", "damaged", 0755);
  host_.Remove("/var/lib/mig-loader/kept/agent/" + base::Sha256Of("program 1.1").ToHex());
  DuringTheDownload([&] {
    coordinator_.PublishRoot([&](v1::Root& root) {
      for (v1::RootProduct& product : *root.mutable_products()) {
        if (product.product() == "agent") {
          product.add_withdrawn(std::string(installed.bytes()));
        }
      }
    });
  });

  const RunResult result = host_.Run();

  EXPECT_NE(result.exit_code, ExitCode::kOk);
  EXPECT_EQ(host_.Get("/opt/a/agent"), "damaged");
  EXPECT_EQ(host_.AgentStarts(), 1);
}

// Promise 2.
TEST_F(CommitPointRunTest, AClockThatIsMovedWhileAnAnswerIsHeldUpOpensNoWave) {
  GivenInstalled();
  const base::Digest release = coordinator_.PublishRelease(2, Release("1.2"));
  const absl::Time opens = clock_.WallNow() + absl::Hours(24 * 10);
  const base::Digest plan = coordinator_.PublishPlan(2, release, [&](v1::Plan& p) {
    p.mutable_waves(0)->set_not_before_ms(absl::ToUnixMillis(opens));
    p.set_baseline_until_ms(0);
  });
  coordinator_.assigned["agent"] = {.manifest = release, .plan = plan};
  coordinator_.change_answer = [this, moved = false](v1::CheckInAnswer&) mutable {
    if (!moved) clock_.StepWall(absl::Hours(24 * 11));
    moved = true;
  };

  for (int run = 0; run < 3; ++run) {
    host_.Run();
    EXPECT_EQ(host_.Managed(), FilesOf("1.1")) << "run " << run;
    clock_.Advance(absl::Hours(3));
  }
}

// R5.
TEST_F(CommitPointRunTest, WhatIsBelowTheFloorIsNotPutBack) {
  GivenInstalled();
  coordinator_.PublishRoot([](v1::Root& root) {
    for (v1::RootProduct& product : *root.mutable_products()) {
      if (product.product() == "agent") product.set_floor(2);
    }
  });
  coordinator_.Roll(2, Release("1.2 crashes"));

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kCannotGoBack);
  EXPECT_EQ(host_.Managed(), FilesOf("1.2 crashes"));
  EXPECT_EQ(host_.Trusted().product("agent")->bad.size(), 1u);
}

}  // namespace
}  // namespace mig::loader
