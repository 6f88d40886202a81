// What both file systems promise of directories.

#include "base/file_system_conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "base/path.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"

namespace mig::base {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;
using ::testing::Ne;
using testing::StatusIs;

class FileSystemConformanceTest : public ConformanceTest {
 protected:
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    const absl::StatusOr<std::vector<DirectoryEntry>> entries = root().List(1000);
    MIG_CHECK_OK(entries);
    for (const DirectoryEntry& entry : *entries) names.push_back(entry.name);
    return names;
  }
};

INSTANTIATE_TEST_SUITE_P(Disks, FileSystemConformanceTest, BothWorlds(), WorldName);

TEST_P(FileSystemConformanceTest, NamesThatAreNoSingleEntryAreRefusedByEveryOperation) {
  Create("file", "x");
  const std::string too_long(256, 'a');
  for (const absl::string_view name :
       {absl::string_view(""), absl::string_view("."), absl::string_view(".."),
        absl::string_view("a/b"), absl::string_view("/etc"), absl::string_view("a\0b", 3),
        absl::string_view(too_long)}) {
    const auto refused = StatusIs(absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(root().OpenDir(name), refused);
    EXPECT_THAT(root().MakeDir(name, 0700), refused);
    EXPECT_THAT(root().OpenRead(name), refused);
    EXPECT_THAT(root().OpenReadWrite(name), refused);
    EXPECT_THAT(root().CreateExclusive(name, 0600), refused);
    EXPECT_THAT(root().Rename(name, root(), "x"), refused);
    EXPECT_THAT(root().Rename("file", root(), name), refused);
    EXPECT_THAT(root().Link("file", root(), name), refused);
    EXPECT_THAT(root().Unlink(name), refused);
    EXPECT_THAT(root().RemoveDir(name), refused);
    EXPECT_THAT(root().Stat(name), refused);
    EXPECT_THAT(root().TryLock(name), refused);
  }
  EXPECT_THAT(Names(), ElementsAre("file"));
}

TEST_P(FileSystemConformanceTest, MissingNamesAreNotFoundAndTheMessageHasThePath) {
  const auto not_found = StatusIs(absl::StatusCode::kNotFound, HasSubstr(PathOf("gone")));
  EXPECT_THAT(root().OpenDir("gone"), not_found);
  EXPECT_THAT(root().OpenRead("gone"), not_found);
  EXPECT_THAT(root().OpenReadWrite("gone"), not_found);
  EXPECT_THAT(root().Rename("gone", root(), "x"), not_found);
  EXPECT_THAT(root().Link("gone", root(), "x"), not_found);
  EXPECT_THAT(root().Unlink("gone"), not_found);
  EXPECT_THAT(root().RemoveDir("gone"), not_found);
  EXPECT_THAT(root().Stat("gone"), not_found);
  EXPECT_THAT(disk().OpenRoot(PathOf("gone/deeper")), not_found);
}

TEST_P(FileSystemConformanceTest, OpenRootWantsAnAbsolutePathWithoutDots) {
  for (const absl::string_view path : {"", "relative", "/a//b", "/a/../b", "/./a", "/a//"}) {
    EXPECT_THAT(disk().OpenRoot(path), StatusIs(absl::StatusCode::kInvalidArgument)) << path;
  }
  EXPECT_THAT(disk().OpenRoot("/"), IsOk());
  EXPECT_THAT(disk().OpenRoot(PathOf("")), IsOk()) << "one '/' at the end is let pass";
}

TEST_P(FileSystemConformanceTest, SymbolicLinksAreNeverFollowed) {
  Plant("link", FileKind::kSymlink);
  const auto refused = StatusIs(absl::StatusCode::kFailedPrecondition,
                                AllOf(HasSubstr(PathOf("link")), HasSubstr("symbolic link")));
  EXPECT_THAT(root().OpenRead("link"), refused);
  EXPECT_THAT(root().OpenReadWrite("link"), refused);
  EXPECT_THAT(root().OpenDir("link"), refused);
  EXPECT_THAT(root().TryLock("link"), refused);
  EXPECT_THAT(disk().OpenRoot(PathOf("link")), refused);
  EXPECT_THAT(disk().OpenRoot(PathOf("link/init.d")), refused);
  EXPECT_THAT(root().CreateExclusive("link", 0600), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(root().Stat("link"), IsOkAndHolds(Field(&FileStat::kind, FileKind::kSymlink)));
}

TEST_P(FileSystemConformanceTest, OtherKindsAreRefusedWithoutWaiting) {
  Plant("pipe", FileKind::kOther);
  MakeAndOpen("dir");
  Create("file", "x");
  const auto refused = StatusIs(absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(root().OpenRead("pipe"), refused);
  EXPECT_THAT(root().OpenReadWrite("pipe"), refused);
  EXPECT_THAT(root().OpenRead("dir"), refused);
  EXPECT_THAT(root().OpenReadWrite("dir"), refused);
  EXPECT_THAT(root().TryLock("dir"), refused);
  EXPECT_THAT(root().OpenDir("file"), refused);
  EXPECT_THAT(root().Unlink("dir"), refused);
  EXPECT_THAT(root().RemoveDir("file"), refused);
  EXPECT_THAT(disk().OpenRoot(PathOf("file")), refused);
}

TEST_P(FileSystemConformanceTest, CreateExclusiveNeverTouchesWhatIsThere) {
  Create("file", "old");
  MakeAndOpen("dir");
  EXPECT_THAT(root().CreateExclusive("file", 0600), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(root().CreateExclusive("dir", 0600), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(root().MakeDir("file", 0700), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(ReadWhole(root(), "file", 10), IsOkAndHolds("old"));
}

TEST_P(FileSystemConformanceTest, ModesAreExactWhateverTheUmask) {
  const mode_t umask_before = umask(0077);
  EXPECT_THAT(root().CreateExclusive("file", 0755), IsOk());
  EXPECT_THAT(root().MakeDir("dir", 01777), IsOk());
  umask(umask_before);
  EXPECT_THAT(root().Stat("file"), IsOkAndHolds(Field(&FileStat::mode, 0755u)));
  EXPECT_THAT(root().Stat("dir"), IsOkAndHolds(Field(&FileStat::mode, 01777u)));
}

TEST_P(FileSystemConformanceTest, RenameReplacesAFileAndOpenHandlesKeepTheOldOne) {
  Create("old", "old bytes");
  Create("new", "new bytes");
  const absl::StatusOr<std::unique_ptr<File>> open = root().OpenRead("old");
  ASSERT_THAT(open, IsOk());

  ASSERT_THAT(root().Rename("new", root(), "old"), IsOk());

  EXPECT_THAT(Names(), ElementsAre("old"));
  EXPECT_THAT(ReadWhole(root(), "old", 100), IsOkAndHolds("new bytes"));
  EXPECT_THAT(ReadWhole(**open, 100), IsOkAndHolds("old bytes"));
  EXPECT_THAT((*open)->Stat(), IsOkAndHolds(Field(&FileStat::links, 0u)));
}

TEST_P(FileSystemConformanceTest, RenameMovesFilesButNoDirectoriesToAnotherDirectory) {
  const std::unique_ptr<Directory> to = MakeAndOpen("to");
  MakeAndOpen("dir");
  Create("file", "bytes");

  EXPECT_THAT(root().Rename("file", *to, "moved"), IsOk());
  EXPECT_THAT(root().Rename("dir", *to, "moved-dir"),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(root().Rename("dir", root(), "renamed"), IsOk());

  EXPECT_THAT(ReadWhole(*to, "moved", 100), IsOkAndHolds("bytes"));
  EXPECT_THAT(Names(), ElementsAre("renamed", "to"));
}

TEST_P(FileSystemConformanceTest, RenameReplacesOnlyWhatItMay) {
  const std::unique_ptr<Directory> full = MakeAndOpen("full");
  MakeAndOpen("empty");
  MakeAndOpen("dir");
  Create("file", "x");
  ASSERT_THAT(full->CreateExclusive("inside", 0600), IsOk());
  const auto refused = StatusIs(absl::StatusCode::kFailedPrecondition);

  EXPECT_THAT(root().Rename("file", root(), "dir"), refused);
  EXPECT_THAT(root().Rename("dir", root(), "file"), refused);
  EXPECT_THAT(root().Rename("dir", root(), "full"), refused);
  EXPECT_THAT(root().Rename("dir", root(), "empty"), IsOk());
  EXPECT_THAT(root().RemoveDir("full"), refused);
  EXPECT_THAT(root().RemoveDir("empty"), IsOk());

  EXPECT_THAT(Names(), ElementsAre("file", "full"));
}

TEST_P(FileSystemConformanceTest, AnOpenDirectoryStaysTheSameWhenItIsRenamedOrRemoved) {
  const std::unique_ptr<Directory> directory = MakeAndOpen("before");
  ASSERT_THAT(root().Rename("before", root(), "after"), IsOk());
  ASSERT_THAT(directory->CreateExclusive("file", 0600), IsOk());
  EXPECT_THAT(disk().OpenRoot(PathOf("after"))->get()->Stat("file"), IsOk());

  ASSERT_THAT(directory->Unlink("file"), IsOk());
  ASSERT_THAT(root().RemoveDir("after"), IsOk());
  EXPECT_THAT(directory->CreateExclusive("file", 0600), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(directory->MakeDir("dir", 0700), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(FileSystemConformanceTest, LinkGivesOneFileTwoNames) {
  Create("one", "bytes");
  ASSERT_THAT(root().Link("one", root(), "two"), IsOk());
  EXPECT_THAT(root().Link("one", root(), "two"), StatusIs(absl::StatusCode::kAlreadyExists));

  const absl::StatusOr<FileStat> one = root().Stat("one");
  const absl::StatusOr<FileStat> two = root().Stat("two");
  ASSERT_THAT(one, IsOk());
  ASSERT_THAT(two, IsOk());
  EXPECT_EQ(*one, *two);
  EXPECT_EQ(one->links, 2u);
  EXPECT_THAT(root().Rename("one", root(), "two"), IsOk()) << "two names of one file";
  EXPECT_THAT(Names(), ElementsAre("one", "two"));
  EXPECT_THAT(root().Unlink("one"), IsOk());
  EXPECT_THAT(root().Stat("two"), IsOkAndHolds(Field(&FileStat::links, 1u)));
}

TEST_P(FileSystemConformanceTest, ListIsSortedTellsKindsAndIsBounded) {
  Create("b", "x");
  MakeAndOpen("a");
  Plant("d", FileKind::kSymlink);
  Plant("c", FileKind::kOther);
  using Entry = DirectoryEntry;
  EXPECT_THAT(root().List(4), IsOkAndHolds(ElementsAre(
                                  Entry{"a", FileKind::kDirectory}, Entry{"b", FileKind::kFile},
                                  Entry{"c", FileKind::kOther}, Entry{"d", FileKind::kSymlink})));
  EXPECT_THAT(root().List(3), StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("3")));
  EXPECT_THAT(root().List(4), IsOk()) << "a second list begins at the start";
}

TEST_P(FileSystemConformanceTest, ALockIsHeldOnceAndEndsWithItsObject) {
  absl::StatusOr<std::unique_ptr<FileLock>> lock = root().TryLock("lock");
  ASSERT_THAT(lock, IsOk());
  EXPECT_THAT(root().TryLock("lock"),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr(PathOf("lock"))));
  EXPECT_THAT(root().TryLock("other"), IsOk());
  lock->reset();
  EXPECT_THAT(root().TryLock("lock"), IsOk());
  EXPECT_THAT(root().Stat("lock"), IsOkAndHolds(Field(&FileStat::mode, 0600u)));
}

TEST_P(FileSystemConformanceTest, IdentityTellsDirectoriesApart) {
  const std::unique_ptr<Directory> directory = MakeAndOpen("dir");
  const absl::StatusOr<DirectoryIdentity> identity = directory->Identity();
  ASSERT_THAT(identity, IsOk());
  EXPECT_THAT(root().OpenDir("dir")->get()->Identity(), IsOkAndHolds(*identity));
  EXPECT_THAT(root().Identity(), IsOkAndHolds(Ne(*identity)));
  EXPECT_THAT(root().Identity(), IsOkAndHolds(Field(&DirectoryIdentity::mount, identity->mount)));
  EXPECT_THAT(root().StatSelf(), IsOkAndHolds(Field(&FileStat::kind, FileKind::kDirectory)));
}

TEST_P(FileSystemConformanceTest, SyncAndFreeSpaceWork) {
  EXPECT_THAT(root().Sync(), IsOk());
  EXPECT_THAT(root().FreeSpace(), IsOkAndHolds(Gt(0u)));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_P(FileSystemConformanceTest, MakeDirsMakesWhatIsMissingAndStopsAtLinks) {
  EXPECT_THAT(MakeDirs(disk(), PathOf("a/b/c"), 0750), IsOk());
  EXPECT_THAT(MakeDirs(disk(), PathOf("a/b/c"), 0750), IsOk());
  EXPECT_THAT(root().Stat("a"), IsOkAndHolds(Field(&FileStat::mode, 0750u)));
  Plant("link", FileKind::kSymlink);
  EXPECT_THAT(MakeDirs(disk(), PathOf("link/b"), 0750),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace mig::base
