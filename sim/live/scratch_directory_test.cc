#include "sim/live/scratch_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "base/testing/status_matchers.h"

namespace mig::sim {
namespace {

namespace fs = std::filesystem;
using base::testing::IsOk;

class ScratchDirectoryTest : public ::testing::Test {
 protected:
  ScratchDirectoryTest() : temporary_(fs::path(::testing::TempDir()) / "scratch") {
    fs::remove_all(temporary_);
    fs::create_directories(temporary_);
    setenv("TMPDIR", temporary_.c_str(), 1);
  }

  static ScratchDirectory Made() {
    absl::StatusOr<ScratchDirectory> made = ScratchDirectory::Make();
    EXPECT_THAT(made, IsOk());
    return *std::move(made);
  }
  static void FillAt(const fs::path& path) {
    fs::create_directories(path / "coordinator");
    std::ofstream(path / "coordinator" / "store") << "rows";
  }

  const fs::path temporary_;
};

TEST_F(ScratchDirectoryTest, IsItsUsersAloneAndGoneWithItsOwner) {
  std::string path;
  {
    const ScratchDirectory made = Made();
    path = made.path();
    struct stat found = {};
    ASSERT_EQ(stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0700u);
    FillAt(path);
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(ScratchDirectoryTest, WhatAKilledOwnerLeftGoesWithTheNextOne) {
  const pid_t child = fork();
  if (child == 0) {
    std::optional<ScratchDirectory> made(Made());
    FillAt(made->path());
    _exit(0);  // no destructor, as in a kill
  }
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  ASSERT_FALSE(fs::is_empty(temporary_));
  const fs::path left = fs::directory_iterator(temporary_)->path();

  const ScratchDirectory made = Made();

  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(made.path()));
}

TEST_F(ScratchDirectoryTest, ThatOfAnotherWhoRunsStays) {
  int ready[2];
  int done[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(done), 0);
  const pid_t child = fork();
  char byte = 0;
  if (child == 0) {
    close(done[1]);
    const ScratchDirectory made = Made();
    FillAt(made.path());
    _exit(write(ready[1], &byte, 1) == 1 && read(done[0], &byte, 1) == 0 ? 0 : 1);
  }
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  const fs::path other = fs::directory_iterator(temporary_)->path();

  const ScratchDirectory first = Made();
  const ScratchDirectory second = Made();

  EXPECT_TRUE(fs::exists(other / "coordinator" / "store"));
  EXPECT_TRUE(fs::exists(first.path())) << "of the same process";
  close(done[1]);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
}

TEST_F(ScratchDirectoryTest, LinksAndOtherNamesStay) {
  FillAt(temporary_ / "elsewhere");
  fs::create_directory_symlink(temporary_ / "elsewhere", temporary_ / "mig-sim-link");
  std::ofstream(temporary_ / "mig-sim-file") << "no directory";

  const ScratchDirectory made = Made();

  EXPECT_TRUE(fs::exists(temporary_ / "elsewhere" / "coordinator" / "store"));
  EXPECT_TRUE(fs::is_symlink(temporary_ / "mig-sim-link"));
  EXPECT_TRUE(fs::exists(temporary_ / "mig-sim-file"));
}

TEST_F(ScratchDirectoryTest, WhoeverEndsAtOnceRemovesItsOwn) {
  const ScratchDirectory made = Made();
  FillAt(made.path());
  FillAt(temporary_ / "mig-sim-another");

  RemoveOwnScratchDirectories();

  EXPECT_FALSE(fs::exists(made.path()));
  EXPECT_TRUE(fs::exists(temporary_ / "mig-sim-another"));
}

TEST_F(ScratchDirectoryTest, ADirectoryThatCannotBeMadeNamesTheWayOut) {
  setenv("TMPDIR", "/nowhere", 1);
  EXPECT_THAT(ScratchDirectory::Make(),
              base::testing::StatusIs(absl::StatusCode::kNotFound, ::testing::HasSubstr("TMPDIR")));
}

}  // namespace
}  // namespace mig::sim
