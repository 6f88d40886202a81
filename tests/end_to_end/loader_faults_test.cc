// The loader where its machine lets it down: a full disk, no permission, nobody who answers. Each
// is one line with a way out and its exit code, nothing is half written, and the next run goes on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/testing/status_matchers.h"
#include "tests/end_to_end/house.h"
#include "tests/harness/files.h"

namespace mig::tests {
namespace {

using base::testing::IsOk;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kLater = 75;

MATCHER_P2(EndsWith, exit_status, what, "") {
  *result_listener << "status " << arg.exit_status << ", said: " << arg.err;
  const std::string said = absl::StrReplaceAll(arg.err, {{"TRIAL ROOT 1 of 1\n", ""}});
  return arg.exit_status == exit_status && std::ranges::count(said, '\n') == 1 &&
         ::testing::Matches(what)(said);
}

class LoaderFaultsTest : public House {
 protected:
  using Words = std::vector<std::string>;

  CommandResult Run(Words before, const LoaderHost& host, const Words& words) {
    const Words loader = host.Words(words);
    before.insert(before.end(), loader.begin(), loader.end());
    const auto result = world().Run(before);
    EXPECT_THAT(result, IsOk());
    return result.ok() ? *result : CommandResult();
  }

  // No file of it may grow.
  static Words NoRoom() { return {"/bin/bash", "-c", "ulimit -f 0; exec \"$@\"", "full"}; }
  // As somebody whom permissions bind: root is not, unless it has not these rights.
  static Words Bound() {
    if (geteuid() != 0) return {};
    return {"/usr/bin/setpriv", "--bounding-set", "-dac_override,-dac_read_search"};
  }
  // What sets a program's clock back by a year.
  static std::string SetBackClock() {
    return std::filesystem::absolute("tests/end_to_end/set_back_clock.so").string();
  }
  // With the state directory's contents on a tmpfs that is full, for this command alone.
  static Words OnFullTmpfs(const LoaderHost& host) {
    const std::string state = host.state_directory();
    return {"/usr/bin/unshare",
            "--mount",
            "/bin/bash",
            "-c",
            absl::StrCat("set -e; mkdir -p ", state, "; mount -t tmpfs -o size=4m,mode=0700 full ",
                         state, ".full; cp -a ", state, "/. ", state, ".full; mount --bind ", state,
                         ".full ", state, "; dd if=/dev/zero of=", state, "/.fill 2>/dev/null || ",
                         "true; exec \"$@\""),
            "full"};
  }
  // Whether OnFullTmpfs works here.
  bool CanMount(const LoaderHost& host) {
    if (!MakeDirectory(host.state_directory() + ".full").ok()) return false;
    Words words = OnFullTmpfs(host);
    words.push_back("/bin/true");
    const auto result = world().Run(words);
    return result.ok() && result->exit_status == 0;
  }

  static std::map<std::string, std::string> Contents(const std::string& directory) {
    std::map<std::string, std::string> contents;
    for (const std::string& path : FilesBelow(directory)) {
      contents[path] = ReadFile(path).value_or("?");
    }
    return contents;
  }
  static Words EnrollWords(const LoaderHost& host) {
    return {"enroll", "--token-file", host.Path("token")};
  }
};

TEST_F(LoaderFaultsTest, AFullDiskIsForLaterAndTheNextRunGoesOn) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  const auto before = Contents(host.state_directory());

  EXPECT_THAT(Run(NoRoom(), host, {"run", "--now"}),
              EndsWith(kLater, AllOf(HasSubstr(host.state_directory()), HasSubstr("disk is full"),
                                     HasSubstr("ulimit -f"))));

  EXPECT_EQ(Contents(host.state_directory()), before);
  EXPECT_EQ(Run(NoRoom(), host, {"status"}).exit_status, 0);
  EXPECT_THAT(host.Run(), IsOk());
}

TEST_F(LoaderFaultsTest, AFullTmpfsIsForLater) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  if (!CanMount(host)) GTEST_SKIP() << "needs root and mount namespaces: unshare --mount";

  EXPECT_THAT(Run(OnFullTmpfs(host), host, {"run", "--now"}),
              EndsWith(kLater, HasSubstr("No space left")));
  EXPECT_EQ(Run(OnFullTmpfs(host), host, {"status"}).exit_status, 0);
}

TEST_F(LoaderFaultsTest, EnrollingOnAFullDiskTakesNoTokenAndCanBeRepeated) {
  LoaderHost& lender = EnrolledHost({.name = "one"});
  LoaderHost& host = NewHost({.name = "two"});

  EXPECT_THAT(
      Run(NoRoom(), host, EnrollWords(lender)),
      EndsWith(kLater, AllOf(HasSubstr(host.state_directory()), HasSubstr("disk is full"))));

  EXPECT_EQ(Run({}, host, {"status"}).exit_status, 3);
  EXPECT_THAT(Enroll(host), IsOk());
}

TEST_F(LoaderFaultsTest, AStateDirectoryThatMayNotBeWrittenIsNamed) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  const auto before = Contents(host.state_directory());
  ASSERT_EQ(chmod(host.state_directory().c_str(), 0500), 0);
  for (const std::string& file : FilesBelow(host.state_directory())) {
    ASSERT_EQ(chmod(file.c_str(), 0400), 0);
  }

  const CommandResult run = Run(Bound(), host, {"run", "--now"});

  EXPECT_THAT(run, EndsWith(1, AllOf(HasSubstr(host.state_directory()),
                                     HasSubstr("Permission denied"), HasSubstr("root"))));
  EXPECT_EQ(Contents(host.state_directory()), before);
}

TEST_F(LoaderFaultsTest, AStateDirectoryThatCannotBeMadeIsNamed) {
  LoaderHost& host = NewHost({.name = "one"});
  ASSERT_THAT(WriteFile(host.Path("token"), "not read\n", 0600), IsOk());
  ASSERT_EQ(chmod(host.directory().c_str(), 0500), 0);

  EXPECT_EQ(Run(Bound(), host, EnrollWords(host)).exit_status, 2);  // the token comes first
  EXPECT_TRUE(FilesBelow(host.state_directory()).empty());
}

TEST_F(LoaderFaultsTest, AConfigurationThatMayNotBeReadIsNamedWithTheWayOut) {
  LoaderHost& host = NewHost({.name = "one"});
  ASSERT_EQ(chmod(host.config().c_str(), 0000), 0);

  for (const Words& words : {Words{"run", "--now"}, Words{"status"}, EnrollWords(host)}) {
    EXPECT_THAT(Run(Bound(), host, words),
                EndsWith(2, AllOf(HasSubstr(host.config()), HasSubstr("Permission denied"),
                                  HasSubstr("root"))))
        << absl::StrJoin(words, " ");
  }
}

TEST_F(LoaderFaultsTest, AManagedFileThatMayNotBeReadIsNamedWithTheWayOut) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  ASSERT_THAT(RollOut({.version = "1.0"}), IsOk());
  ASSERT_THAT(host.Run(), IsOk());
  ASSERT_EQ(chmod(host.agent_config().c_str(), 0000), 0);

  const CommandResult run = Run(Bound(), host, {"run", "--now"});

  EXPECT_EQ(run.exit_status, 1) << run.err;
  EXPECT_THAT(run.out + run.err, AllOf(HasSubstr(host.agent_config()),
                                       HasSubstr("Permission denied; run the loader as root")));
}

TEST_F(LoaderFaultsTest, AClockBeforeTheCertificateWaitsAndSaysWhatIsWrong) {
  LoaderHost& host = EnrolledHost({.name = "one"});

  EXPECT_THAT(
      Run({"/usr/bin/env", absl::StrCat("LD_PRELOAD=", SetBackClock())}, host, {"run", "--now"}),
      EndsWith(kLater, AllOf(HasSubstr("CERTIFICATE_TIME"), HasSubstr("clock"),
                             HasSubstr("; tries again at 20"))));

  EXPECT_THAT(host.Run(), IsOk());
}

TEST_F(LoaderFaultsTest, ARevokedHostIsToldHowToComeBack) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  const auto id = HostIdOf(host);
  ASSERT_THAT(id, IsOk());
  ASSERT_THAT(ana().Do({"host", "revoke", *id, "--reason", "stolen"}), IsOk());

  EXPECT_THAT(Run({}, host, {"run", "--now"}),
              EndsWith(3, AllOf(HasSubstr("REVOKED"), HasSubstr("revoked"), HasSubstr("enroll"))));
}

TEST_F(LoaderFaultsTest, ACoordinatorThatIsAwayIsToldInPlainWordsWithTheNextTry) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  LoaderHost& stranger = NewHost({.name = "two"});
  ASSERT_THAT(WriteFile(stranger.Path("token"), ReadFile(host.Path("token")).value(), 0600),
              IsOk());
  ASSERT_THAT(coordinator().Stop(), IsOk());
  const auto plain = [](const std::string& endpoint) {
    return AllOf(HasSubstr(endpoint), HasSubstr("connection refused"), Not(HasSubstr("failed to")),
                 Not(HasSubstr("addresses")), Not(HasSubstr("UNKNOWN")));
  };

  EXPECT_THAT(Run({}, host, {"run", "--now"}),
              EndsWith(kLater, AllOf(plain(LoopbackEndpoint(coordinator().ports().loaders)),
                                     HasSubstr("; tries again at 20"))));
  EXPECT_THAT(Run({}, stranger, EnrollWords(stranger)),
              EndsWith(kLater, plain(LoopbackEndpoint(coordinator().ports().enrollment))));
}

TEST_F(LoaderFaultsTest, AStrangersCertificateIsToldAndNothingIsSent) {
  LoaderHost& host = EnrolledHost({.name = "one"});
  // The host's own certificate is by another CA than the server's.
  ASSERT_THAT(WriteFile(host.config(), absl::StrCat("ca_file = \"", TrialFile("loaders-ca.pem"),
                                                    "\"\n", ReadFile(host.config()).value())),
              IsOk());

  EXPECT_THAT(Run({}, host, {"run", "--now"}),
              EndsWith(kLater, AllOf(HasSubstr("SERVER_CERTIFICATE"),
                                     HasSubstr("is not by a CA of the root"),
                                     HasSubstr("? Tries again at 20"))));
}

}  // namespace
}  // namespace mig::tests
