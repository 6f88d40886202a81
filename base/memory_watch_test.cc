// Looking at a memory disk while it is used.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "base/disk_image.h"
#include "base/file_system.h"
#include "base/memory_file_system.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"

namespace mig::base {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;
using ::testing::UnorderedElementsAre;

class MemoryWatchTest : public ::testing::Test {
 protected:
  MemoryWatchTest() {
    absl::StatusOr<std::unique_ptr<Directory>> root = disk_.OpenRoot("/");
    MIG_CHECK_OK(root);
    root_ = *std::move(root);
  }

  // Everything that a memory disk can do to a directory of files, some of it in two directories.
  void Work() {
    ASSERT_THAT(WriteDurably(*root_, "f", "first", 0600), IsOk());
    ASSERT_THAT(root_->MakeDir("d", 0700), IsOk());
    const std::unique_ptr<Directory> d = *root_->OpenDir("d");
    const std::unique_ptr<File> g = *d->CreateExclusive("g", 0600);
    ASSERT_THAT(g->WriteAt(0, "four"), IsOk());
    ASSERT_THAT(g->SetMode(0640), IsOk());
    ASSERT_THAT(g->Sync(), IsOk());
    ASSERT_THAT(g->WriteAt(4, "more"), IsOk());
    ASSERT_THAT(d->Rename("g", *root_, "g"), IsOk());
    ASSERT_THAT(root_->Link("g", *d, "h"), IsOk());
    ASSERT_THAT(root_->Unlink("f"), IsOk());
    ASSERT_THAT(g->Truncate(2), IsOk());
    ASSERT_THAT(d->Sync(), IsOk());
    ASSERT_THAT(root_->Sync(), IsOk());
  }

  std::set<std::string> ImagesOf(const PowerCut& cut) const {
    std::set<std::string> images;
    disk_.ForEachDurableImage(
        cut, [&](const DiskImage& image) { images.insert(absl::StrJoin(image.Describe(), "\n")); });
    return images;
  }

  MemoryFileSystem disk_;
  std::unique_ptr<Directory> root_;
};

TEST_F(MemoryWatchTest, EachOperationIsSeenBeforeItChangesAnything) {
  std::vector<std::string> seen;
  disk_.Watch([&](absl::string_view verb, absl::string_view path) {
    seen.push_back(absl::StrCat(verb, " ", path, " ", disk_.SeenImage().nodes.size()));
  });
  ASSERT_THAT(root_->MakeDir("d", 0700), IsOk());
  ASSERT_THAT(root_->Sync(), IsOk());
  disk_.Watch(nullptr);
  ASSERT_THAT(root_->Sync(), IsOk());
  EXPECT_THAT(seen, ElementsAre("make directory /d 1", "fsync / 2"));
}

TEST_F(MemoryWatchTest, WhoLooksForNewImagesAfterEachOperationSeesAll) {
  std::set<std::string> all;
  std::set<std::string> of_new_ones;
  size_t looked_at_new = 0;
  size_t looked_at_all = 0;
  disk_.Watch([&](absl::string_view, absl::string_view) {
    const std::set<std::string> now = ImagesOf({});
    const std::set<std::string> fresh = ImagesOf({.which = PowerCut::Which::kNew});
    looked_at_all += now.size();
    looked_at_new += fresh.size();
    all.insert(now.begin(), now.end());
    of_new_ones.insert(fresh.begin(), fresh.end());
  });
  Work();
  std::vector<std::string> missed;
  std::set_difference(all.begin(), all.end(), of_new_ones.begin(), of_new_ones.end(),
                      std::back_inserter(missed));
  EXPECT_THAT(missed, IsEmpty()) << absl::StrJoin(missed, "\n--\n");
  EXPECT_GT(all.size(), 20u);
  EXPECT_LT(looked_at_new, looked_at_all);
}

TEST_F(MemoryWatchTest, WhatIsTogetherSurvivesTogether) {
  ASSERT_THAT(root_->MakeDir("d", 0700), IsOk());
  ASSERT_THAT(root_->Sync(), IsOk());
  const std::unique_ptr<Directory> d = *root_->OpenDir("d");
  for (const char* name : {"a", "b"}) {
    const std::unique_ptr<File> file = *d->CreateExclusive(name, 0600);
    ASSERT_THAT(file->WriteAt(0, "bytes"), IsOk());
  }
  EXPECT_GT(ImagesOf({}).size(), 20u);
  std::vector<size_t> nodes;
  disk_.ForEachDurableImage(PowerCut{.together = {"/d"}}, [&](const DiskImage& image) {
    nodes.push_back(image.nodes.size());
    if (image.nodes.size() == 2) return;
    EXPECT_EQ(image.Find("/d/a")->contents.size_bytes(), 5u);
  });
  EXPECT_THAT(nodes, UnorderedElementsAre(2u, 4u));
}

TEST_F(MemoryWatchTest, AfterAKillTheNextProcessFindsWhatIsSeenAndStillNotDurable) {
  ASSERT_THAT(WriteDurably(*root_, "f", "old", 0600), IsOk());
  ASSERT_THAT(root_->Rename("f", *root_, "g"), IsOk());
  disk_.CutPower();
  ASSERT_THAT(root_->Sync(), StatusIs(absl::StatusCode::kAborted));
  disk_.FailOperation(disk_.operations() + 1, absl::DataLossError("EIO"));
  disk_.Revive();
  EXPECT_EQ(disk_.first_cut_operation(), "");
  EXPECT_THAT(ReadWhole(disk_, "/g", 10), IsOkAndHolds("old"));
  EXPECT_EQ(disk_.PendingChanges(), 1u);
}

TEST_F(MemoryWatchTest, AWriteThatFailsMayLeaveItsFirstHalf) {
  const std::unique_ptr<File> file = *root_->CreateExclusive("f", 0600);
  disk_.FailOperation(disk_.operations() + 1, absl::ResourceExhaustedError("ENOSPC"));
  EXPECT_THAT(file->WriteAt(0, "abcd"), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(ReadWhole(*file, 10), IsOkAndHolds("ab"));
}

}  // namespace
}  // namespace mig::base
