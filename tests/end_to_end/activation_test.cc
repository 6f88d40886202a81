// The ways in which an agent is run, and which files make it up.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "tests/end_to_end/house.h"
#include "tests/harness/files.h"

namespace mig::tests {
namespace {

using base::testing::IsOk;
using base::testing::IsOkAndHolds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ActivationTest : public House {
 protected:
  std::string Written(const std::string& name, const std::string& text) {
    const std::string path = world().Path(name);
    EXPECT_THAT(WriteFile(path, text), IsOk());
    return path;
  }
};

TEST_F(ActivationTest, ASelfInstallingAgentInstallsItselfAndEndsTheOldOne) {
  LoaderHost& host =
      EnrolledHost({.name = "one", .activation = HostOptions::Activation::kSelfInstalling});
  ASSERT_THAT(RollOut({.version = "1.0"}), IsOk());
  ASSERT_THAT(host.Run(), IsOk());
  const auto first = host.CheckAgent("1.0");
  ASSERT_THAT(first, IsOk());

  ASSERT_THAT(RollOut({.version = "1.1"}), IsOk());
  ASSERT_THAT(host.Run(), IsOk());

  const auto second = host.CheckAgent("1.1");
  ASSERT_THAT(second, IsOk());
  EXPECT_NE(second->pid, first->pid);
  EXPECT_FALSE(std::filesystem::exists(absl::StrCat("/proc/", first->pid, "/exe")));
}

// Promise 4.
TEST_F(ActivationTest, ASelfInstallingAgentThatIsBadGoesBack) {
  LoaderHost& host =
      EnrolledHost({.name = "one", .activation = HostOptions::Activation::kSelfInstalling});
  ASSERT_THAT(RollOut({.version = "1.0"}), IsOk());
  ASSERT_THAT(host.Run(), IsOk());
  ASSERT_THAT(
      RollOut({.version = "1.1", .make = {"--behaviour", "exit-after", "--after-ms", "300"}}),
      IsOk());

  EXPECT_THAT(host.Run(6), IsOk());

  EXPECT_THAT(host.CheckAgent("1.0"), IsOk());
}

// Promises 3, 4.
TEST_F(ActivationTest, EachWayOfBeingUnwellPutsTheOldSetBack) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  ASSERT_THAT(RollOut({.version = "1.0"}), IsOk());
  ASSERT_THAT(host.Run(), IsOk());
  const auto good = DigestOf(host.agent_program());
  int version = 0;
  for (const char* const behaviour : {"exit-at-once", "unhealthy", "broken"}) {
    SCOPED_TRACE(behaviour);
    ASSERT_THAT(RollOut({.version = absl::StrCat("1.", ++version),
                         .setting = behaviour,
                         .make = {"--behaviour", behaviour}}),
                IsOk());

    EXPECT_THAT(host.Run(6), IsOk());

    const auto agent = host.CheckAgent("1.0");
    ASSERT_THAT(agent, IsOk());
    EXPECT_EQ(agent->setting, "none");
    EXPECT_EQ(DigestOf(host.agent_program()).value(), good.value());
  }
}

TEST_F(ActivationTest, AFamilysFilesComeAndGoWithTheRelease) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  ASSERT_THAT(RollOut({.version = "1.0",
                       .extra = {{"conf/10-site.cfg", Written("a", "site\n")},
                                 {"conf/20-more.cfg", Written("b", "more\n")}}}),
              IsOk());
  ASSERT_THAT(host.Run(), IsOk());
  EXPECT_THAT(FilesBelow(host.Path("agent/conf.d")),
              ElementsAre(HasSubstr("10-site.cfg"), HasSubstr("20-more.cfg")));
  EXPECT_THAT(Describe(host.Path("agent/conf.d/10-site.cfg")), HasSubstr("0640 5 bytes"));

  ASSERT_THAT(RollOut({.version = "1.1",
                       .extra = {{"conf/10-site.cfg", Written("c", "site, changed\n")}},
                       .retire = {"conf/20-more.cfg"}}),
              IsOk());
  ASSERT_THAT(host.Run(), IsOk());

  EXPECT_THAT(ReadFile(host.Path("agent/conf.d/10-site.cfg")), IsOkAndHolds("site, changed\n"));
  EXPECT_THAT(host.CheckAgent("1.1"), IsOk());
}

TEST_F(ActivationTest, EachHostGetsItsOwnVariant) {
  LoaderHost& one = EnrolledHost({.name = "one"});
  LoaderHost& two = EnrolledHost({.name = "two"});
  ASSERT_THAT(RollOut({.version = "1.0"}), IsOk());

  ASSERT_THAT(one.Run(), IsOk());
  ASSERT_THAT(two.Run(), IsOk());

  EXPECT_THAT(one.CheckAgent("1.0"), IsOk());
  EXPECT_THAT(two.CheckAgent("1.0"), IsOk());
  EXPECT_THAT(ReadFile(two.agent_config()), IsOkAndHolds(two.AgentConfiguration("none")));
}

// Promise 1.
TEST_F(ActivationTest, AComponentThatThisHostHasNoPathForIsRefusedWhole) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  ASSERT_THAT(RollOut({.version = "1.0", .extra = {{"rootkit", Written("r", "bytes\n")}}}), IsOk());

  const auto run = host.Do({"run", "--now"}, 5);

  ASSERT_THAT(run, IsOk());
  EXPECT_THAT(run->out + run->err, HasSubstr("UNKNOWN_COMPONENT"));
  EXPECT_TRUE(FilesBelow(host.agent_directory()).empty());
}

}  // namespace
}  // namespace mig::tests
