#include "coordinator/blobs/blob_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/sha256.h"
#include "base/testing/status_matchers.h"

namespace mig::coordinator {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::IsOkAndHolds;
using ::mig::base::testing::StatusIs;

const base::Digest kDigest = base::Sha256Of("a content");

base::FileStat Looks(uint64_t inode) { return base::FileStat{.size_bytes = 9, .inode = inode}; }

TEST(BlobIndexTest, OneChecksAndTheOthersWaitForIt) {
  BlobIndex index(1'000, 10);
  ASSERT_THAT(index.AddFound(kDigest, 9), IsOk());

  std::atomic<int> checks = 0;
  std::atomic<int> good = 0;
  std::vector<std::thread> readers;
  for (int n = 0; n < 8; ++n) {
    readers.emplace_back([&] {
      const auto check = index.BeginCheck(kDigest, Looks(1));
      if (check.ok() && *check == BlobIndex::Check::kNeeded) {
        ++checks;
        index.FinishCheck(kDigest, Looks(1), "");
      } else if (check.ok()) {
        ++good;
      }
    });
  }
  for (std::thread& reader : readers) reader.join();

  EXPECT_EQ(checks, 1);
  EXPECT_EQ(good, 7);
}

TEST(BlobIndexTest, WhoWaitsChecksItselfIfNothingWasFoundOut) {
  BlobIndex index(1'000, 10);
  ASSERT_THAT(index.AddFound(kDigest, 9), IsOk());
  ASSERT_THAT(index.BeginCheck(kDigest, Looks(1)), IsOkAndHolds(BlobIndex::Check::kNeeded));

  std::thread waiter([&] {
    EXPECT_THAT(index.BeginCheck(kDigest, Looks(1)), IsOkAndHolds(BlobIndex::Check::kNeeded));
  });
  index.AbandonCheck(kDigest, Looks(1));
  waiter.join();
}

TEST(BlobIndexTest, AFileThatLooksAnotherWayIsCheckedAgain) {
  BlobIndex index(1'000, 10);
  ASSERT_THAT(index.AddFound(kDigest, 9), IsOk());
  ASSERT_THAT(index.BeginCheck(kDigest, Looks(1)), IsOkAndHolds(BlobIndex::Check::kNeeded));
  index.FinishCheck(kDigest, Looks(1), "one byte is wrong");
  EXPECT_THAT(index.BeginCheck(kDigest, Looks(1)), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(index.stats().damaged, 1);

  EXPECT_THAT(index.BeginCheck(kDigest, Looks(2)), IsOkAndHolds(BlobIndex::Check::kNeeded));
  index.FinishCheck(kDigest, Looks(2), "");
  EXPECT_THAT(index.BeginCheck(kDigest, Looks(2)), IsOkAndHolds(BlobIndex::Check::kDone));
  EXPECT_EQ(index.stats().damaged, 0);
}

TEST(BlobIndexTest, ACheckOfWhatWasReplacedMeanwhileSaysNothing) {
  BlobIndex index(1'000, 10);
  ASSERT_THAT(index.AddFound(kDigest, 9), IsOk());
  ASSERT_THAT(index.BeginCheck(kDigest, Looks(1)), IsOkAndHolds(BlobIndex::Check::kNeeded));
  ASSERT_THAT(index.Reserve(9), IsOk());
  index.AddStored(kDigest, Looks(2));

  index.FinishCheck(kDigest, Looks(1), "one byte is wrong");

  EXPECT_THAT(index.Size(kDigest), IsOkAndHolds(9));
  EXPECT_THAT(index.BeginCheck(kDigest, Looks(2)), IsOkAndHolds(BlobIndex::Check::kDone));
}

TEST(BlobIndexTest, AnOverflowingSizeIsBeyondTheQuota) {
  BlobIndex index(1'000, 10);
  ASSERT_THAT(index.Reserve(500), IsOk());
  EXPECT_THAT(index.Reserve(~uint64_t{0}), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(index.Reserve(500), IsOk());
  EXPECT_THAT(index.Reserve(1), StatusIs(absl::StatusCode::kResourceExhausted));
}

}  // namespace
}  // namespace mig::coordinator
