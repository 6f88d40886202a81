// What an agent says and forks: readiness by sd_notify's protocol, another main process, processes
// that it leaves behind, a loader that it starts itself.

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "base/posix_file_system.h"
#include "base/system_clock.h"
#include "base/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "loader/services/control_group.h"
#include "loader/services/process_identity.h"
#include "loader/services/process_services.h"
#include "loader/services/system_probe.h"
#include "loader/services/testing/real_agent.h"

namespace mig::loader {
namespace {

using base::testing::IsOk;
using testing::AgentScript;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RealAgent;

class AgentLifeTest : public ::testing::Test {
 protected:
  AgentLifeTest() {
    std::filesystem::create_directory(agent_.Path("state"));
    services_ = Make(ControlGroups::OfThisMachine(agent_.Path("state")));
    spec_ = agent_.Spec(AgentScript::Healthy());
    spec_.stop_timeout = absl::Milliseconds(200);
  }
  ~AgentLifeTest() override { EXPECT_THAT(services_->Stop(spec_), IsOk()); }

  std::unique_ptr<ProcessServices> Make(ControlGroups groups) {
    return std::make_unique<ProcessServices>(*clock_, disk_, probe_, agent_.Path("state"), groups);
  }
  // As in a container that shows no hierarchy.
  void WithoutGroups() { services_ = Make(ControlGroups("", "/", "x")); }
  static bool HasGroups() { return ControlGroups::OfThisMachine("/").Make("probe").ok(); }

  void Add(const std::vector<std::string>& words) {
    spec_.command.insert(spec_.command.end(), words.begin(), words.end());
  }
  int64_t Pid() { return services_->State(spec_).value().pid; }
  Health Watch() { return services_->Watch(spec_, absl::Milliseconds(400)); }
  // The number in a file that another process makes.
  pid_t NumberIn(const std::string& name) {
    const base::MonotonicTime give_up = clock_->MonotonicNow() + absl::Seconds(20);
    pid_t pid = 0;
    while (!(std::ifstream(agent_.Path(name)) >> pid) && clock_->MonotonicNow() < give_up) {
      sched_yield();
    }
    MIG_CHECK(pid > 0) << name;
    return pid;
  }
  static bool Runs(pid_t pid) {
    const std::optional<ProcessStat> stat = StatProcess(pid);
    return stat.has_value() && !stat->zombie;
  }

  std::unique_ptr<base::SystemClock> clock_ = base::SystemClock::Open().value();
  base::PosixFileSystem disk_;
  SystemProbe probe_{*clock_};
  RealAgent agent_;
  std::unique_ptr<ProcessServices> services_;
  AgentSpec spec_;
};

TEST_F(AgentLifeTest, Adversary127NeverReadyIsToldWithWhatTheAgentSaid) {
  spec_ = agent_.Spec(AgentScript::NeverReady());
  spec_.notifies = true;
  spec_.probe = std::monostate();
  Add({"--status", "waits for \x1b the database"});
  ASSERT_THAT(services_->Activate(spec_), IsOk());
  const Health health = Watch();
  EXPECT_EQ(health.code, v1::Refusal::PROBE_TIMEOUT);
  EXPECT_THAT(health.text, HasSubstr("READY=1 within 250ms, but: waits for \\x1b the database"));
}

TEST_F(AgentLifeTest, ReadyAndWellAreBothAsked) {
  spec_ = agent_.Spec(AgentScript::NeverReady());  // the file of its probe does not come
  spec_.notifies = true;
  Add({"--ready-after-ms", "0", "--ready-file", agent_.Path("elsewhere")});
  ASSERT_THAT(services_->Activate(spec_), IsOk());
  EXPECT_EQ(Watch().code, v1::Refusal::PROBE);
}

TEST_F(AgentLifeTest, ALaterRunDoesNotWaitForWhatWasSaidToAnother) {
  spec_.notifies = true;
  ASSERT_THAT(services_->Activate(spec_), IsOk());
  ASSERT_TRUE(Watch().ok());
  services_ = Make(ControlGroups::OfThisMachine(agent_.Path("state")));
  EXPECT_TRUE(Watch().ok());
}

TEST_F(AgentLifeTest, Adversary131TheMainProcessThatTheAgentNamesIsWatchedAndFoundLater) {
  for (const bool with_groups : {true, false}) {
    if (!with_groups) WithoutGroups();
    spec_.notifies = true;
    Add({"--hand-over"});
    ASSERT_THAT(services_->Activate(spec_), IsOk());
    const Health health = Watch();
    EXPECT_TRUE(health.ok()) << health.text;
    const int64_t pid = Pid();
    EXPECT_NE(pid, 0);

    services_ = Make(ControlGroups::OfThisMachine(agent_.Path("state")));
    EXPECT_EQ(Pid(), pid);
    EXPECT_THAT(services_->Stop(spec_), IsOk());
    EXPECT_FALSE(Runs(static_cast<pid_t>(pid)));
  }
}

TEST_F(AgentLifeTest, AHandoverWithoutAWordIsAnEnd) {
  Add({"--hand-over"});  // nobody listens
  ASSERT_THAT(services_->Activate(spec_), IsOk());
  EXPECT_EQ(Watch().code, v1::Refusal::EXIT);
}

TEST_F(AgentLifeTest, Adversary131WhatTheAgentForkedAwayEndsWithIt) {
  if (!HasGroups()) GTEST_SKIP() << "no control groups here that this user may make";
  Add({"--stray", agent_.Path("stray")});
  ASSERT_THAT(services_->Activate(spec_), IsOk());
  const pid_t stray = NumberIn("stray");
  const std::string group = GroupPathOf(stray).value();
  EXPECT_THAT(group, HasSubstr("/mig-agent-agent-"));

  const base::MonotonicTime before = clock_->MonotonicNow();
  EXPECT_THAT(services_->Stop(spec_), IsOk());
  EXPECT_LT(clock_->MonotonicNow() - before, absl::Seconds(4));
  EXPECT_FALSE(Runs(stray));
  EXPECT_FALSE(ControlGroups::OfThisMachine("/").At(group).OpenEntrance().ok()) << "no garbage";
}

TEST_F(AgentLifeTest, WhatADeadAgentLeftIsEndedBeforeTheNextOneStarts) {
  if (!HasGroups()) GTEST_SKIP() << "no control groups here that this user may make";
  Add({"--stray", agent_.Path("stray")});
  ASSERT_THAT(services_->Activate(spec_), IsOk());
  const pid_t stray = NumberIn("stray");
  const pid_t pid = static_cast<pid_t>(Pid());
  kill(pid, SIGKILL);
  ASSERT_EQ(Watch().code, v1::Refusal::EXIT);
  EXPECT_TRUE(services_->State(spec_)->died);

  spec_.command.resize(spec_.command.size() - 2);
  services_ = Make(ControlGroups::OfThisMachine(agent_.Path("state")));
  ASSERT_THAT(services_->Start(spec_), IsOk());
  EXPECT_FALSE(Runs(stray));
  EXPECT_NE(Pid(), pid);
}

TEST_F(AgentLifeTest, WithoutGroupsTheSessionStandsInAndThatIsToldOnce) {
  WithoutGroups();
  ASSERT_THAT(services_->Activate(spec_), IsOk());
  EXPECT_THAT(services_->TakeRemarks(), ElementsAre(HasSubstr("no control group of its own")));
  EXPECT_THAT(services_->TakeRemarks(), IsEmpty());
  WithoutGroups();  // the next run
  ASSERT_THAT(services_->Activate(spec_), IsOk());
  EXPECT_THAT(services_->TakeRemarks(), IsEmpty());
}

// As an agent that looks for its own updates: it runs the loader, which ends it.
pid_t LoaderInsideTheAgent(const std::string& group_procs, pid_t agent, ProcessServices& services,
                           const AgentSpec& spec) {
  const pid_t loader = fork();
  if (loader != 0) return loader;
  if (!group_procs.empty()) std::ofstream(group_procs) << "0";
  // In its process group, where it may be: as a child of it would be.
  setpgid(0, agent);
  const bool done = services.Stop(spec).ok() && services.Start(spec).ok();
  _exit(done ? 0 : 1);
}

TEST_F(AgentLifeTest, Adversary133ALoaderInTheAgentsOwnControlGroupSurvivesTheRestart) {
  if (!HasGroups()) GTEST_SKIP() << "no control groups here that this user may make";
  Add({"--stray", agent_.Path("stray")});  // so that the whole group is killed
  ASSERT_THAT(services_->Activate(spec_), IsOk());
  NumberIn("stray");
  const pid_t agent = static_cast<pid_t>(Pid());
  std::string procs;
  for (const char* mount : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    const std::string path = absl::StrCat(mount, GroupPathOf(agent).value(), "/cgroup.procs");
    if (std::filesystem::exists(path)) procs = path;
  }
  ASSERT_NE(procs, "");

  const pid_t loader = LoaderInsideTheAgent(procs, agent, *services_, spec_);
  int status = -1;
  ASSERT_EQ(waitpid(loader, &status, 0), loader);
  EXPECT_EQ(status, 0) << "ended by signal " << WTERMSIG(status);
  EXPECT_NE(Pid(), 0);
  EXPECT_NE(Pid(), agent);
}

TEST_F(AgentLifeTest, AVersionThatIsNotTheReleasesIsNotWell) {
  spec_.version_command = {"/bin/echo", "agent v4.2.0 (x86_64)"};
  ASSERT_THAT(services_->Activate(spec_), IsOk());
  for (const char* const right : {"4.2.0", "v4.2.0", ""}) {
    spec_.expected_version = right;
    EXPECT_TRUE(Watch().ok()) << right;
  }
  for (const char* const wrong : {"4.2", "2.0", "4.2.0.1", "4.2.1"}) {
    spec_.expected_version = wrong;
    const Health health = Watch();
    EXPECT_EQ(health.code, v1::Refusal::PROBE) << wrong;
    EXPECT_THAT(health.text, HasSubstr("PROBE_VERSION")) << wrong;
  }
  spec_.version_command = {"/bin/sleep", "60"};
  spec_.probe_timeout = absl::Milliseconds(50);
  EXPECT_EQ(Watch().code, v1::Refusal::PROBE_TIMEOUT);
}

}  // namespace
}  // namespace mig::loader
