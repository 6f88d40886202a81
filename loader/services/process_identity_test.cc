#include "loader/services/process_identity.h"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "loader/services/agent_record.h"

namespace mig::loader {
namespace {

using base::testing::IsOk;

TEST(ProcessIdentityTest, AProgramsNameCannotForgeTheFieldsAfterIt) {
  const absl::StatusOr<ProcessStat> stat =
      ParseProcessStat("4711 (a) S 1 (b) Z 99 9 8 9 0 0 0 0 0 0 0 0 0 0 20 0 1 0 123456 4096 7\n");
  ASSERT_THAT(stat, IsOk());
  EXPECT_EQ(stat->identity.pid, 4711);
  EXPECT_EQ(stat->identity.start_ticks, 123456u);
  EXPECT_EQ(stat->parent, 99);
  EXPECT_EQ(stat->session, 8);
  EXPECT_TRUE(stat->zombie);
  EXPECT_FALSE(ParseProcessStat("4711 (a) S 1").ok());
  EXPECT_FALSE(ParseProcessStat("").ok());
}

TEST(ProcessIdentityTest, ANumberThatIsAnothersByNowIsNotOpened) {
  const ProcessIdentity us = StatProcess(getpid()).value().identity;
  EXPECT_TRUE(OpenProcess(us).has_value());
  EXPECT_FALSE(OpenProcess({.pid = us.pid, .start_ticks = us.start_ticks - 1}).has_value());
}

TEST(ProcessIdentityTest, AZombieHasEnded) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  siginfo_t info;
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);

  const std::optional<ProcessStat> stat = StatProcess(child);
  ASSERT_TRUE(stat.has_value());
  EXPECT_TRUE(stat->zombie);
  EXPECT_FALSE(OpenProcess(stat->identity).has_value());
  waitpid(child, nullptr, 0);
  EXPECT_FALSE(StatProcess(child).has_value());
}

TEST(ProcessIdentityTest, APidFileCountsOnlyForTheProgram) {
  const std::string file = absl::StrCat(::testing::TempDir(), "/pid");
  std::ofstream(file) << "1\n";
  EXPECT_FALSE(FindByPidFile(file, "/sbin/init").has_value());
  std::ofstream(file) << getppid() << "\n";
  EXPECT_FALSE(FindByPidFile(file, "/no/such/program").has_value());
  std::ofstream(file) << "12x\n";
  EXPECT_FALSE(FindByPidFile(file, "/no/such/program").has_value());
  EXPECT_FALSE(FindByPidFile("/no/such/file", "/no/such/program").has_value());
}

TEST(AgentRecordTest, ARecordReadsBackAndNothingElseDoes) {
  const AgentRecord record = {
      .process = {.pid = 4711, .start_ticks = 99}, .boot_id = "b-1", .group = ""};
  const std::string text = EncodeAgentRecord(record);
  EXPECT_EQ(text, "mig-agent-process-2 4711 99 b-1 -\n");
  EXPECT_EQ(ParseAgentRecord(text), record);
  AgentRecord grouped = record;
  grouped.group = "/a slice/mig-agent-a";
  EXPECT_EQ(ParseAgentRecord(EncodeAgentRecord(grouped)), grouped);
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(ParseAgentRecord(text.substr(0, size)), std::nullopt) << size;
  }
  EXPECT_EQ(ParseAgentRecord("mig-agent-process-2 1 99 b-1 -\n"), std::nullopt);
  EXPECT_EQ(ParseAgentRecord("mig-agent-process-2 -5 99 b-1 -\n"), std::nullopt);
  EXPECT_EQ(ParseAgentRecord("mig-agent-process-2 4711 99 b-1 group\n"), std::nullopt);
  EXPECT_EQ(ParseAgentRecord("mig-agent-process-1 4711 99 b-1\n"), std::nullopt);
}

}  // namespace
}  // namespace mig::loader
