#include "loader/services/process_services.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/posix_file_system.h"
#include "base/system_clock.h"
#include "base/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "loader/services/agent_record.h"
#include "loader/services/process_identity.h"
#include "loader/services/system_probe.h"
#include "loader/services/testing/real_agent.h"
#include "loader/services/testing/services_conformance.h"

namespace mig::loader {
namespace {

using base::testing::IsOk;
using testing::AgentScript;
using ::testing::HasSubstr;
using testing::RealAgent;
using testing::ServicesWorld;

class ProcessWorld : public ServicesWorld {
 public:
  base::Clock& clock() override { return *clock_; }
  Services& services() override { return *services_; }
  AgentSpec Agent(const AgentScript& script) override { return agent_.Spec(script); }

  RealAgent& files() { return agent_; }
  // What a later run of the loader has: nothing but the disk.
  void NextRun() { services_ = Make(); }

 private:
  std::unique_ptr<ProcessServices> Make() {
    return std::make_unique<ProcessServices>(*clock_, disk_, probe_, agent_.Path("state"));
  }

  std::unique_ptr<base::SystemClock> clock_ = base::SystemClock::Open().value();
  base::PosixFileSystem disk_;
  SystemProbe probe_{*clock_};
  RealAgent agent_;
  std::unique_ptr<ProcessServices> services_ = Make();
};

}  // namespace

namespace testing {
INSTANTIATE_TEST_SUITE_P(Process, ServicesConformanceTest,
                         ::testing::Values([] { return std::make_unique<ProcessWorld>(); }));
}  // namespace testing

namespace {

class ProcessServicesTest : public ::testing::Test {
 protected:
  ~ProcessServicesTest() override {
    EXPECT_THAT(services().Stop(spec_), IsOk());
    // Foreign ones are found one at a time.
    EXPECT_THAT(services().Stop(spec_), IsOk());
  }

  Services& services() { return world_.services(); }
  int64_t Pid() { return services().State(spec_).value().pid; }
  // A process that no record of ours knows.
  pid_t StartForeign(const char* flag = nullptr) {
    const std::string ready = world_.files().Path("foreign-is-ready");
    const pid_t pid = fork();
    if (pid == 0) {
      execl(spec_.command[0].c_str(), "agent", "--ready-file", ready.c_str(), flag, nullptr);
      _exit(127);
    }
    // It has taken its arguments by then.
    const base::MonotonicTime give_up = world_.clock().MonotonicNow() + absl::Seconds(20);
    while (!std::filesystem::exists(ready) && world_.clock().MonotonicNow() < give_up) {
      sched_yield();
    }
    return pid;
  }

  ProcessWorld world_;
  AgentSpec spec_ = world_.Agent(AgentScript::Healthy());
};

TEST_F(ProcessServicesTest, ALaterRunFindsTheSameProcess) {
  ASSERT_THAT(services().Activate(spec_), IsOk());
  const int64_t pid = Pid();
  ASSERT_NE(pid, 0);
  world_.NextRun();
  EXPECT_EQ(Pid(), pid);
  EXPECT_THAT(services().Stop(spec_), IsOk());
  EXPECT_EQ(Pid(), 0);
}

TEST_F(ProcessServicesTest, Adversary131AnotherProcessWithTheRecordedNumberIsNotTouched) {
  ASSERT_THAT(services().Activate(spec_), IsOk());
  ASSERT_THAT(services().Stop(spec_), IsOk());

  const pid_t bystander = fork();
  if (bystander == 0) {
    pause();
    _exit(0);
  }
  // The record as it would be had the bystander been given the dead agent's number.
  std::ofstream(world_.files().Path("state/agents/agent"))
      << "mig-agent-process-2 " << bystander << " 1 " << std::string(world_.clock().BootId())
      << " -\n";
  EXPECT_EQ(Pid(), 0);
  EXPECT_THAT(services().Stop(spec_), IsOk());
  EXPECT_EQ(kill(bystander, 0), 0);
  EXPECT_EQ(waitpid(bystander, nullptr, WNOHANG), 0);
  kill(bystander, SIGKILL);
  waitpid(bystander, nullptr, 0);
}

TEST_F(ProcessServicesTest, AnAgentThatSomebodyElseStartedIsFoundByItsProgramAndReplaced) {
  const pid_t foreign = StartForeign();
  EXPECT_EQ(Pid(), foreign);
  ASSERT_THAT(services().Start(spec_), IsOk());
  EXPECT_EQ(Pid(), foreign) << "Start leaves a running agent alone";

  ASSERT_THAT(services().Activate(spec_), IsOk());
  EXPECT_NE(Pid(), foreign);
  EXPECT_NE(kill(foreign, 0), 0) << "reaped by Stop: it was our child here";
}

TEST_F(ProcessServicesTest, ARecordOfAnotherBootNamesNobody) {
  const pid_t bystander = fork();
  if (bystander == 0) {
    pause();
    _exit(0);
  }
  const ProcessIdentity identity = StatProcess(bystander).value().identity;
  std::filesystem::create_directories(world_.files().Path("state/agents"));
  std::ofstream(world_.files().Path("state/agents/agent"))
      << EncodeAgentRecord({.process = identity, .boot_id = "another-boot", .group = ""});
  EXPECT_EQ(Pid(), 0);
  kill(bystander, SIGKILL);
  waitpid(bystander, nullptr, 0);
}

TEST_F(ProcessServicesTest, AForeignAgentThatIgnoresSigtermIsEndedAndNothingElseOfItsSession) {
  spec_.stop_timeout = absl::Milliseconds(100);
  const pid_t foreign = StartForeign("--ignore-sigterm");
  EXPECT_THAT(services().Stop(spec_), IsOk());
  EXPECT_NE(kill(foreign, 0), 0);
}

TEST_F(ProcessServicesTest, AnAgentWhoseFileWasReplacedIsStillFound) {
  const pid_t foreign = StartForeign();
  std::filesystem::copy_file(spec_.command[0], world_.files().Path("agent.new"));
  std::filesystem::rename(world_.files().Path("agent.new"), spec_.command[0]);
  EXPECT_EQ(Pid(), foreign);
}

std::string Contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST_F(ProcessServicesTest, Adversary112And133NothingOfTheLoadersSurroundingsReachesTheAgent) {
  const mode_t mask = umask(0);
  const int leaked = fcntl(STDERR_FILENO, F_DUPFD, 50);  // not close-on-exec
  setenv("LD_PRELOAD_NOT", "x", 1);
  setenv("GRPC_SSL_CIPHER_SUITES", "x", 1);
  signal(SIGPIPE, SIG_IGN);
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigprocmask(SIG_BLOCK, &blocked, &before);

  const std::string facts = world_.files().Path("facts");
  spec_.command.insert(spec_.command.end(), {"--write-facts", facts});
  ASSERT_THAT(services().Activate(spec_), IsOk());
  ASSERT_TRUE(services().Watch(spec_, absl::Milliseconds(300)).ok());
  sigprocmask(SIG_SETMASK, &before, nullptr);
  signal(SIGPIPE, SIG_DFL);
  close(leaked);
  umask(mask);

  EXPECT_EQ(Contents(facts),
            "leader yes\numask 12\ncwd /\nfds 0 1 2\n"
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nHOME=/\n"
            "LANG=C.UTF-8\nsigusr1 open\nsigpipe default\n");
}

TEST_F(ProcessServicesTest, ItStartsWithDescriptorsZeroToTwoClosed) {
  // In a child, so that the test keeps its own.
  const pid_t child = fork();
  if (child == 0) {
    for (int fd = 0; fd < 3; ++fd) close(fd);
    _exit(services().Activate(spec_).ok() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(services().Watch(spec_, absl::Milliseconds(300)).ok())
      << "it outlives the loader that started it";
}

TEST_F(ProcessServicesTest, TheEndOfItsOutputIsReportedOnlyWhereItIsWanted) {
  AgentScript script = AgentScript::CrashesAfter(absl::Milliseconds(50), 4);
  script.output = "cannot open \x1b[1mconfig";
  spec_ = world_.Agent(script);
  ASSERT_THAT(services().Activate(spec_), IsOk());
  EXPECT_EQ(services().Watch(spec_, absl::Seconds(5)).output, "");

  spec_.max_output_bytes = 1000;
  ASSERT_THAT(services().Activate(spec_), IsOk());
  const Health health = services().Watch(spec_, absl::Seconds(5));
  EXPECT_EQ(health.exit_status, 4u);
  EXPECT_EQ(health.output, "cannot open \\x1b[1mconfig\n");
  EXPECT_THAT(health.text, Not(HasSubstr("cannot open")));
}

TEST_F(ProcessServicesTest, AnOutputFileThatGrewIsCut) {
  AgentScript script;
  script.output = "hello";
  spec_ = world_.Agent(script);
  spec_.max_output_bytes = 100;
  ASSERT_THAT(services().Activate(spec_), IsOk());
  const std::string file = world_.files().Path("state/agents/agent.output");
  std::filesystem::resize_file(file, (1 << 20) + 1);
  EXPECT_NE(Pid(), 0);
  EXPECT_EQ(std::filesystem::file_size(file), 0u);
}

TEST_F(ProcessServicesTest, ADamagedRecordIsNotBelieved) {
  ASSERT_THAT(services().Activate(spec_), IsOk());
  const int64_t pid = Pid();
  std::ofstream(world_.files().Path("state/agents/agent")) << "mig-agent-process-2 x";
  EXPECT_EQ(Pid(), pid) << "found by its program";
}

}  // namespace
}  // namespace mig::loader
