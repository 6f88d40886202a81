// The loader's logic blocks in two places only, base::Clock::SleepUntil and base::Event::WaitUntil:
// here all of it runs against the whole coordinator on fibers, in virtual time, without a socket or
// a thread. A block anywhere else would stop the world, or show.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "loader/run/run.h"
#include "loader/run/views/status_view.h"
#include "tests/fiber/virtual_fleet.h"

namespace mig::tests {
namespace {

using loader::ExitCode;
using loader::RunResult;
using loader::When;
using ::testing::SizeIs;
using Change = loader::ProductResult::Change;
using Contents = std::map<std::string, std::string>;

Contents Release(const std::string& version, const std::string& program = "program ") {
  return {{"agent", program + version}, {"configuration", "configuration " + version}};
}
Contents FilesOf(const std::string& version) {
  return {{"/opt/a/agent", "program " + version}, {"/opt/a/agent.cfg", "configuration " + version}};
}

// Promise 7.
TEST(LoaderOnFiberTest, AWholeLifeOnOneFiberWithoutAThreadOrASocket) {
  VirtualFleet fleet(1);
  VirtualHost& host = fleet.host(0);
  const int threads = CountThreads();
  const int sockets = CountSockets();
  RunResult first, second, update, bad;
  int threads_inside = 0;

  fleet.OnFiber([&] {
    fleet.Enroll(host);
    fleet.Roll(1, Release("1.1"));
    first = host.host->Run();
    second = host.host->Run();
    fleet.Roll(2, Release("1.2"));
    update = host.host->Run();
    fleet.Roll(3, Release("1.3", "crashes "));
    bad = host.host->Run();
    threads_inside = CountThreads();
  });

  EXPECT_EQ(first.exit_code, ExitCode::kOk) << first.refusal.DebugString();
  EXPECT_EQ(first.products.at(0).change, Change::kInstalled);
  EXPECT_EQ(second.products.at(0).change, Change::kNone);
  EXPECT_EQ(update.products.at(0).version, "1.2");
  EXPECT_EQ(bad.exit_code, ExitCode::kWentBack);
  EXPECT_EQ(host.host->Managed(), FilesOf("1.2"));
  EXPECT_EQ(threads_inside, threads);
  EXPECT_EQ(CountSockets(), sockets);
  std::vector<v1::Outcome::Result> results;
  for (const v1::Outcome& outcome : fleet.OutcomesOf(host)) results.push_back(outcome.result());
  EXPECT_THAT(results, ::testing::ElementsAre(v1::Outcome::HEALTHY, v1::Outcome::HEALTHY,
                                              v1::Outcome::WENT_BACK));
}

// Promise 5.
TEST(LoaderOnFiberTest, ACoordinatorThatDoesNotAnswerCostsDeadlinesAndNothingElse) {
  VirtualFleet fleet(1);
  VirtualHost& host = fleet.host(0);
  RunResult offline, online;
  absl::Duration waited;

  fleet.OnFiber([&] {
    fleet.Enroll(host);
    fleet.Roll(1, Release("1.1"));
    host.connector->away = true;
    const sim::WorldTime before = fleet.time().Now();
    offline = host.host->Run();
    waited = fleet.time().Now() - before;
    host.connector->away = false;
    online = host.host->Run();
  });

  EXPECT_EQ(offline.exit_code, ExitCode::kLater);
  EXPECT_LE(waited, absl::Minutes(2));
  EXPECT_EQ(online.exit_code, ExitCode::kOk);
  EXPECT_EQ(host.host->Managed(), FilesOf("1.1"));
}

// Promise 3.
TEST(LoaderOnFiberTest, KilledAtAnyMomentTheNextRunFinishes) {
  for (int64_t ms = 5; ms < 65'000; ms = ms * 3 / 2 + 1) {
    SCOPED_TRACE(ms);
    VirtualFleet fleet(1);
    VirtualHost& host = fleet.host(0);
    fleet.OnFiber([&] {
      fleet.Enroll(host);
      fleet.Roll(1, Release("1.1"));
      ASSERT_EQ(host.host->Run().exit_code, ExitCode::kOk);
      fleet.Roll(2, Release("1.2"));
    });
    const auto fiber = fleet.time().Spawn("victim", [&] { host.host->Run(); });
    ASSERT_TRUE(fiber.ok());
    fleet.time().CallAt(fleet.time().Now() + absl::Milliseconds(ms), [&, id = *fiber] {
      host.host->disk().CutPower();  // whatever its destructors would still write
      fleet.time().Cancel(id);
    });
    ASSERT_TRUE(fleet.time().RunToCompletion().ok());
    fleet.StartAgain(host);

    RunResult after;
    fleet.OnFiber([&] {
      after = host.host->Run();
      if (after.exit_code == ExitCode::kOk) after = host.host->Run();
    });

    EXPECT_EQ(after.exit_code, ExitCode::kOk) << after.refusal.DebugString();
    EXPECT_EQ(host.host->Managed(), FilesOf("1.2"));
    EXPECT_EQ(fleet.OutcomesOf(host).back().result(), v1::Outcome::HEALTHY);
  }
}

// A day of a small fleet, each host at its own slots: what happened, host by host.
std::vector<std::string> ADayOf(int hosts) {
  VirtualFleet fleet(hosts);
  std::vector<std::string> trace(hosts);
  fleet.OnEachFiber([&](VirtualHost& host) { fleet.Enroll(host); });
  fleet.OnFiber([&] { fleet.Roll(1, Release("1.1")); });
  const sim::WorldTime end = fleet.time().Now() + absl::Hours(12);
  fleet.OnEachFiber([&](VirtualHost& host) {
    std::string& line = trace[&host - &fleet.host(0)];
    while (fleet.time().Now() < end) {
      const RunResult result = host.host->Run(When::kAtItsSlot);
      if (result.changed()) {
        line += result.products.at(0).version + " at " +
                absl::FormatTime(host.clock->WallNow(), absl::UTCTimeZone()) + "; ";
      }
      host.clock->SleepUntil(host.clock->MonotonicNow() + absl::Minutes(5));
    }
  });
  for (int i = 0; i < hosts; ++i) {
    EXPECT_EQ(fleet.host(i).host->Managed(), FilesOf("1.1")) << i;
    EXPECT_THAT(fleet.OutcomesOf(fleet.host(i)), SizeIs(1)) << i;
    // Due in its first slot, and then once in three hours: five times at most.
    EXPECT_LE(fleet.host(i).connector->calls, 5u + 4u + 4u) << i;
  }
  return trace;
}

TEST(LoaderOnFiberTest, ADayOfAFleetIsTheSameEachTime) {
  const std::vector<std::string> once = ADayOf(6);
  EXPECT_EQ(once, ADayOf(6));
}

}  // namespace
}  // namespace mig::tests
