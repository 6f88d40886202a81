// What the programs end with, and that they say it in one line with a way out (UX: "Exit").

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/testing/status_matchers.h"
#include "tests/end_to_end/house.h"
#include "tests/harness/files.h"

namespace mig::tests {
namespace {

using base::testing::IsOk;
using ::testing::AllOf;
using ::testing::HasSubstr;

// The one line that a failed command leaves on standard error, besides what every screen says.
MATCHER_P(SaysInOneLine, what, "") {
  *result_listener << "status " << arg.exit_status << ", said: " << arg.err;
  const std::string said = absl::StrReplaceAll(arg.err, {{"TRIAL ROOT 1 of 1\n", ""}});
  return std::ranges::count(said, '\n') == 1 && ::testing::Matches(what)(said);
}

class ExitCodeTest : public House {
 protected:
  CommandResult Run(const std::vector<std::string>& words) {
    const auto result = world().Run(words);
    EXPECT_THAT(result, IsOk());
    return result.ok() ? *result : CommandResult();
  }
  CommandResult Coordinator(const std::string& config) {
    return Run({world().programs().coordinator, "--config", config});
  }
  CommandResult Loader(const LoaderHost& host, const std::vector<std::string>& words) {
    return Run(host.Words(words));
  }
  CommandResult Migctl(const std::vector<std::string>& words) {
    const auto result = ana().Try(words);
    EXPECT_THAT(result, IsOk());
    return result.ok() ? *result : CommandResult();
  }

  // The file with one text replaced, beside it.
  std::string Changed(const std::string& file, const std::string& from, const std::string& to) {
    const auto text = ReadFile(file);
    EXPECT_THAT(text, IsOk());
    EXPECT_THAT(*text, HasSubstr(from));
    const std::string changed = file + ".changed.toml";
    EXPECT_THAT(WriteFile(changed, absl::StrReplaceAll(*text, {{from, to}})), IsOk());
    return changed;
  }
};

TEST_F(ExitCodeTest, APortInUseIsOneLineAndStatus1) {
  // Its own store and contents: only the port is shared.
  const std::string config = Changed(
      Changed(coordinator().config(), "\"store.db\"", "\"other.db\""), "\"blobs\"", "\"others\"");

  const CommandResult second = Coordinator(config);

  EXPECT_EQ(second.exit_status, 1);
  EXPECT_THAT(second, SaysInOneLine(HasSubstr(absl::StrCat(coordinator().ports().loaders))));
}

TEST_F(ExitCodeTest, ASecondCoordinatorOverTheSameStoreIsRefused) {
  const CommandResult second = Coordinator(coordinator().config());

  EXPECT_EQ(second.exit_status, 1);
  EXPECT_THAT(second, SaysInOneLine(HasSubstr("mig-coordinator: ")));
}

TEST_F(ExitCodeTest, ABadConfigurationOfTheCoordinatorIsStatus2AndNamesFileLineAndKey) {
  const std::string config = Changed(coordinator().config(), "trust_domain = ", "trust_domian = ");

  const CommandResult checked = Coordinator(config);

  EXPECT_EQ(checked.exit_status, 2);
  EXPECT_THAT(checked, SaysInOneLine(AllOf(HasSubstr(config + ":"), HasSubstr("trust_dom"))));
}

TEST_F(ExitCodeTest, ABadConfigurationOfTheLoaderIsStatus2AndChangesNothing) {
  LoaderHost& host = NewHost({.name = "one"});
  const std::string config = Changed(host.config(), "activations_per_day = 60", "interval = 5");

  const CommandResult run = Run({world().programs().loader, "--config", config, "run", "--now"});

  EXPECT_EQ(run.exit_status, 2);
  EXPECT_THAT(run, SaysInOneLine(AllOf(HasSubstr(config + ":"), HasSubstr("interval"))));
  EXPECT_TRUE(FilesBelow(host.state_directory()).empty());
}

TEST_F(ExitCodeTest, ABadDictionaryIsStatus2) {
  LoaderHost& host = NewHost({.name = "one"});
  ASSERT_THAT(WriteFile(host.dictionary(), "[product.agent]\nactivation = \"magic\"\n"), IsOk());

  const CommandResult run = Loader(host, {"run", "--now"});

  EXPECT_EQ(run.exit_status, 2);
  EXPECT_THAT(run, SaysInOneLine(HasSubstr(host.dictionary() + ":2")));
}

TEST_F(ExitCodeTest, NotEnrolledIs3AndNamesTheCommand) {
  LoaderHost& host = NewHost({.name = "one"});

  const CommandResult run = Loader(host, {"run", "--now"});

  EXPECT_EQ(run.exit_status, 3);
  EXPECT_THAT(run.err, HasSubstr("enroll"));
}

TEST_F(ExitCodeTest, AUsedTokenIs3) {
  LoaderHost& one = EnrolledHost({.name = "one"});
  LoaderHost& two = NewHost({.name = "two"});

  const CommandResult enrolled = Loader(two, {"enroll", "--token-file", one.Path("token")});

  EXPECT_EQ(enrolled.exit_status, 3);
  EXPECT_THAT(enrolled.err, HasSubstr("TOKEN"));
}

TEST_F(ExitCodeTest, ACoordinatorThatIsAwayIs75ForHostsAnd6ForOperators) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  ASSERT_THAT(coordinator().Stop(), IsOk());

  EXPECT_EQ(Loader(host, {"run", "--now"}).exit_status, 75);
  const CommandResult list = Migctl({"host", "list"});
  EXPECT_EQ(list.exit_status, 6);
  EXPECT_THAT(list, SaysInOneLine(HasSubstr("migctl: ")));
}

TEST_F(ExitCodeTest, AnUnknownHostIs3AndAnUnknownPlanIs3) {
  EXPECT_EQ(Migctl({"host", "get", "nobody"}).exit_status, 3);
  EXPECT_EQ(Migctl({"rollout", "start", "no-such-plan"}).exit_status, 3);
}

TEST_F(ExitCodeTest, APlanThatLacksSignaturesIs5) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  ASSERT_THAT(world().MakeAgent(Source("agent"), "1.0"), IsOk());
  ASSERT_THAT(ana().Release("agent", "1.0", {{"", {{"agent", Source("agent")}}}},
                            {TrialFile("keys/release.key")}),
              IsOk());
  ASSERT_THAT(ana().Plan("agent", "1.0", {}), IsOk());

  EXPECT_EQ(Migctl({"rollout", "start", "agent-1.0"}).exit_status, 5);
  EXPECT_THAT(host.Run(), IsOk());
  EXPECT_EQ(host.Agent().pid, 0);
}

TEST_F(ExitCodeTest, AKeyOfAnotherRoleIs4) {
  ASSERT_THAT(world().MakeAgent(Source("agent"), "1.0"), IsOk());
  ASSERT_THAT(ana().Release("agent", "1.0", {{"", {{"agent", Source("agent")}}}}, {}), IsOk());

  EXPECT_EQ(
      Migctl({"release", "sign", "agent@1.0", "--key", TrialFile("keys/rollout.key")}).exit_status,
      4);
}

TEST_F(ExitCodeTest, WhatIsNoVerbIs2AndNamesTheHelp) {
  LoaderHost& host = NewHost({.name = "one"});

  for (const CommandResult& result : {Migctl({"hsot", "list"}), Loader(host, {"rnu"}),
                                      Run({world().programs().coordinator, "--confg", "x"})}) {
    EXPECT_EQ(result.exit_status, 2) << result.ToString();
    EXPECT_THAT(result.err, HasSubstr("--help")) << result.shown;
  }
}

TEST_F(ExitCodeTest, HelpAndVersionAre0) {
  for (const std::string& program :
       {world().programs().loader, world().programs().coordinator, world().programs().migctl}) {
    const CommandResult help = Run({program, "--help"});
    EXPECT_EQ(help.exit_status, 0) << program;
    EXPECT_THAT(help.out, HasSubstr("Usage")) << program;
  }
}

}  // namespace
}  // namespace mig::tests
