// The tools of the demo and of the end-to-end tests, tried on small things.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "tests/harness/background.h"
#include "tests/harness/command.h"
#include "tests/harness/file_watch.h"
#include "tests/harness/files.h"
#include "tests/harness/programs.h"
#include "tests/harness/world.h"

namespace mig::tests {
namespace {

using base::testing::IsOk;
using base::testing::IsOkAndHolds;
using base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class HarnessTest : public ::testing::Test {
 protected:
  HarnessTest() {
    programs_.agent = std::getenv("AGENT");
    programs_.make_agent = std::getenv("MAKE_AGENT");
    programs_.agent = std::filesystem::canonical(programs_.agent);
    programs_.make_agent = std::filesystem::canonical(programs_.make_agent);
    auto world = World::Make(programs_, "harness");
    EXPECT_THAT(world, IsOk());
    world_ = *std::move(world);
  }

  // An agent that was made at `name`, as words to run it.
  std::vector<std::string> Agent(const std::string& name, const std::string& setting = "none") {
    EXPECT_THAT(world_->MakeAgent(world_->Path(name), "1.0"), IsOk());
    const std::string config = world_->Path(name + ".conf");
    EXPECT_THAT(WriteFile(config, absl::StrCat("setting = ", setting, "\n")), IsOk());
    return {world_->Path(name), "--config", config};
  }

  Programs programs_;
  std::unique_ptr<World> world_;
};

TEST_F(HarnessTest, ACommandsWordsAndStatusAreKeptApart) {
  const auto result = world_->Run({"/bin/sh", "-c", "echo data; echo message >&2; exit 5"});

  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->exit_status, 5);
  EXPECT_EQ(result->out, "data\n");
  EXPECT_EQ(result->err, "message\n");
  EXPECT_THAT(CheckExit(result, 0),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("ended with 5"), HasSubstr("message"))));
}

TEST_F(HarnessTest, ACommandThatDoesNotEndIsKilled) {
  CommandOptions options = world_->options();
  options.patience = absl::Milliseconds(50);

  EXPECT_THAT(RunCommand({"/bin/sh", "-c", "while :; do :; done"}, options),
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("had not ended")));
}

TEST_F(HarnessTest, WhatACommandLeavesRunningIsNotWaitedFor) {
  const auto words = Agent("agent");

  const auto result = world_->Run({"/bin/sh", "-c", words[0] + " --config " + words[2] + " &"});

  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->exit_status, 0);
}

TEST_F(HarnessTest, OneThatRunsBesideIsWaitedForByWhatItSays) {
  auto agent = Background::Start(Agent("agent"), world_->options(), world_->Path("log"));
  ASSERT_THAT(agent, IsOk());

  EXPECT_THAT(agent->WaitFor("serves", absl::Seconds(30)), IsOk());
  agent->Signal(SIGTERM);
  EXPECT_THAT(agent->WaitEnd(absl::Seconds(30)), IsOkAndHolds(0));
}

TEST_F(HarnessTest, OneThatEndsTooEarlyIsNotWaitedForAnyLonger) {
  auto process = Background::Start({"/bin/sh", "-c", "echo 'no room here'; exit 4"},
                                   world_->options(), world_->Path("log"));
  ASSERT_THAT(process, IsOk());

  EXPECT_THAT(process->WaitFor("serves", absl::Seconds(30)),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("ended with 4"), HasSubstr("no room here"))));
}

TEST_F(HarnessTest, AFileThatIsPutInPlaceIsSeenWhenItHappens) {
  auto watch = FileWatch::Of(world_->directory(), IN_MOVED_TO);
  ASSERT_THAT(watch, IsOk());
  auto idle = Background::Start(Agent("agent"), world_->options(), world_->Path("log"));
  ASSERT_THAT(idle, IsOk());

  ASSERT_THAT(WriteFile(world_->Path("other"), "1"), IsOk());
  ASSERT_THAT(WriteFile(world_->Path("wanted"), "2"), IsOk());

  EXPECT_THAT(watch->WaitForName("wanted", idle->process(), absl::Seconds(30)), IsOk());
  EXPECT_THAT(watch->WaitForName("never", idle->process(), absl::Milliseconds(20)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("never")));
}

TEST_F(HarnessTest, AnAgentIsWhatItWasMadeAs) {
  ASSERT_THAT(world_->MakeAgent(world_->Path("agent"), "7.1"), IsOk());

  const auto said = world_->Run({world_->Path("agent"), "--version"});

  ASSERT_THAT(said, IsOk());
  EXPECT_THAT(said->out, HasSubstr("7.1"));
}

TEST_F(HarnessTest, AFlippedByteAndItsWayBackAreSeen) {
  const std::string path = world_->Path("file");
  ASSERT_THAT(WriteFile(path, "some bytes", 0600), IsOk());
  const auto before = DigestOf(path);
  const FileMark mark = FileMark::Of(path);

  ASSERT_THAT(FlipByte(path, 3), IsOk());
  EXPECT_NE(DigestOf(path), before);
  EXPECT_NE(FileMark::Of(path), mark);
  ASSERT_THAT(FlipByte(path, 3), IsOk());
  EXPECT_EQ(DigestOf(path), before);
  EXPECT_THAT(Describe(path), HasSubstr("0600 10 bytes"));
}

TEST_F(HarnessTest, NothingIsLeftOfAWorld) {
  const auto words = Agent("agent");
  auto agent = Background::Start(words, world_->options(), world_->Path("log"));
  ASSERT_THAT(agent, IsOk());
  ASSERT_THAT(agent->WaitFor("serves", absl::Seconds(30)), IsOk());
  const std::string directory = world_->directory();
  ASSERT_THAT(ProcessesOf(directory, programs_), Contains(agent->pid()));

  world_ = nullptr;

  EXPECT_THAT(agent->WaitEnd(absl::Seconds(30)), IsOkAndHolds(128 + SIGKILL));
  EXPECT_THAT(ProcessesOf(directory, programs_), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST_F(HarnessTest, PortsAreGivenOnceAndAreNotThoseOfClients) {
  const auto some = world_->TakePorts(2);
  const auto more = world_->TakePorts(1);

  ASSERT_THAT(some, IsOkAndHolds(SizeIs(2)));
  ASSERT_THAT(more, IsOkAndHolds(SizeIs(1)));
  EXPECT_THAT(*some, Each(Ge(20'000)));
  EXPECT_NE((*some)[0], (*some)[1]);
  EXPECT_THAT(*some, Not(Contains((*more)[0])));
}

TEST(ShownCommandTest, CanBeTypedAgain) {
  EXPECT_EQ(ShownCommand({"/usr/bin/migctl", "host", "list", "--where", "state = \"new\""}),
            "migctl host list --where 'state = \"new\"'");
}

}  // namespace
}  // namespace mig::tests
