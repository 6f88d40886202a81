// Hand-checked sets of what a power cut can leave.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/check.h"
#include "base/disk_image.h"
#include "base/file_system.h"
#include "base/memory_file_system.h"
#include "base/testing/seed.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"

namespace mig::base {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::IsOk;
using testing::IsOkAndHolds;
using ::testing::IsSubsetOf;
using testing::Seed;
using ::testing::SizeIs;
using testing::StatusIs;
using ::testing::UnorderedElementsAre;

class MemoryPowerTest : public ::testing::Test {
 protected:
  MemoryPowerTest() {
    absl::StatusOr<std::unique_ptr<Directory>> root = disk_.OpenRoot("/");
    MIG_CHECK_OK(root);
    root_ = *std::move(root);
  }

  std::unique_ptr<File> Create(Directory& directory, absl::string_view name,
                               absl::string_view bytes) {
    absl::StatusOr<std::unique_ptr<File>> file = directory.CreateExclusive(name, 0600);
    MIG_CHECK_OK(file);
    MIG_CHECK_OK((*file)->WriteAt(0, bytes));
    return *std::move(file);
  }
  std::unique_ptr<File> CreateDurably(Directory& directory, absl::string_view name,
                                      absl::string_view bytes) {
    std::unique_ptr<File> file = Create(directory, name, bytes);
    MIG_CHECK_OK(file->Sync());
    MIG_CHECK_OK(directory.Sync());
    return file;
  }
  std::unique_ptr<Directory> MakeDurably(absl::string_view name) {
    MIG_CHECK_OK(root_->MakeDir(name, 0700));
    MIG_CHECK_OK(root_->Sync());
    return *root_->OpenDir(name);
  }

  // Every image as text: "name=bytes name=bytes", directories as "name/", zero bytes as '0'.
  static void DescribeUnder(const DiskImage& image, const DiskNode& directory,
                            const std::string& path, std::string& text) {
    for (const auto& [name, number] : directory.entries) {
      const DiskNode& node = image.nodes.at(number);
      absl::StrAppend(&text, text.empty() ? "" : " ", path, name);
      if (node.kind == FileKind::kDirectory) {
        text += '/';
        DescribeUnder(image, node, absl::StrCat(path, name, "/"), text);
        continue;
      }
      text += '=';
      node.contents.ForEachPiece([&text](absl::string_view piece) {
        for (const char c : piece) text += c == '\0' ? '0' : c;
      });
    }
  }
  std::vector<std::string> Images(const MemoryFileSystem& disk, uint64_t seed = 0,
                                  size_t samples = 0) {
    std::vector<std::string> images;
    const size_t visited = disk.ForEachDurableImage(seed, samples, [&](const DiskImage& image) {
      std::string& text = images.emplace_back();
      DescribeUnder(image, image.nodes.at(DiskImage::kRootInode), "", text);
    });
    EXPECT_EQ(visited, images.size());
    return images;
  }
  std::vector<std::string> Images() { return Images(disk_); }

  MemoryFileSystem disk_;
  std::unique_ptr<Directory> root_;
};

TEST_F(MemoryPowerTest, ADiskWithNothingPendingHasOneImage) {
  EXPECT_THAT(Images(), ElementsAre(""));
  CreateDurably(*root_, "f", "abcd");
  EXPECT_EQ(disk_.PendingChanges(), 0u);
  EXPECT_THAT(Images(), ElementsAre("f=abcd"));
}

TEST_F(MemoryPowerTest, ANewFileMayBeMissingEmptyZerosHalfOrWhole) {
  Create(*root_, "f", "abcd");
  EXPECT_EQ(disk_.PendingChanges(), 2u);
  EXPECT_THAT(Images(), UnorderedElementsAre("", "f=", "f=0000", "f=ab", "f=abcd"));
}

TEST_F(MemoryPowerTest, FileSyncMakesDataDurableButNotTheName) {
  const std::unique_ptr<File> file = Create(*root_, "f", "abcd");
  ASSERT_THAT(file->Sync(), IsOk());
  EXPECT_THAT(Images(), UnorderedElementsAre("", "f=abcd"));
}

TEST_F(MemoryPowerTest, DirectorySyncMakesTheNameDurableButNotTheData) {
  Create(*root_, "f", "abcd");
  ASSERT_THAT(root_->Sync(), IsOk());
  EXPECT_THAT(Images(), UnorderedElementsAre("f=", "f=0000", "f=ab", "f=abcd"));
}

TEST_F(MemoryPowerTest, ARenameInOneDirectoryIsOneChange) {
  CreateDurably(*root_, "new", "N");
  CreateDurably(*root_, "target", "O");
  ASSERT_THAT(root_->Rename("new", *root_, "target"), IsOk());
  EXPECT_EQ(disk_.PendingChanges(), 1u);
  EXPECT_THAT(Images(), UnorderedElementsAre("new=N target=O", "target=N"));
}

TEST_F(MemoryPowerTest, ARenameAcrossTwoDirectoriesIsTwoChanges) {
  const std::unique_ptr<Directory> a = MakeDurably("a");
  const std::unique_ptr<Directory> b = MakeDurably("b");
  CreateDurably(*a, "f", "N");
  CreateDurably(*b, "f", "O");
  ASSERT_THAT(a->Rename("f", *b, "f"), IsOk());
  EXPECT_EQ(disk_.PendingChanges(), 2u);
  EXPECT_THAT(Images(), UnorderedElementsAre("a/ a/f=N b/ b/f=O", "a/ b/ b/f=O",
                                             "a/ a/f=N b/ b/f=N", "a/ b/ b/f=N"));
  ASSERT_THAT(b->Sync(), IsOk());
  EXPECT_THAT(Images(), UnorderedElementsAre("a/ a/f=N b/ b/f=N", "a/ b/ b/f=N"));
}

TEST_F(MemoryPowerTest, RenameWithoutSyncMayReplaceAFileByAnEmptyOne) {
  CreateDurably(*root_, "f", "old");
  Create(*root_, "tmp", "newer!");
  ASSERT_THAT(root_->Rename("tmp", *root_, "f"), IsOk());
  EXPECT_THAT(Images(),
              UnorderedElementsAre("f=old", "f=old tmp=", "f=old tmp=000000", "f=old tmp=new",
                                   "f=old tmp=newer!", "f=", "f=000000", "f=new", "f=newer!"));
}

TEST_F(MemoryPowerTest, ChangesOfOneNameStayInTheirOrder) {
  CreateDurably(*root_, "f", "old");
  ASSERT_THAT(root_->Unlink("f"), IsOk());
  ASSERT_THAT(Create(*root_, "f", "new")->Sync(), IsOk());
  EXPECT_THAT(Images(), UnorderedElementsAre("f=old", "", "f=new"));
}

TEST_F(MemoryPowerTest, ADirectoryMayBeThereWithoutWhatIsInIt) {
  ASSERT_THAT(root_->MakeDir("d", 0700), IsOk());
  const std::unique_ptr<Directory> d = *root_->OpenDir("d");
  ASSERT_THAT(Create(*d, "f", "x")->Sync(), IsOk());
  EXPECT_THAT(Images(), UnorderedElementsAre("", "d/", "d/ d/f=x"));
  ASSERT_THAT(root_->Sync(), IsOk());
  EXPECT_THAT(Images(), UnorderedElementsAre("d/", "d/ d/f=x"));
}

TEST_F(MemoryPowerTest, AWriteInPlaceMayBeTorn) {
  const std::unique_ptr<File> file = CreateDurably(*root_, "f", "aaaa");
  ASSERT_THAT(file->WriteAt(0, "bb"), IsOk());
  EXPECT_THAT(Images(), UnorderedElementsAre("f=aaaa", "f=baaa", "f=bbaa"));
  ASSERT_THAT(file->SyncData(), IsOk());
  EXPECT_THAT(Images(), ElementsAre("f=bbaa"));
}

TEST_F(MemoryPowerTest, TruncatingAndWritingMayLeaveNothing) {
  const std::unique_ptr<File> file = CreateDurably(*root_, "f", "old!");
  ASSERT_THAT(file->Truncate(0), IsOk());
  ASSERT_THAT(file->WriteAt(0, "new"), IsOk());
  EXPECT_THAT(Images(), UnorderedElementsAre("f=old!", "f=", "f=n", "f=000", "f=new"));
}

TEST_F(MemoryPowerTest, AModeIsDurableWithSyncAndNotWithSyncData) {
  const std::unique_ptr<File> file = CreateDurably(*root_, "f", "x");
  ASSERT_THAT(file->SetMode(0755), IsOk());
  ASSERT_THAT(file->SyncData(), IsOk());
  std::set<uint32_t> modes;
  const auto note = [&](const DiskImage& image) { modes.insert(image.Find("/f")->metadata.mode); };
  disk_.ForEachDurableImage(0, 0, note);
  EXPECT_THAT(modes, ElementsAre(0600u, 0755u));
  ASSERT_THAT(file->Sync(), IsOk());
  modes.clear();
  disk_.ForEachDurableImage(0, 0, note);
  EXPECT_THAT(modes, ElementsAre(0755u));
}

TEST_F(MemoryPowerTest, WhatAFailedSyncDroppedIsSeenUntilThePowerIsCut) {
  const std::unique_ptr<File> file = CreateDurably(*root_, "f", "aaaa");
  ASSERT_THAT(file->WriteAt(0, "bb"), IsOk());
  disk_.FailOperation(disk_.operations() + 1, absl::DataLossError("EIO"));
  ASSERT_THAT(file->Sync(), StatusIs(absl::StatusCode::kDataLoss));

  ASSERT_THAT(file->Sync(), IsOk()) << "the second one claims success";
  EXPECT_THAT(ReadWhole(*file, 10), IsOkAndHolds("bbaa"));
  EXPECT_THAT(Images(), ElementsAre("f=aaaa"));

  ASSERT_THAT(file->WriteAt(3, "c"), IsOk());
  ASSERT_THAT(file->Sync(), IsOk());
  EXPECT_THAT(Images(), ElementsAre("f=aaac")) << "only what was written since";
}

TEST_F(MemoryPowerTest, EntriesStayPendingAfterAFailedDirectorySync) {
  ASSERT_THAT(Create(*root_, "f", "x")->Sync(), IsOk());
  disk_.FailOperation(disk_.operations() + 1, absl::DataLossError("EIO"));
  ASSERT_THAT(root_->Sync(), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(Images(), UnorderedElementsAre("", "f=x"));
}

TEST_F(MemoryPowerTest, TwelveChangesAreEnumeratedWholly) {
  for (int i = 0; i < 12; ++i) {
    ASSERT_THAT(Create(*root_, absl::StrCat("f", i), "x")->Sync(), IsOk());
  }
  EXPECT_EQ(disk_.PendingChanges(), MemoryFileSystem::kExhaustiveChanges);
  const std::vector<std::string> images = Images();
  EXPECT_THAT(images, SizeIs(4096));
  EXPECT_THAT(std::set<std::string>(images.begin(), images.end()), SizeIs(4096));
}

TEST_F(MemoryPowerTest, MoreChangesAreSampledBySeedWithBothExtremes) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  std::string everything;
  for (char c = 'a'; c <= 'p'; ++c) {
    ASSERT_THAT(Create(*root_, std::string(1, c), "x")->Sync(), IsOk());
    absl::StrAppend(&everything, everything.empty() ? "" : " ", std::string(1, c), "=x");
  }
  const std::vector<std::string> images = Images(disk_, seed.value(), 200);
  EXPECT_THAT(images, Contains(""));
  EXPECT_THAT(images, Contains(everything));
  EXPECT_GT(images.size(), 150u);
  EXPECT_EQ(Images(disk_, seed.value(), 200), images);
  EXPECT_NE(Images(disk_, seed.value() + 1, 200), images);
}

TEST_F(MemoryPowerTest, AMachineBootsFromAnImageAndGoesOn) {
  CreateDurably(*root_, "f", "old");
  Create(*root_, "g", "new");
  disk_.CutPower();
  EXPECT_THAT(root_->Sync(), StatusIs(absl::StatusCode::kAborted));
  EXPECT_EQ(disk_.first_cut_operation(), "fsync /");

  size_t boots = 0;
  disk_.ForEachDurableImage(0, 0, [&](const DiskImage& image) {
    MemoryFileSystem booted(image);
    const std::unique_ptr<Directory> root = *booted.OpenRoot("/");
    EXPECT_THAT(ReadWhole(*root, "f", 10), IsOkAndHolds("old"));
    EXPECT_THAT(WriteDurably(*root, "g", "again", 0600), IsOk());
    EXPECT_THAT(Images(booted), ElementsAre("f=old g=again"));
    ++boots;
  });
  EXPECT_EQ(boots, 5u);
  EXPECT_THAT(Images(), SizeIs(5)) << "the disk that lost power is as it was";
}

// Replaces /f durably, or with a step left out, and returns what all power cuts can leave of it.
std::set<std::string> OutcomesOf(absl::Status (*replace)(Directory&)) {
  std::set<std::string> outcomes;
  for (uint64_t steps = 0;; ++steps) {
    MemoryFileSystem disk;
    const std::unique_ptr<Directory> root = *disk.OpenRoot("/");
    MIG_CHECK_OK(WriteDurably(*root, "f", "old", 0600));
    disk.CutPowerAfter(disk.operations() + steps);
    const absl::Status replaced = replace(*root);
    disk.ForEachDurableImage(0, 0, [&](const DiskImage& image) {
      MemoryFileSystem booted(image);
      outcomes.insert(ReadWhole(booted, "/f", 10).value_or("missing"));
    });
    if (replaced.ok()) return outcomes;
    MIG_CHECK(steps < 100) << replaced;
  }
}

TEST_F(MemoryPowerTest, WriteDurablyLeavesTheOldOrTheNewFileAtEveryCut) {
  const auto replace = [](Directory& root) { return WriteDurably(root, "f", "newest", 0600); };
  EXPECT_THAT(OutcomesOf(replace), UnorderedElementsAre("old", "newest"));
}

TEST_F(MemoryPowerTest, TheModelSeesAMissingFileSync) {
  const auto replace = [](Directory& root) {
    absl::StatusOr<std::unique_ptr<File>> file = root.CreateExclusive("new", 0600);
    if (!file.ok()) return file.status();
    (*file)->WriteAt(0, "newest").IgnoreError();
    root.Rename("new", root, "f").IgnoreError();
    return root.Sync();
  };
  EXPECT_THAT(OutcomesOf(replace),
              UnorderedElementsAre("old", "newest", "", "new", std::string(6, '\0')));
}

TEST_F(MemoryPowerTest, TheModelSeesUnlinkBeforeRename) {
  const auto replace = [](Directory& root) {
    MIG_CHECK(!root.path().empty());
    const absl::Status staged = WriteDurably(root, "new", "newest", 0600);
    if (!staged.ok()) return staged;
    root.Unlink("f").IgnoreError();
    root.Rename("new", root, "f").IgnoreError();
    return root.Sync();
  };
  EXPECT_THAT(OutcomesOf(replace), UnorderedElementsAre("old", "missing", "newest"));
}

}  // namespace
}  // namespace mig::base
