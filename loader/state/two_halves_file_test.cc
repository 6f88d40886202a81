#include "loader/state/two_halves_file.h"

#include <memory>
#include <string>

#include "base/memory_file_system.h"
#include "base/sizes.h"
#include "base/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mig::loader {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::Optional;

// The file as a run of the loader sees it: opened anew.
class OneRun {
 public:
  explicit OneRun(base::FileSystem& disk)
      : directory_(disk.OpenRoot("/").value()),
        file_(*directory_, "trust", trust::HalfFileKind::kTrust) {}

  TwoHalvesFile& file() { return file_; }
  base::Directory& directory() { return *directory_; }
  TwoHalvesFile::Content Read() { return file_.Read().value(); }
  void Damage(uint64_t offset) {
    ASSERT_THAT(directory_->OpenReadWrite("trust").value()->WriteAt(offset, "X"), IsOk());
  }

 private:
  std::unique_ptr<base::Directory> directory_;
  TwoHalvesFile file_;
};

TEST(TwoHalvesFileTest, WhatIsWrittenIsReadAndTheFirstReadFindsNothing) {
  base::MemoryFileSystem disk;
  EXPECT_FALSE(OneRun(disk).Read().exists);
  for (const char* payload : {"one", "two", "", "three"}) {
    ASSERT_THAT(OneRun(disk).file().Write(payload), IsOk());
    EXPECT_THAT(OneRun(disk).Read().payload, Optional(Eq(payload)));
    EXPECT_FALSE(OneRun(disk).Read().damaged);
  }
}

TEST(TwoHalvesFileTest, PowerCutAtAnyStepOfAWriteLeavesTheOldStateOrTheNew) {
  for (const bool first_write : {true, false}) {
    base::MemoryFileSystem whole;
    if (!first_write) {
      ASSERT_THAT(OneRun(whole).file().Write("old"), IsOk());
    }
    base::MemoryFileSystem probe(whole.SeenImage(), {});
    ASSERT_THAT(OneRun(probe).file().Write("new"), IsOk());
    ASSERT_GT(probe.operations(), 0u);

    size_t images = 0;
    for (uint64_t step = 0; step <= probe.operations(); ++step) {
      base::MemoryFileSystem disk(whole.SeenImage(), {});
      disk.CutPowerAfter(step);
      const std::unique_ptr<base::Directory> root = [&] {
        auto opened = disk.OpenRoot("/");
        return opened.ok() ? *std::move(opened) : nullptr;
      }();
      if (root == nullptr) continue;
      const bool was_written =
          TwoHalvesFile(*root, "trust", trust::HalfFileKind::kTrust).Write("new").ok();
      images += disk.ForEachDurableImage(1, 100, [&](const base::DiskImage& image) {
        base::MemoryFileSystem after(image, {});
        const TwoHalvesFile::Content content = OneRun(after).Read();
        const std::string seen = content.payload.value_or("nothing");
        EXPECT_THAT(seen, AnyOf(Eq("new"), Eq(first_write ? "nothing" : "old")))
            << "power cut after step " << step;
        EXPECT_TRUE(!was_written || seen == "new") << "power cut after step " << step;
        EXPECT_THAT(OneRun(after).file().Write("next"), IsOk());
        EXPECT_THAT(OneRun(after).Read().payload, Optional(Eq("next")));
        EXPECT_FALSE(OneRun(after).Read().damaged);
      });
    }
    EXPECT_GT(images, probe.operations());
  }
}

TEST(TwoHalvesFileTest, Adversary125OneBadHalfLeavesTheOtherAndSaysSo) {
  base::MemoryFileSystem disk;
  ASSERT_THAT(OneRun(disk).file().Write("one"), IsOk());
  ASSERT_THAT(OneRun(disk).file().Write("two"), IsOk());
  OneRun(disk).Damage(base::kTrustSecondHalfOffset + 100);
  EXPECT_THAT(OneRun(disk).Read().payload, Optional(Eq("one")));
  EXPECT_TRUE(OneRun(disk).Read().damaged);

  ASSERT_THAT(OneRun(disk).file().Write("three"), IsOk());
  EXPECT_THAT(OneRun(disk).Read().payload, Optional(Eq("three")));
  EXPECT_FALSE(OneRun(disk).Read().damaged) << "the next write mends the bad half";
}

TEST(TwoHalvesFileTest, Adversary125BothBadOrEmptyIsLost) {
  base::MemoryFileSystem disk;
  ASSERT_THAT(OneRun(disk).file().Write("one"), IsOk());
  ASSERT_THAT(OneRun(disk).file().Write("two"), IsOk());
  OneRun(disk).Damage(5);
  OneRun(disk).Damage(base::kTrustSecondHalfOffset + 5);
  TwoHalvesFile::Content content = OneRun(disk).Read();
  EXPECT_TRUE(content.exists);
  EXPECT_TRUE(content.damaged);
  EXPECT_EQ(content.payload, std::nullopt);

  ASSERT_THAT(OneRun(disk).directory().OpenReadWrite("trust").value()->Truncate(0), IsOk());
  content = OneRun(disk).Read();
  EXPECT_TRUE(content.exists && content.damaged && !content.payload.has_value());
  ASSERT_THAT(OneRun(disk).file().Write("anew"), IsOk());
  EXPECT_THAT(OneRun(disk).Read().payload, Optional(Eq("anew")));
}

TEST(TwoHalvesFileTest, AfterAFailedWriteTheOtherHalfIsNotTouchedInThisRun) {
  base::MemoryFileSystem disk;
  ASSERT_THAT(OneRun(disk).file().Write("one"), IsOk());
  ASSERT_THAT(OneRun(disk).file().Write("two"), IsOk());
  base::MemoryFileSystem count(disk.SeenImage(), {});
  ASSERT_THAT(OneRun(count).file().Write("three"), IsOk());

  OneRun run(disk);
  disk.FailOperation(disk.operations() + count.operations() - 1, absl::DataLossError("EIO"));
  ASSERT_FALSE(run.file().Write("three").ok()) << "the sync is the last operation";
  EXPECT_THAT(run.file().Write("four"), StatusIs(absl::StatusCode::kFailedPrecondition));
  disk.ForEachDurableImage(1, 100, [](const base::DiskImage& image) {
    base::MemoryFileSystem after(image, {});
    EXPECT_THAT(OneRun(after).Read().payload, AnyOf(Optional(Eq("two")), Optional(Eq("three"))));
  });
  EXPECT_THAT(OneRun(disk).file().Write("five"), IsOk());
}

TEST(TwoHalvesFileTest, AStateOverTheBoundIsRefusedAndChangesNothing) {
  base::MemoryFileSystem disk;
  OneRun run(disk);
  ASSERT_THAT(run.file().Write(std::string(trust::kMaxHalfPayloadBytes, 'x')), IsOk());
  EXPECT_THAT(run.file().Write(std::string(trust::kMaxHalfPayloadBytes + 1, 'x')),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(run.Read().payload->size(), trust::kMaxHalfPayloadBytes);
  EXPECT_THAT(run.file().Write("small again"), IsOk());
}

TEST(TwoHalvesFileTest, AStatusFileIsNoTrustFile) {
  base::MemoryFileSystem disk;
  ASSERT_THAT(OneRun(disk).file().Write("one"), IsOk());
  OneRun run(disk);
  TwoHalvesFile as_status(run.directory(), "trust", trust::HalfFileKind::kStatus);
  EXPECT_EQ(as_status.Read()->payload, std::nullopt);
  EXPECT_TRUE(as_status.Read()->damaged);
}

}  // namespace
}  // namespace mig::loader
