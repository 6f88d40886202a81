#include "loader/state/document_store.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/memory_file_system.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/testing/status_matchers.h"
#include "base/whole_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mig::loader {
namespace {

using base::testing::IsOk;
using base::testing::IsOkAndHolds;
using base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

base::Digest Name(int i) { return base::Sha256Of(absl::StrCat("payload ", i)); }

DocumentStore Open(base::FileSystem& disk) { return DocumentStore(disk.OpenRoot("/").value()); }

TEST(DocumentStoreTest, WhatWasPutIsDurableAtOnce) {
  base::MemoryFileSystem disk;
  ASSERT_THAT(Open(disk).Put(Name(1), "envelope"), IsOk());
  EXPECT_EQ(disk.PendingChanges(), 0u);
  EXPECT_THAT(Open(disk).Get(Name(1)), IsOkAndHolds("envelope"));
  EXPECT_THAT(Open(disk).Get(Name(2)), StatusIs(absl::StatusCode::kNotFound));
}

TEST(DocumentStoreTest, AnotherEnvelopeOfTheSamePayloadTakesItsPlace) {
  base::MemoryFileSystem disk;
  ASSERT_THAT(Open(disk).Put(Name(1), "old signatures"), IsOk());
  ASSERT_THAT(Open(disk).Put(Name(1), "new signatures"), IsOk());
  EXPECT_THAT(Open(disk).Get(Name(1)), IsOkAndHolds("new signatures"));
  EXPECT_THAT(Open(disk).List(), IsOkAndHolds(ElementsAre(Name(1))));
}

TEST(DocumentStoreTest, PowerCutAtAnyStepOfAPutLeavesWholeDocuments) {
  base::MemoryFileSystem before;
  ASSERT_THAT(Open(before).Put(Name(1), "old"), IsOk());
  base::MemoryFileSystem probe(before.SeenImage(), {});
  ASSERT_THAT(Open(probe).Put(Name(1), "newer"), IsOk());
  for (uint64_t step = 1; step <= probe.operations(); ++step) {
    base::MemoryFileSystem disk(before.SeenImage(), {});
    disk.CutPowerAfter(step);
    const bool done = Open(disk).Put(Name(1), "newer").ok();
    disk.ForEachDurableImage(1, 100, [&](const base::DiskImage& image) {
      base::MemoryFileSystem after(image, {});
      const std::string held = Open(after).Get(Name(1)).value();
      EXPECT_TRUE(held == "newer" || (held == "old" && !done)) << "step " << step << ": " << held;
    });
  }
}

TEST(DocumentStoreTest, WhatIsPutUntilTheNextIsWholeOrNotThereAfterAPowerCut) {
  base::MemoryFileSystem before;
  ASSERT_THAT(Open(before).Put(Name(1), "old"), IsOk());
  base::MemoryFileSystem disk(before.SeenImage(), {});

  ASSERT_THAT(Open(disk).PutUntilNext(Name(2), "new"), IsOk());

  EXPECT_THAT(Open(disk).Get(Name(2)), IsOkAndHolds("new"));
  disk.ForEachDurableImage(1, 100, [&](const base::DiskImage& image) {
    base::MemoryFileSystem after(image, {});
    EXPECT_THAT(Open(after).Get(Name(1)), IsOkAndHolds("old"));
    const auto held = Open(after).Get(Name(2));
    EXPECT_TRUE(absl::IsNotFound(held.status()) || *held == "new") << held.status();
  });
}

TEST(DocumentStoreTest, SweepLeavesWhatIsKeptAndNothingElse) {
  base::MemoryFileSystem disk;
  for (int i = 0; i < 4; ++i) ASSERT_THAT(Open(disk).Put(Name(i), "x"), IsOk());
  const auto root = disk.OpenRoot("/").value();
  ASSERT_THAT(base::WriteDurably(*root, ".half.new", "left by a kill", 0600), IsOk());
  ASSERT_THAT(Open(disk).Sweep({Name(1), Name(3), Name(9)}), IsOk());
  EXPECT_THAT(Open(disk).List(), IsOkAndHolds(UnorderedElementsAre(Name(1), Name(3))));
  EXPECT_EQ(root->List(10)->size(), 2u);
  EXPECT_EQ(disk.PendingChanges(), 0u);
}

TEST(DocumentStoreTest, BoundsOfSizeAndCountHold) {
  base::MemoryFileSystem disk;
  DocumentStore store = Open(disk);
  EXPECT_THAT(store.Put(Name(0), std::string(base::kMaxEnvelopeBytes + 1, 'x')),
              StatusIs(absl::StatusCode::kResourceExhausted));
  for (size_t i = 0; i < base::kMaxHeldDocuments; ++i) {
    ASSERT_THAT(store.Put(Name(static_cast<int>(i)), "x"), IsOk());
  }
  EXPECT_THAT(store.Put(Name(-1), "x"), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(store.Put(Name(0), "another"), IsOk()) << "in place of one that is there";
  ASSERT_THAT(store.Sweep({}), IsOk());
  EXPECT_THAT(store.Put(Name(-1), "x"), IsOk());
}

}  // namespace
}  // namespace mig::loader
