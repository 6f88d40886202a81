// The agent as tests and the demo use it: made by make_agent, run as a process of its own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/agent/agent_process.h"

namespace mig::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class AgentTest : public ::testing::Test {
 protected:
  AgentTest() { Configure("none"); }
  ~AgentTest() override { RunToEnd({base_, "--config", config_, "--stop"}); }

  void Configure(const std::string& setting) {
    std::ofstream(config_) << "http_port = " << port_ << "\nsocket = " << socket_
                           << "\npid_file = " << pid_file_ << "\nsetting = " << setting << "\n";
  }

  // A release of the agent, as a program in the test's directory.
  std::string Make(const std::string& version, std::vector<std::string> options = {}) {
    const std::string program = directory_.File("agent");
    std::vector<std::string> words = {
        std::getenv("MAKE_AGENT"), "--base", base_, "--out", program, "--version", version};
    words.insert(words.end(), options.begin(), options.end());
    EXPECT_EQ(RunToEnd(words), 0);
    return program;
  }

  std::vector<std::string> Serve(const std::string& program) const {
    return {program, "--config", config_};
  }
  std::vector<std::string> Install(const std::string& program) const {
    return {program, "--config", config_, "--install"};
  }
  std::string Health() const { return HttpGet(port_, "/health"); }

  // Of the agent that answers at the socket; 0 if there is none.
  pid_t ServingPid() const {
    const std::string line = ReadSocket(socket_);
    const size_t at = line.find(" pid=");
    int32_t pid = 0;
    if (at == std::string::npos) return 0;
    EXPECT_TRUE(absl::SimpleAtoi(line.substr(at + 5, line.find(' ', at + 1) - at - 5), &pid))
        << line;
    return pid;
  }

  const std::string base_ = std::getenv("AGENT");
  const ShortTempDirectory directory_;
  const std::string config_ = directory_.File("agent.conf");
  const std::string socket_ = directory_.File("agent.sock");
  const std::string pid_file_ = directory_.File("agent.pid");
  const uint32_t port_ = FreePort();
};

TEST_F(AgentTest, SaysItsVersionAndPidAtBothDoors) {
  Configure("red");
  Process agent(Serve(Make("1.0")));
  EXPECT_EQ(agent.ReadLine(), absl::StrCat("mig-test-agent 1.0 pid ", agent.pid(), " serves"));

  const std::string line =
      absl::StrCat("version=1.0 pid=", agent.pid(), " setting=red state=ready\n");
  EXPECT_EQ(ReadSocket(socket_), line);
  EXPECT_THAT(Health(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(Health(), HasSubstr("\r\n\r\n" + line));
  EXPECT_THAT(HttpGet(port_, "/other"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(AgentTest, SigtermEndsItCleanly) {
  Process agent(Serve(Make("1.0")));
  agent.ReadLine();
  ASSERT_TRUE(std::filesystem::exists(socket_));

  agent.Kill(SIGTERM);

  EXPECT_EQ(agent.Wait(), 0);
  EXPECT_FALSE(std::filesystem::exists(socket_));
  EXPECT_EQ(std::filesystem::file_size(pid_file_), 0u);
}

TEST_F(AgentTest, OneThatIgnoresSigtermEndsBySigkillAlone) {
  Process agent(Serve(Make("1.0", {"--ignore-sigterm"})));
  agent.ReadLine();

  agent.Kill(SIGTERM);
  EXPECT_THAT(Health(), HasSubstr("state=ready"));
  agent.Kill(SIGKILL);

  EXPECT_EQ(agent.Wait(), 128 + SIGKILL);
}

TEST_F(AgentTest, PrintsItsVersionAndNothingElseIsNeeded) {
  Process agent({Make("1.1"), "--version"});
  EXPECT_EQ(agent.ReadLine(), "mig-test-agent 1.1");
  EXPECT_EQ(agent.Wait(), 0);
}

TEST_F(AgentTest, OneThatIsHealthyInItsVersionAloneEndsAtOnce) {
  const std::string program = Make("1.2", {"--behaviour", "exit-at-once", "--exit-status", "7"});
  EXPECT_EQ(RunToEnd({program, "--version"}), 0);
  EXPECT_EQ(RunToEnd(Serve(program)), 7);
}

TEST_F(AgentTest, ABrokenOneHasNotEvenAVersion) {
  EXPECT_EQ(RunToEnd({Make("1.2", {"--behaviour", "broken"}), "--version"}), 1);
}

TEST_F(AgentTest, OneThatEndsAfterAWhileServesFirst) {
  Process agent(Serve(Make("1.2", {"--behaviour", "exit-after", "--after-ms", "50"})));
  EXPECT_THAT(agent.ReadLine(), HasSubstr("serves"));
  EXPECT_EQ(agent.Wait(), 1);
}

TEST_F(AgentTest, OneThatIsNeverReadySaysSo) {
  Process agent(Serve(Make("1.2", {"--behaviour", "never-ready"})));
  agent.ReadLine();
  EXPECT_THAT(Health(), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(ReadSocket(socket_), HasSubstr("state=starting"));
}

TEST_F(AgentTest, AnUnhealthyOneSaysSo) {
  Process agent(Serve(Make("1.2", {"--behaviour", "unhealthy"})));
  agent.ReadLine();
  EXPECT_THAT(Health(), StartsWith("HTTP/1.1 500 "));
}

TEST_F(AgentTest, HealthMayChangeAfterAWhile) {
  for (const auto& [behaviour, first, then] :
       {std::tuple("ready-after", "503", "200"), std::tuple("unhealthy-after", "200", "500")}) {
    Process agent(Serve(Make("1.2", {"--behaviour", behaviour, "--after-ms", "300"})));
    agent.ReadLine();
    EXPECT_THAT(Health(), StartsWith(absl::StrCat("HTTP/1.1 ", first)));
    std::string health;
    for (int asked = 0;
         asked < 100'000 && !absl::StartsWith(health, absl::StrCat("HTTP/1.1 ", then)); ++asked) {
      health = Health();
    }
    EXPECT_THAT(health, StartsWith(absl::StrCat("HTTP/1.1 ", then))) << behaviour;
  }
}

TEST_F(AgentTest, OneThatHangsListensAndNeverAnswers) {
  Process agent(Serve(Make("1.2", {"--behaviour", "hang"})));
  agent.ReadLine();
  EXPECT_EQ(HttpGet(port_, "/health", 100), "");
  agent.Kill(SIGTERM);
  EXPECT_EQ(agent.Wait(), 0);
}

TEST_F(AgentTest, InstallsItselfAndEndsTheOneBefore) {
  Process first(Install(Make("1.0")));
  EXPECT_THAT(first.ReadLine(), HasSubstr("mig-test-agent 1.0 pid"));
  EXPECT_EQ(first.Wait(), 0);
  const pid_t old = ServingPid();
  ASSERT_GT(old, 0);
  EXPECT_NE(old, first.pid()) << "it runs on by itself";

  EXPECT_EQ(RunToEnd(Install(Make("1.1"))), 0);

  EXPECT_THAT(Health(), HasSubstr("version=1.1"));
  EXPECT_NE(ServingPid(), old);
  // Gone, or what is left of it until its parent asks.
  std::string state;
  std::getline(std::ifstream(absl::StrCat("/proc/", old, "/stat")), state);
  EXPECT_TRUE(state.empty() || absl::StrContains(state, ") Z ")) << state;
}

TEST_F(AgentTest, ABadOneDoesNotInstallItself) {
  ASSERT_EQ(RunToEnd(Install(Make("1.0"))), 0);
  EXPECT_EQ(RunToEnd(Install(Make("1.2", {"--behaviour", "exit-at-once"}))), 1);
  EXPECT_EQ(ServingPid(), 0);
}

TEST_F(AgentTest, TwoWithOnePidFileAreRefused) {
  const std::string program = Make("1.0");
  ASSERT_EQ(RunToEnd(Install(program)), 0);
  const pid_t serving = ServingPid();
  EXPECT_EQ(RunToEnd(Serve(program)), 1);
  EXPECT_EQ(ServingPid(), serving);
}

TEST_F(AgentTest, ANumberThatWasLeftBehindIsNobody) {
  std::ofstream(pid_file_) << getpid() << "\n";  // not locked: this test must live
  EXPECT_EQ(RunToEnd(Install(Make("1.0"))), 0);
}

TEST_F(AgentTest, WrongArgumentsAndConfigurationsHaveStatusTwo) {
  const std::string program = Make("1.0");
  EXPECT_EQ(RunToEnd({program}), 2);
  EXPECT_EQ(RunToEnd({program, "--confg", config_}), 2);
  EXPECT_EQ(RunToEnd({program, "--config", directory_.File("missing")}), 2);
  std::ofstream(config_) << "http_port = 70000\n";
  EXPECT_EQ(RunToEnd(Serve(program)), 2);
}

TEST_F(AgentTest, AReleaseMayBeMadeOfAnotherAndPadded) {
  const std::string padded = Make("1.1", {"--size", "4000000"});
  EXPECT_GE(std::filesystem::file_size(padded), 4'000'000u);
  const std::string next = directory_.File("next");
  ASSERT_EQ(
      RunToEnd({std::getenv("MAKE_AGENT"), "--base", padded, "--out", next, "--version", "1.2"}),
      0);
  EXPECT_EQ(Process({next, "--version"}).ReadLine(), "mig-test-agent 1.2");
}

}  // namespace
}  // namespace mig::tests
