// The fixture of loader/run's tests: a coordinator, and a host that is enrolled with it.

#ifndef MIG_LOADER_RUN_TESTING_RUN_TEST_BASE_H_
#define MIG_LOADER_RUN_TESTING_RUN_TEST_BASE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "base/testing/manual_clock.h"
#include "loader/enroll/enroll.h"
#include "loader/run/run.h"
#include "loader/run/testing/fake_coordinator.h"
#include "loader/run/testing/test_host.h"
#include "proto/mig/v1/refusal.pb.h"
#include "proto/mig/v1/report.pb.h"
#include "trust/testing/test_authority.h"

namespace mig::loader::testing {

using Files = std::map<std::string, std::string>;

class RunTest : public ::testing::Test {
 protected:
  // Some hours after the test authority's documents were issued.
  RunTest() { clock_.Advance(absl::Hours(5)); }

  void EnrollHost() {
    const auto enrolled = Enroll(host_.host(), {.token = coordinator_.NewToken()});
    MIG_CHECK_OK(enrolled);
  }

  static Contents Release(absl::string_view version) {
    return {{"agent", "program " + std::string(version)},
            {"configuration", "configuration " + std::string(version)}};
  }
  static Files FilesOf(absl::string_view version) {
    return {{"/opt/a/agent", "program " + std::string(version)},
            {"/opt/a/agent.cfg", "configuration " + std::string(version)}};
  }
  // A host on which 1.1 is installed and runs.
  base::Digest GivenInstalled() {
    EnrollHost();
    const base::Digest release = coordinator_.Roll(1, Release("1.1"));
    const RunResult result = host_.Run();
    MIG_CHECK(result.exit_code == ExitCode::kOk) << result.refusal.DebugString();
    MIG_CHECK(host_.Managed() == FilesOf("1.1"));
    clock_.Advance(absl::Hours(3));
    return release;
  }

  std::vector<v1::Outcome> OutcomesOf(v1::Outcome::Kind kind) const {
    std::vector<v1::Outcome> outcomes;
    for (const v1::Outcome& outcome : coordinator_.outcomes) {
      if (outcome.kind() == kind) outcomes.push_back(outcome);
    }
    return outcomes;
  }
  // The code of the only refusal that was reported; UNSPECIFIED for none or several.
  v1::Refusal::Code ReportedRefusal() const {
    const std::vector<v1::Outcome> refusals = OutcomesOf(v1::Outcome::REFUSAL);
    return refusals.size() == 1 ? refusals[0].refusal().code() : v1::Refusal::REFUSAL_UNSPECIFIED;
  }

  base::testing::ManualClock clock_;
  FakeCoordinator coordinator_{clock_};
  TestHost host_{clock_, coordinator_, coordinator_.packaged_root()};
};

}  // namespace mig::loader::testing

#endif  // MIG_LOADER_RUN_TESTING_RUN_TEST_BASE_H_
