// What mig-coordinator is given and cannot use: one line that names the file and the way out, the
// exit status of UX section 2, and nothing half-written.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
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

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kForeignStore = 5;

MATCHER_P2(EndsWith, status, said, "") {
  *result_listener << "status " << arg.exit_status << ", said: " << arg.err;
  return arg.exit_status == status && std::ranges::count(arg.err, '\n') == 1 &&
         ::testing::Matches(said)(arg.err);
}

class CoordinatorInputTest : public House {
 protected:
  CommandResult Run(std::vector<std::string> before, const std::string& config) {
    before.insert(before.end(), {world().programs().coordinator, "--config", config});
    const auto result = world().Run(before);
    EXPECT_THAT(result, IsOk());
    return result.ok() ? *result : CommandResult();
  }
  // The running coordinator's configuration with these texts replaced, beside it.
  std::string Changed(const std::vector<std::pair<std::string, std::string>>& texts) {
    const auto text = ReadFile(coordinator().config());
    EXPECT_THAT(text, IsOk());
    for (const auto& [from, to] : texts) EXPECT_THAT(*text, HasSubstr(from));
    const std::string changed = coordinator().Path("changed.toml");
    EXPECT_THAT(WriteFile(changed, absl::StrReplaceAll(*text, texts)), IsOk());
    return changed;
  }
};

TEST_F(CoordinatorInputTest, AFullDiskIsSaidAtTheStart) {
  const std::string config = Changed({{"\"store.db\"", "\"other.db\""}});

  const CommandResult result = Run({"/bin/bash", "-c", "ulimit -f 0; exec \"$@\"", "full"}, config);

  EXPECT_THAT(result, EndsWith(kFailed, AllOf(HasSubstr(coordinator().Path("other.db")),
                                              HasSubstr("full: free space"))));
}

TEST_F(CoordinatorInputTest, ADirectoryThatItMayNotWriteToIsNamed) {
  ASSERT_THAT(MakeDirectory(coordinator().Path("data"), 0500), IsOk());
  const std::string config = Changed({{"\"store.db\"", "\"data/store.db\""}});
  // Root may write everywhere, unless it has not this right.
  const std::vector<std::string> before =
      geteuid() == 0 ? std::vector<std::string>{"/usr/bin/setpriv", "--bounding-set",
                                                "-dac_override,-dac_read_search"}
                     : std::vector<std::string>{};

  const CommandResult result = Run(before, config);

  EXPECT_THAT(result, EndsWith(kFailed, AllOf(HasSubstr(coordinator().Path("data")),
                                              HasSubstr("user must own"))));
  EXPECT_TRUE(FilesBelow(coordinator().Path("data")).empty());
}

TEST_F(CoordinatorInputTest, ContentsThatAreAFileAreNamed) {
  const std::string file = coordinator().Path("a-file");
  ASSERT_THAT(WriteFile(file, "mine\n"), IsOk());
  const std::string config =
      Changed({{"\"store.db\"", "\"other.db\""}, {"\"blobs\"", "\"a-file\""}});

  EXPECT_THAT(Run({}, config), EndsWith(kFailed, HasSubstr(file)));
  EXPECT_EQ(ReadFile(file).value_or(""), "mine\n");
}

TEST_F(CoordinatorInputTest, AStoreThatIsALinkIsNoOtherCoordinators) {
  const std::string link = coordinator().Path("link.db");
  ASSERT_EQ(symlink(coordinator().Path("store.db").c_str(), link.c_str()), 0);

  EXPECT_THAT(Run({}, Changed({{"\"store.db\"", "\"link.db\""}})),
              EndsWith(kFailed, HasSubstr(link)));
}

TEST_F(CoordinatorInputTest, WhatIsNoTomlIsToldWithFileAndLine) {
  const std::string config = Changed({{"[online]", "[online"}});
  const auto text = ReadFile(config);
  const auto line = 1 + std::count(text->begin(), text->begin() + text->find("[online\n"), '\n');

  const CommandResult result = Run({}, config);

  EXPECT_THAT(result, EndsWith(kUsage, HasSubstr(absl::StrCat(config, ":", line, ": "))));
}

TEST_F(CoordinatorInputTest, AMissingConfigurationIsNamed) {
  const std::string config = coordinator().Path("nowhere.toml");
  EXPECT_THAT(Run({}, config), EndsWith(kUsage, HasSubstr(config)));
}

TEST_F(CoordinatorInputTest, ALimitBeyondItsBoundIsToldWithLineAndBounds) {
  const std::string config = Changed({{"report_burst = 256", "report_burst = 0"}});
  EXPECT_THAT(Run({}, config), EndsWith(kUsage, AllOf(HasSubstr(config + ":"),
                                                      HasSubstr("report_burst: is 0; it takes"))));
}

TEST_F(CoordinatorInputTest, AStoreOfANewerVersionIsRefusedAndStaysAsItIs) {
  ASSERT_THAT(coordinator().Stop(), IsOk());
  // SQLite's user_version: four bytes at 60 of its header (sqlite.org/fileformat.html).
  const std::string store = coordinator().Path("store.db");
  ASSERT_THAT(FlipByte(store, 61), IsOk());
  const auto before = DigestOf(store);

  const CommandResult result = Run({}, coordinator().config());

  EXPECT_THAT(result,
              EndsWith(kForeignStore, AllOf(HasSubstr(store), HasSubstr("newer mig-coordinator"))));
  EXPECT_EQ(*DigestOf(store), *before);
}

// Two trials have the same names; their roots and keys differ.
TEST_F(CoordinatorInputTest, AnotherCoordinatorsBackupIsRefusedAndItsOwnIsTaken) {
  ASSERT_THAT(world().RunWell({world().programs().migctl, "trial", "init", world().Path("other"),
                               "--operator", "ben"}),
              IsOk());
  const std::string other = world().Path("other");
  ASSERT_THAT(coordinator().Stop(), IsOk());
  const auto backup = ReadFile(coordinator().Path("store.db"));
  ASSERT_THAT(backup, IsOk());
  ASSERT_THAT(WriteFile(other + "/store.db", *backup), IsOk());

  const CommandResult result = Run({}, other + "/coordinator.toml");

  EXPECT_THAT(result, EndsWith(kForeignStore, AllOf(HasSubstr(other + "/store.db"),
                                                    HasSubstr("the store of coordinator"),
                                                    HasSubstr("restore a backup"))));
  EXPECT_EQ(*ReadFile(other + "/store.db"), *backup);

  // The same bytes, back where they are from.
  ASSERT_THAT(coordinator().Start(), IsOk());
  ASSERT_THAT(coordinator().Stop(), IsOk());
  ASSERT_THAT(WriteFile(coordinator().Path("store.db"), *backup), IsOk());
  EXPECT_THAT(coordinator().Start(), IsOk());
}

}  // namespace
}  // namespace mig::tests
