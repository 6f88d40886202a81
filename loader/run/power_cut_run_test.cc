// The power is cut anywhere in a whole run: afterwards the host has the old set or the new one, and
// a clean run brings it where it should be (ADVERSARY 115).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/disk_image.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "loader/run/recover_run.h"
#include "loader/run/testing/run_test_base.h"

namespace mig::loader {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::Eq;
using testing::Files;
using ::testing::IsSubsetOf;
using testing::TestHost;

class PowerCutRunTest : public testing::RunTest {
 protected:
  // Cuts the power after `operation` of a run that begins with `image`; one of what it may leave.
  base::DiskImage CutAt(const base::DiskImage& image, uint64_t operation, uint64_t seed) {
    TestHost host(clock_, coordinator_, image);
    host.disk().CutPowerAfter(host.disk().operations() + operation);
    host.Run();
    std::vector<base::DiskImage> images;
    host.disk().ForEachDurableImage(seed, 2,
                                    [&](const base::DiskImage& left) { images.push_back(left); });
    base::testing::SeededRandom random{base::testing::Seed(seed)};
    return images[random.Below(images.size())];
  }

  static Files Without(Files files, const std::string& prefix) {
    std::erase_if(files, [&prefix](const auto& file) {
      return file.first.find(prefix) != std::string::npos;
    });
    return files;
  }

  size_t OperationsOfARun(const base::DiskImage& image) {
    TestHost host(clock_, coordinator_, image);
    const uint64_t before = host.disk().operations();
    host.Run();
    return host.disk().operations() - before;
  }

  // Each sampled place: recover alone leaves one set; the next run ends with `wanted`.
  void ExpectOldOrNewEverywhere(const base::DiskImage& image, const Files& old_set,
                                const Files& new_set, const Files& wanted) {
    const auto seed = base::testing::Seed::FromEnvironmentOrRandom();
    SCOPED_TRACE(seed);
    const size_t operations = OperationsOfARun(image);
    ASSERT_GT(operations, 100u);
    for (size_t n = seed.For("first").value() % 7; n <= operations; n += 7) {
      SCOPED_TRACE(n);
      TestHost host(clock_, coordinator_, CutAt(image, n, seed.For("cut", n).value()));
      const RunResult recovered = RecoverRun(host.host());
      EXPECT_THAT(static_cast<int>(recovered.exit_code), AnyOf(0, 6))
          << recovered.refusal.DebugString();
      EXPECT_THAT(Without(host.Managed(), ".mig-stage-"), AnyOf(Eq(old_set), Eq(new_set)));
      host.Run();  // may be what is left of going back
      clock_.Advance(absl::Hours(2));
      const RunResult result = host.Run();
      EXPECT_THAT(static_cast<int>(result.exit_code), AnyOf(0, 5)) << result.refusal.DebugString();
      EXPECT_EQ(host.Managed(), wanted);
      EXPECT_NE(host.AgentPid(), 0);
    }
  }
};

// Promise 3.
TEST_F(PowerCutRunTest, AnUpdateIsOldOrNewWhereverThePowerIsCut) {
  GivenInstalled();
  coordinator_.Roll(2, Release("1.2"));
  ExpectOldOrNewEverywhere(host_.disk().SeenImage(), FilesOf("1.1"), FilesOf("1.2"),
                           FilesOf("1.2"));
}

// Promises 3, 4.
TEST_F(PowerCutRunTest, GoingBackEndsWithTheOldSetWhereverThePowerIsCut) {
  GivenInstalled();
  testing::Contents bad = Release("1.2");
  bad["agent"] = "crashes";
  coordinator_.Roll(2, bad);
  Files new_set = FilesOf("1.2");
  new_set["/opt/a/agent"] = "crashes";
  ExpectOldOrNewEverywhere(host_.disk().SeenImage(), FilesOf("1.1"), new_set, FilesOf("1.1"));
}

// Promises 3, 5.
TEST_F(PowerCutRunTest, EveryOutcomeArrivesOnceWhereverThePowerIsCut) {
  GivenInstalled();
  const base::Digest release = coordinator_.Roll(2, Release("1.2"));
  const base::DiskImage image = host_.disk().SeenImage();
  const auto seed = base::testing::Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  const size_t operations = OperationsOfARun(image);
  // Each place from the probation on: there the outcome is written, and the journal closed.
  for (size_t n = operations / 2; n <= operations; ++n) {
    SCOPED_TRACE(n);
    coordinator_.outcomes.clear();
    TestHost host(clock_, coordinator_, CutAt(image, n, seed.For("cut", n).value()));
    host.Run();
    clock_.Advance(absl::Hours(2));
    host.Run();
    std::vector<v1::Outcome::Result> results;
    for (const v1::Outcome& outcome : OutcomesOf(v1::Outcome::INSTALL)) {
      if (outcome.manifest_digest() == release.bytes()) results.push_back(outcome.result());
    }
    EXPECT_THAT(results, ::testing::ElementsAre(v1::Outcome::HEALTHY));
    EXPECT_EQ(host.WaitingReports(), 0u);
  }
}

}  // namespace
}  // namespace mig::loader
