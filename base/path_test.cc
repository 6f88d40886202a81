#include "base/path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "base/memory_file_system.h"
#include "base/path_safety.h"
#include "base/testing/status_matchers.h"

namespace mig::base {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

TEST(PathTest, SplitPathTakesAbsolutePathsApart) {
  EXPECT_THAT(SplitPath("/"), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(SplitPath("/opt/a/agent"), IsOkAndHolds(ElementsAre("opt", "a", "agent")));
  EXPECT_THAT(SplitPath("/opt/"), IsOkAndHolds(ElementsAre("opt")));
  EXPECT_THAT(SplitPath("/..a/..."), IsOkAndHolds(ElementsAre("..a", "...")));
}

TEST(PathTest, SplitPathNamesWhatIsWrong) {
  const auto refused = [](const char* what) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(what));
  };
  EXPECT_THAT(SplitPath("opt/a"), refused("not an absolute path"));
  EXPECT_THAT(SplitPath(""), refused("not an absolute path"));
  EXPECT_THAT(SplitPath("/opt/../etc"), refused("\"..\" in it is no name"));
  EXPECT_THAT(SplitPath("/opt//a"), refused("\"\" in it is no name"));
  EXPECT_THAT(SplitPath(std::string("/a\0b", 4)), refused("a\\x00b"));
  EXPECT_THAT(SplitPath("/" + std::string(4095, 'a')), refused("4095"));
}

TEST(PathTest, OpenParentGivesDirectoryAndName) {
  MemoryFileSystem disk;
  ASSERT_THAT(MakeDirs(disk, "/opt/a", 0755), IsOk());
  const absl::StatusOr<OpenedParent> parent = OpenParent(disk, "/opt/a/a");
  ASSERT_THAT(parent, IsOk());
  EXPECT_EQ(parent->name, "a");
  EXPECT_EQ(parent->directory->path(), "/opt/a");
  EXPECT_EQ(OpenParent(disk, "/opt")->directory->path(), "/");
  EXPECT_EQ(OpenParent(disk, "/opt/a/")->name, "a");
  EXPECT_THAT(OpenParent(disk, "/"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(OpenParent(disk, "/gone/a"), StatusIs(absl::StatusCode::kNotFound));
}

// /etc/mig/dictionary.toml, with one thing changed.
class PathSafetyTest : public ::testing::Test {
 protected:
  PathSafetyTest() {
    directory_ = *MakeDirs(disk_, "/etc/mig", 0755);
    file_ = *directory_->CreateExclusive("dictionary.toml", 0644);
  }
  absl::Status Check(uint32_t owner_uid) {
    return CheckOnlyOwnerCanChange(disk_, "/etc/mig/dictionary.toml", owner_uid);
  }

  MemoryFileSystem disk_;
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<File> file_;
};

TEST_F(PathSafetyTest, RootsFilesAreSafeForEverybody) {
  EXPECT_THAT(Check(0), IsOk());
  EXPECT_THAT(Check(1000), IsOk());
  EXPECT_THAT(CheckOnlyOwnerCanChange(disk_, "/", 0), IsOk());
  EXPECT_THAT(CheckOnlyOwnerCanChange(disk_, "/etc/gone", 0),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(PathSafetyTest, AnOwnersFileIsSafeForTheOwnerOnly) {
  ASSERT_THAT(file_->SetOwner(1000, 1000), IsOk());
  EXPECT_THAT(Check(1000), IsOk());
  EXPECT_THAT(Check(0), StatusIs(absl::StatusCode::kFailedPrecondition,
                                 AllOf(HasSubstr("user 1000"), HasSubstr("chown 0 /etc/mig/"))));
}

TEST_F(PathSafetyTest, WritableByOthersOrAGroupIsNamedWithTheWayOut) {
  ASSERT_THAT(file_->SetMode(0666), IsOk());
  EXPECT_THAT(Check(0), StatusIs(absl::StatusCode::kFailedPrecondition,
                                 HasSubstr("chmod o-w /etc/mig/dictionary.toml")));
  ASSERT_THAT(file_->SetMode(0664), IsOk());
  EXPECT_THAT(Check(0), IsOk()) << "root's own group";
  ASSERT_THAT(file_->SetOwner(0, 50), IsOk());
  EXPECT_THAT(Check(0), StatusIs(absl::StatusCode::kFailedPrecondition,
                                 HasSubstr("chmod g-w /etc/mig/dictionary.toml")));
}

TEST_F(PathSafetyTest, EveryDirectoryAboveCounts) {
  ASSERT_THAT(MakeDirs(disk_, "/srv/open/a", 0777), IsOk());
  EXPECT_THAT(CheckOnlyOwnerCanChange(disk_, "/srv/open/a", 0),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("chmod o-w /srv")));
}

TEST_F(PathSafetyTest, AStickyDirectoryIsFineAboveAndNotItself) {
  const std::unique_ptr<Directory> root = *disk_.OpenRoot("/");
  ASSERT_THAT(root->MakeDir("tmp", 01777), IsOk());
  ASSERT_THAT(root->OpenDir("tmp")->get()->MakeDir("demo", 0700), IsOk());
  EXPECT_THAT(CheckOnlyOwnerCanChange(disk_, "/tmp/demo", 0), IsOk());
  EXPECT_THAT(CheckOnlyOwnerCanChange(disk_, "/tmp", 0),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(PathSafetyTest, ASymbolicLinkIsNoFile) {
  disk_.Plant("/etc/mig/link", FileKind::kSymlink);
  EXPECT_THAT(CheckOnlyOwnerCanChange(disk_, "/etc/mig/link", 0),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("symbolic link")));
}

}  // namespace
}  // namespace mig::base
