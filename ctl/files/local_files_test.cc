#include "ctl/files/local_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/posix_file_system.h"
#include "base/testing/status_matchers.h"

namespace mig::ctl {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

class LocalFilesTest : public ::testing::Test {
 protected:
  LocalFilesTest() {
    std::string pattern = absl::StrCat(std::getenv("TEST_TMPDIR"), "/filesXXXXXX");
    directory_ = mkdtemp(pattern.data());
  }

  LocalFiles files() { return LocalFiles(disk_, directory_); }

  base::PosixFileSystem disk_;
  std::string directory_;
};

TEST_F(LocalFilesTest, ReadsWhatItWrote) {
  ASSERT_THAT(files().WriteNew("a", "bytes", 0600), IsOk());
  EXPECT_THAT(files().Read("a", 5, "the file"), IsOkAndHolds("bytes"));
  EXPECT_THAT(files().Read(absl::StrCat(directory_, "/a"), 5, "the file"), IsOkAndHolds("bytes"));
  EXPECT_THAT(files().ReadSecret("./a", 5, "the file"), IsOkAndHolds("bytes"));
}

TEST_F(LocalFilesTest, GoesThroughLinksAsAShellDoes) {
  ASSERT_EQ(mkdir(absl::StrCat(directory_, "/real").c_str(), 0755), 0);
  ASSERT_EQ(symlink("real", absl::StrCat(directory_, "/link").c_str()), 0);
  ASSERT_THAT(files().WriteNew("link/a", "bytes", 0644), IsOk());
  EXPECT_THAT(files().Read("real/a", 10, "the file"), IsOkAndHolds("bytes"));
}

TEST_F(LocalFilesTest, NothingIsOverwrittenByWriteNew) {
  ASSERT_THAT(files().WriteNew("a", "old", 0644), IsOk());
  EXPECT_THAT(files().WriteNew("a", "new", 0644),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("a is there already")));
  EXPECT_THAT(files().Read("a", 10, "the file"), IsOkAndHolds("old"));
}

TEST_F(LocalFilesTest, WhatCannotBeReadIsBadInputThatNamesTheFile) {
  ASSERT_THAT(files().WriteNew("long", "123456", 0644), IsOk());
  ASSERT_EQ(mkdir(absl::StrCat(directory_, "/d").c_str(), 0755), 0);
  ASSERT_EQ(mkfifo(absl::StrCat(directory_, "/fifo").c_str(), 0600), 0);
  for (const char* name : {"missing", "long", "d", "fifo", "missing/too", ""}) {
    EXPECT_THAT(files().Read(name, 5, "the root"),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(name)))
        << name;
  }
}

TEST_F(LocalFilesTest, WhatIsInTheWayIsCalledWhatItIs) {
  ASSERT_EQ(symlink("nowhere", absl::StrCat(directory_, "/link").c_str()), 0);
  EXPECT_THAT(files().Read("link", 5, "the root"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("leads nowhere")));
  ASSERT_THAT(files().WriteNew("file", "1", 0644), IsOk());
  EXPECT_THAT(files().List("file"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is no directory")));
}

// Exit 3 and 4 are for what a coordinator does not have, or does not allow.
TEST_F(LocalFilesTest, APlaceThatCannotBeWrittenIsBadInputToo) {
  ASSERT_THAT(files().WriteNew("file", "1", 0644), IsOk());
  for (const char* path : {"/proc/nothing/new", "missing/new", "file/new"}) {
    EXPECT_THAT(files().Replace(path, "bytes", 0644),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(path)))
        << path;
  }
  EXPECT_THAT(files().MakeDirectory("/proc/nothing", 0755),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("/proc/nothing")));
}

TEST_F(LocalFilesTest, ASecretThatOthersMayReadIsRefusedWithTheCommandToRun) {
  ASSERT_THAT(files().WriteNew("key", "secret", 0640), IsOk());
  EXPECT_THAT(files().ReadSecret("key", 10, "the key"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("0640"), HasSubstr("chmod 600 key"))));
}

TEST_F(LocalFilesTest, SecretsHaveTheirModeFromTheStart) {
  ASSERT_THAT(files().WriteNew("key", "secret", 0600), IsOk());
  struct stat facts = {};
  ASSERT_EQ(stat(absl::StrCat(directory_, "/key").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0600u);
}

}  // namespace
}  // namespace mig::ctl
