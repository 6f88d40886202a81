// The thread that commits, with a real store and real racers.

#include "coordinator/store/writer_thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "coordinator/store/sqlite_store.h"
#include "coordinator/store/testing/sample_records.h"
#include "coordinator/store/testing/temporary_directory.h"

namespace mig::coordinator {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::Seed;
using ::mig::base::testing::SeededRandom;
using ::mig::coordinator::testing::At;
using ::mig::coordinator::testing::SomeDigest;
using ::mig::coordinator::testing::SomeHost;
using ::mig::coordinator::testing::SomeOffer;
using ::mig::coordinator::testing::SomeToken;
using ::mig::coordinator::testing::TemporaryDirectory;

class WriterThreadTest : public ::testing::Test {
 protected:
  WriterThreadTest() {
    auto store = SqliteStore::OpenFile(directory_ / "store.sqlite", {}, random_);
    MIG_CHECK_OK(store);
    store_ = *std::move(store);
  }

  // Blocks until the batch is durable.
  absl::StatusOr<Written> Write(WriteBatch batch) {
    std::promise<absl::StatusOr<Written>> answer;
    store_->Append(std::move(batch), [&](auto result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }

  TemporaryDirectory directory_;
  SeededRandom random_{Seed(1)};
  std::unique_ptr<SqliteStore> store_;
};

TEST_F(WriterThreadTest, WhatIsAppendedIsCommitted) {
  WriterThread writer(*store_);
  for (uint64_t n = 0; n < 20; ++n) EXPECT_THAT(Write({InsertHost{SomeHost(n)}}), IsOk());
}

TEST_F(WriterThreadTest, OfFiftyThreadsExactlyTheLimitGetsIn) {
  WriterThread writer(*store_);
  ASSERT_THAT(Write({InsertToken{SomeToken(1, 7)}}), IsOk());

  std::atomic<int> in = 0;
  std::vector<std::thread> racers;
  for (uint64_t n = 0; n < 50; ++n) {
    racers.emplace_back([&, n] {
      const UseToken use{.secret_hash = SomeDigest("token", 1), .at = At(1)};
      if (Write({use, InsertHost{SomeHost(n)}}).ok()) ++in;
    });
  }
  for (std::thread& racer : racers) racer.join();

  EXPECT_EQ(in, 7);
  EXPECT_EQ(store_->GetToken(SomeDigest("token", 1))->uses, 7);
}

TEST_F(WriterThreadTest, ManyRowsShareACommit) {
  constexpr uint64_t kRows = 10'000;
  std::atomic<uint64_t> written = 0;
  {
    WriterThread writer(*store_);
    for (uint64_t n = 0; n < kRows; ++n) {
      store_->Append({InsertOffer{SomeOffer(n, 1)}}, [&](const auto& result) {
        if (result.ok()) ++written;
      });
    }
  }

  EXPECT_EQ(written, kRows);
  EXPECT_EQ(store_->stats().rows, kRows);
  EXPECT_LT(store_->stats().commits, kRows / 20);
}

TEST_F(WriterThreadTest, ReadersAndTheWriterDoNotWaitForEachOther) {
  WriterThread writer(*store_);
  for (uint64_t n = 0; n < 10; ++n) ASSERT_THAT(Write({InsertHost{SomeHost(n)}}), IsOk());

  // A reader in the middle of its rows sees those of its start; the writer goes on meanwhile.
  int seen = 0;
  ASSERT_THAT(store_->ForEachHost([&](const HostRecord&) {
    EXPECT_THAT(Write({InsertHost{SomeHost(100 + static_cast<uint64_t>(seen))}}), IsOk());
    ++seen;
  }),
              IsOk());
  EXPECT_EQ(seen, 10);
}

}  // namespace
}  // namespace mig::coordinator
