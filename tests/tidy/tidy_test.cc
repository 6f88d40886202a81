// Reads every file of the repository and says which lines break a rule that no compiler checks.
// Each rule is a function of one file; rules_test.cc and banned_test.cc show each of them red.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/testing/status_matchers.h"
#include "tests/tidy/arrows.h"
#include "tests/tidy/banned.h"
#include "tests/tidy/bounds.h"
#include "tests/tidy/doors.h"
#include "tests/tidy/layout.h"
#include "tests/tidy/scripts.h"
#include "tests/tidy/source.h"
#include "tests/tidy/tree.h"

namespace mig::tests {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::Gt;
using ::testing::SizeIs;

class TidyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto root = FindRoot(std::getenv("ANY_SOURCE"));
    ASSERT_THAT(root, base::testing::IsOk());
    tree_ = ReadTree(*root);
  }

  void Keeps(absl::FunctionRef<Findings(const Source&)> rule) const {
    std::ostringstream broken;
    for (const Source& source : tree_) {
      for (const Finding& finding : rule(source)) broken << "\n" << finding;
    }
    if (!broken.str().empty()) ADD_FAILURE() << broken.str();
  }

  std::vector<Source> tree_;
};

TEST_F(TidyTest, SeesTheWholeRepository) {
  EXPECT_THAT(tree_, SizeIs(Gt(100)));
  for (const char* path : {"WORKSPACE", ".bazelrc", ".ci/run", "base/clock.h", "tools/setup",
                           "proto/mig/v1/root.proto", "tests/tidy/tidy_test.cc"}) {
    EXPECT_THAT(tree_, Contains(Field(&Source::path, path)));
  }
}

TEST_F(TidyTest, IncludesGoToTheLeftOnly) { Keeps(CheckArrows); }
TEST_F(TidyTest, WhatShipsIncludesNoStandIn) { Keeps(CheckStandIns); }
TEST_F(TidyTest, OutsideLibrariesComeInByTheirDoors) { Keeps(CheckDoors); }
TEST_F(TidyTest, OpensslHeadersAreBoringSsls) { Keeps(CheckBoringSslGuard); }
TEST_F(TidyTest, NoHeaderLeaksBoringSsl) { Keeps(CheckHeadersHideBoringSsl); }
TEST_F(TidyTest, NothingBannedIsUsed) { Keeps(CheckBannedWords); }
TEST_F(TidyTest, NoDoorIsOpenForTestsAlone) { Keeps(CheckTestBackDoors); }
TEST_F(TidyTest, NoNoteSaysThatSomethingIsNotDone) { Keeps(CheckUnfinished); }
TEST_F(TidyTest, NoFileIsLongerThan500Lines) { Keeps(CheckLength); }
TEST_F(TidyTest, IncludeGuardsAreCalledLikeTheirFiles) { Keeps(CheckGuard); }
TEST_F(TidyTest, EveryFileAndFolderSaysWhatItIs) { Keeps(CheckNames); }
TEST_F(TidyTest, NothingNamesTheMachineItWasWrittenOn) { Keeps(CheckMachinePaths); }
TEST_F(TidyTest, LibrariesAreLinkedStatically) { Keeps(CheckLinkStatic); }
TEST_F(TidyTest, ScriptsStopAtErrorsAndHaveHelp) { Keeps(CheckScripts); }

TEST_F(TidyTest, TheProtocolShowsEveryBoundAsItIs) {
  const auto find = [&](absl::string_view path) {
    return std::ranges::find(tree_, path, &Source::path);
  };
  const auto sizes = find("base/sizes.h");
  const auto page = find("docs/protocol.md");
  ASSERT_TRUE(sizes != tree_.end() && page != tree_.end());
  for (const Finding& finding : CheckBounds(sizes->contents, *page)) ADD_FAILURE() << finding;
}

}  // namespace
}  // namespace mig::tests
