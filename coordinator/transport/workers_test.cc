// Threads for what blocks.

#include "coordinator/transport/workers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "absl/synchronization/notification.h"
#include "base/testing/status_matchers.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

using ::mig::base::testing::IsOk;
using ::testing::Eq;
using ::testing::Optional;

TEST(WorkersTest, AsManyJobsRunAtOnceAsThereAreThreads) {
  absl::Notification all_there;
  std::atomic<int> there{0};
  Workers workers("test", 3, 10);
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(workers.Post([&] {
      if (++there == 3) all_there.Notify();
      all_there.WaitForNotification();
    }),
                IsOk());
  }
  all_there.WaitForNotification();
}

TEST(WorkersTest, WhatWaitsIsBounded) {
  absl::Notification begun;
  absl::Notification go_on;
  Workers workers("test", 1, 2);
  ASSERT_THAT(workers.Post([&] {
    begun.Notify();
    go_on.WaitForNotification();
  }),
              IsOk());
  begun.WaitForNotification();
  ASSERT_THAT(workers.Post([] {}), IsOk());
  ASSERT_THAT(workers.Post([] {}), IsOk());

  EXPECT_THAT(trust::RefusalOf(workers.Post([] {})), Optional(Eq(v1::Refusal::EXHAUSTED)));

  go_on.Notify();
}

TEST(WorkersTest, WhatWaitsAtTheEndIsRun) {
  int ran = 0;
  {
    Workers workers("test", 1, 1'000);
    for (int i = 0; i < 1'000; ++i) ASSERT_THAT(workers.Post([&ran] { ++ran; }), IsOk());
  }
  EXPECT_EQ(ran, 1'000);
}

}  // namespace
}  // namespace mig::coordinator
