// Last-seen in batches: what a crash may lose, and no more.

#include "coordinator/fleet/seen_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "base/check.h"
#include "base/sizes.h"
#include "base/testing/seeded_random.h"
#include "coordinator/store/sqlite_store.h"
#include "coordinator/store/testing/sample_records.h"

namespace mig::coordinator {
namespace {

using testing::At;
using ::testing::Eq;
using ::testing::Optional;
using testing::SomeHost;
using testing::SomeSeen;

class SeenBufferTest : public ::testing::Test {
 protected:
  SeenBufferTest() {
    absl::StatusOr<std::unique_ptr<SqliteStore>> store = SqliteStore::OpenInMemory(random_);
    MIG_CHECK_OK(store);
    store_ = *std::move(store);
    for (uint64_t n = 1; n <= kSeenFlushRows; ++n) {
      store_->Append({InsertHost{SomeHost(n)}}, [](const absl::StatusOr<Written>&) {});
    }
    Commit();
    buffer_ = std::make_unique<SeenBuffer>(*store_);
  }
  // A store answers what waits before it goes, and nobody may be gone by then.
  ~SeenBufferTest() override { Commit(); }

  void Commit() {
    while (store_->CommitNow() > 0) {
    }
  }
  bool IsStored(uint64_t n) { return store_->GetSeen(SomeSeen(n).id).ok(); }

  base::testing::SeededRandom random_{base::testing::Seed(1)};
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<SeenBuffer> buffer_;
};

TEST_F(SeenBufferTest, OneCheckInIsNotWrittenAtOnce) {
  buffer_->Put(SomeSeen(1), At(0));
  EXPECT_EQ(store_->RowsWaiting(), 0);
}

TEST_F(SeenBufferTest, WhatIsOldIsWritten) {
  buffer_->Put(SomeSeen(1), At(0));
  buffer_->Tick(At(0) + kSeenFlushAfter);
  Commit();
  EXPECT_TRUE(IsStored(1));
}

TEST_F(SeenBufferTest, OneOversizedRowStandsInNobodysWay) {
  HostSeenRecord oversized = SomeSeen(2);
  oversized.summary = std::string(base::kMaxCheckInSummaryBytes + 1, 'x');
  oversized.environment = std::string(base::kMaxEnvironmentBytes + 1, 'x');
  oversized.seen_address = std::string(base::kMaxAddressTextBytes + 1, 'x');
  buffer_->Put(SomeSeen(1), At(0));
  buffer_->Put(oversized, At(0));
  buffer_->Flush();
  Commit();
  EXPECT_TRUE(IsStored(1));
  EXPECT_TRUE(IsStored(2));
}

TEST_F(SeenBufferTest, ABatchIsWrittenWhenItIsFull) {
  for (uint64_t n = 1; n < kSeenFlushRows; ++n) buffer_->Put(SomeSeen(n), At(0));
  EXPECT_EQ(store_->RowsWaiting(), 0);
  buffer_->Put(SomeSeen(kSeenFlushRows), At(0));
  EXPECT_EQ(store_->RowsWaiting(), kSeenFlushRows);
}

TEST_F(SeenBufferTest, IsFoundUntilItIsDurable) {
  buffer_->Put(SomeSeen(1), At(0));
  buffer_->Flush();
  EXPECT_THAT(buffer_->Find(SomeSeen(1).id), Optional(Eq(SomeSeen(1))));
  Commit();
  EXPECT_EQ(buffer_->waiting(), 0);
}

TEST_F(SeenBufferTest, ANewerOneOfTheSameHostIsNotForgottenWithTheOlder) {
  buffer_->Put(SomeSeen(1), At(0));
  buffer_->Flush();
  HostSeenRecord newer = SomeSeen(1);
  newer.last_seen += absl::Minutes(1);
  buffer_->Put(newer, At(1));
  Commit();
  EXPECT_THAT(buffer_->Find(newer.id), Optional(Eq(newer)));
}

TEST_F(SeenBufferTest, WhatTheStoreRefusesIsWrittenAgain) {
  HostSeenRecord too_long = SomeSeen(1);
  too_long.summary = std::string(base::kMaxCheckInSummaryBytes + 1, 'x');
  buffer_->Put(too_long, At(0));
  buffer_->Flush();
  EXPECT_EQ(buffer_->waiting(), 1);

  buffer_->Put(SomeSeen(1), At(1));  // it checks in again
  buffer_->Flush();
  Commit();

  EXPECT_TRUE(IsStored(1));
  EXPECT_EQ(buffer_->waiting(), 0);
}

}  // namespace
}  // namespace mig::coordinator
