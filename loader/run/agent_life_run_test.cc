// The agent between installs: found dead, started again, of another version, its files changed by
// hand. What the host then does, and says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "loader/run/testing/run_test_base.h"
#include "loader/run/views/status_view.h"

namespace mig::loader {
namespace {

using testing::AgentScript;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using v1::ProductState;
using v1::Refusal;

class AgentLifeRunTest : public testing::RunTest {
 protected:
  ProductView View() { return ReadStatus(host_.host())->products.at(0); }
  std::vector<v1::Outcome> Notices(Refusal::Code code) const {
    std::vector<v1::Outcome> notices;
    for (const v1::Outcome& outcome : OutcomesOf(v1::Outcome::NOTICE)) {
      if (outcome.refusal().code() == code) notices.push_back(outcome);
    }
    return notices;
  }
  ProductState::Health ReportedHealth() const {
    return coordinator_.check_ins.back().products(0).health();
  }
  void UseDictionaryWith(absl::string_view from, absl::string_view to) {
    host_.UseDictionary(absl::StrReplaceAll(testing::kPlainDictionary, {{from, to}}));
  }
  // The agent of the next start ends after so long.
  void LivesFor(absl::Duration time) {
    host_.behaves = [time](const std::string&) { return AgentScript::CrashesAfter(time, 9); };
  }
};

TEST_F(AgentLifeRunTest, ADeadAgentIsStartedAgainThoughNoFileChanged) {
  LivesFor(absl::Hours(2));
  GivenInstalled();  // and three hours went by
  host_.behaves = nullptr;
  const int starts = host_.AgentStarts();
  const absl::Time found = clock_.WallNow();

  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);

  EXPECT_NE(host_.AgentPid(), 0);
  EXPECT_EQ(host_.AgentStarts(), starts + 1);
  EXPECT_EQ(ReportedHealth(), ProductState::UNHEALTHY) << "its soak is not proven";
  EXPECT_THAT(Notices(Refusal::EXIT), SizeIs(1));
  EXPECT_EQ(View().restarts, 1u);
  EXPECT_EQ(View().restarted, found);
  EXPECT_THAT(View().unwell, HasSubstr("found dead"));

  clock_.Advance(absl::Hours(3));
  EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);
  EXPECT_EQ(ReportedHealth(), ProductState::HEALTHY);
  EXPECT_EQ(View().unwell, "");
  EXPECT_EQ(View().restarts, 1u);
  EXPECT_EQ(host_.AgentStarts(), starts + 1);
}

TEST_F(AgentLifeRunTest, ARebootIsNoDeath) {
  GivenInstalled();
  host_.services().Reboot();

  host_.Run();

  EXPECT_NE(host_.AgentPid(), 0);
  EXPECT_EQ(ReportedHealth(), ProductState::HEALTHY);
  EXPECT_THAT(Notices(Refusal::EXIT), IsEmpty());
  EXPECT_EQ(View().restarts, 0u);
}

TEST_F(AgentLifeRunTest, AnAgentThatDiesAgainAndAgainIsStartedAsOftenAsActivationsAreLet) {
  LivesFor(absl::Minutes(2));
  host_.config().activations_per_hour = 3;
  EnrollHost();
  coordinator_.Roll(1, Release("1.1"));
  ASSERT_EQ(host_.Run().exit_code, ExitCode::kOk);  // one
  for (int i = 0; i < 6; ++i) {
    clock_.Advance(absl::Minutes(5));
    host_.Run();
  }
  EXPECT_EQ(host_.AgentStarts(), 3);
  EXPECT_EQ(View().restarts, 2u);
  EXPECT_THAT(View().unwell, HasSubstr("ACTIVATION_LIMIT"));
  EXPECT_THAT(Notices(Refusal::ACTIVATION_LIMIT), ::testing::Not(IsEmpty()));

  clock_.Advance(absl::Hours(1));
  host_.Run();
  EXPECT_EQ(host_.AgentStarts(), 4);
}

TEST_F(AgentLifeRunTest, ANewReleaseStartsItsOwnCount) {
  LivesFor(absl::Hours(2));
  GivenInstalled();
  host_.behaves = nullptr;
  host_.Run();
  ASSERT_EQ(View().restarts, 1u);
  coordinator_.Roll(2, Release("1.2"));
  ASSERT_EQ(host_.Run().exit_code, ExitCode::kOk);
  EXPECT_EQ(View().restarts, 0u);
}

// Promise 4.
TEST_F(AgentLifeRunTest, Adversary127AnAgentOfAnotherVersionGoesBack) {
  UseDictionaryWith("probation", "version_command = [\"/opt/a/agent\", \"-V\"]\nprobation");
  host_.behaves = [](const std::string& program) {
    AgentScript script;
    script.version = program == "program 1.1" ? "1.1" : "1.1-rebuilt";
    return script;
  };
  GivenInstalled();
  coordinator_.Roll(2, Release("1.2"));

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kWentBack);
  EXPECT_EQ(result.products[0].refusal.code(), Refusal::PROBE);
  EXPECT_THAT(result.products[0].refusal.text(), HasSubstr("PROBE_VERSION"));
  EXPECT_EQ(host_.Managed(), FilesOf("1.1"));
  EXPECT_NE(host_.AgentPid(), 0);
}

// Promise 4.
TEST_F(AgentLifeRunTest, Adversary127AnAgentThatNeverSaysItIsReadyGoesBack) {
  UseDictionaryWith("probe = { http = \"http://127.0.0.1:9100/metrics\" }", "notify = true");
  GivenInstalled();
  host_.behaves = [](const std::string& program) {
    return program == "program 1.1" ? AgentScript::Healthy() : AgentScript::NeverReady();
  };
  coordinator_.Roll(2, Release("1.2"));

  const RunResult result = host_.Run();

  EXPECT_EQ(result.exit_code, ExitCode::kWentBack);
  EXPECT_EQ(result.products[0].refusal.code(), Refusal::PROBE_TIMEOUT);
  EXPECT_THAT(result.products[0].refusal.text(), HasSubstr("READY=1"));
  EXPECT_EQ(host_.Managed(), FilesOf("1.1"));
}

TEST_F(AgentLifeRunTest, AFileThatWasChangedHereIsPutRightAndThatIsSaid) {
  GivenInstalled();
  host_.Put("/opt/a/agent.cfg", "edited by hand");

  host_.Run();

  EXPECT_EQ(host_.Managed(), FilesOf("1.1"));
  const std::vector<v1::Outcome> repairs = OutcomesOf(v1::Outcome::REPAIR);
  ASSERT_THAT(repairs, SizeIs(1));
  EXPECT_EQ(repairs[0].refusal().text(), "changed here, put right: configuration");
}

TEST_F(AgentLifeRunTest, AFileThatIsToBeKeptAsItIsHereIsSaidOnceAndShown) {
  UseDictionaryWith("path = \"/opt/a/agent.cfg\"",
                    "path = \"/opt/a/agent.cfg\"\nlocal_change = \"keep\"");
  GivenInstalled();
  const int starts = host_.AgentStarts();
  host_.Put("/opt/a/agent.cfg", "edited by hand");

  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(host_.Run().exit_code, ExitCode::kOk);
    clock_.Advance(absl::Hours(3));
  }
  EXPECT_EQ(*host_.Get("/opt/a/agent.cfg"), "edited by hand");
  EXPECT_EQ(host_.AgentStarts(), starts);
  ASSERT_THAT(Notices(Refusal::LOCAL_CHANGE_KEPT), SizeIs(1));
  EXPECT_THAT(Notices(Refusal::LOCAL_CHANGE_KEPT)[0].refusal().text(), HasSubstr("configuration"));
  EXPECT_EQ(View().kept_local, "configuration");

  host_.Put("/opt/a/agent.cfg", "configuration 1.1");  // as it was
  host_.Run();
  EXPECT_EQ(View().kept_local, "");
  host_.Put("/opt/a/agent.cfg", "edited again");
  host_.Run();
  EXPECT_THAT(Notices(Refusal::LOCAL_CHANGE_KEPT), SizeIs(2)) << "that is news";
}

}  // namespace
}  // namespace mig::loader
