// What a power cut, a full disk or an interrupted upload leaves.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/check.h"
#include "base/memory_file_system.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/testing/seed.h"
#include "base/testing/status_matchers.h"
#include "coordinator/blobs/directory_blob_store.h"

namespace mig::coordinator {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::Seed;
using ::mig::base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Field;

constexpr absl::string_view kPath = "/blobs";
constexpr absl::string_view kText = "what is stored";

std::unique_ptr<base::MemoryFileSystem> NewDisk() {
  auto disk = std::make_unique<base::MemoryFileSystem>();
  MIG_CHECK_OK(base::MakeDirs(*disk, kPath, 0700));
  return disk;
}

absl::Status Put(BlobStore& store, absl::string_view text) {
  base::StringSource source(text);
  return PutBlob(store, base::Sha256Of(text), text.size(), source);
}

TEST(BlobPowerTest, AfterACutAnywhereAContentIsWholeOrNotThere) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  uint64_t steps = 0;
  for (uint64_t step = 0; step == 0 || step <= steps; ++step) {
    const auto disk = NewDisk();
    auto store = OpenDirectoryBlobStore(*disk, kPath, {});
    ASSERT_THAT(store, IsOk());
    const uint64_t before = disk->operations();
    if (step > 0) disk->CutPowerAfter(before + step - 1);
    const absl::Status put = Put(**store, kText);
    if (step == 0) {
      ASSERT_THAT(put, IsOk());
      steps = disk->operations() - before;
      ASSERT_GT(steps, 5);
    }

    disk->ForEachDurableImage(seed.value(), 100, [&](const base::DiskImage& image) {
      base::MemoryFileSystem restarted(image, {});
      auto again = OpenDirectoryBlobStore(restarted, kPath, {});
      ASSERT_THAT(again, IsOk()) << "step " << step;
      const auto blob = (*again)->Open(base::Sha256Of(kText));
      if (put.ok()) {
        EXPECT_THAT(blob, IsOk()) << "acknowledged, step " << step;
      } else if (!blob.ok()) {
        EXPECT_THAT(blob, StatusIs(absl::StatusCode::kNotFound)) << "step " << step;
      }
      EXPECT_THAT(Put(**again, kText), IsOk()) << "step " << step;
      EXPECT_EQ((*again)->stats(), (BlobStats{.blobs = 1, .bytes = kText.size()}));
      auto directory = restarted.OpenRoot("/blobs/" + base::Sha256Of(kText).ToHex().substr(0, 2));
      ASSERT_THAT(directory, IsOk());
      EXPECT_THAT((*directory)->List(10),
                  IsOkAndHolds(ElementsAre(
                      Field(&base::DirectoryEntry::name, base::Sha256Of(kText).ToHex()))))
          << "leftovers, step " << step;
    });
  }
}

TEST(BlobPowerTest, AnyOperationThatFailsStoresNothingHalf) {
  uint64_t steps = 0;
  for (uint64_t step = 0; step == 0 || step <= steps; ++step) {
    const auto disk = NewDisk();
    auto store = OpenDirectoryBlobStore(*disk, kPath, {});
    ASSERT_THAT(store, IsOk());
    const uint64_t before = disk->operations();
    if (step > 0) disk->FailOperation(before + step, absl::DataLossError("EIO"));
    const absl::Status put = Put(**store, kText);
    if (step == 0) steps = disk->operations() - before;

    EXPECT_THAT(Put(**store, kText), IsOk()) << "step " << step << " " << put;
    EXPECT_THAT((*store)->Open(base::Sha256Of(kText)), IsOk()) << "step " << step;
    EXPECT_EQ((*store)->stats(), (BlobStats{.blobs = 1, .bytes = kText.size()})) << step;
  }
}

TEST(BlobPowerTest, AFullDiskRefusesAndKeepsWhatIsThere) {
  const auto disk = NewDisk();
  auto store = OpenDirectoryBlobStore(*disk, kPath, {});
  ASSERT_THAT(store, IsOk());
  ASSERT_THAT(Put(**store, kText), IsOk());
  disk->SetCapacity(8 * 1024);

  EXPECT_THAT(Put(**store, std::string(100'000, 'x')),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT((*store)->Open(base::Sha256Of(kText)), IsOk());
  EXPECT_EQ((*store)->stats(), (BlobStats{.blobs = 1, .bytes = kText.size()}));
  disk->SetCapacity(1 << 20);
  EXPECT_THAT(Put(**store, std::string(100'000, 'x')), IsOk());
}

}  // namespace
}  // namespace mig::coordinator
