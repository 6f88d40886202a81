#include "base/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <latch>
#include <thread>
#include <vector>

#include "base/inline_executor.h"
#include "base/thread_pool_executor.h"

namespace mig::base {
namespace {

using ::testing::ElementsAre;

void ExpectEachTaskOnce(Executor& executor, size_t count) {
  std::vector<std::atomic<int>> calls(count);
  executor.ParallelFor(count, [&calls](size_t i) { ++calls[i]; });
  for (size_t i = 0; i < count; ++i) ASSERT_EQ(calls[i], 1) << i << " of " << count;
}

TEST(ExecutorTest, EachTaskRunsOnceBeforeItReturns) {
  InlineExecutor one;
  ThreadPoolExecutor pool_of_one(1);
  ThreadPoolExecutor pool(4);
  for (const size_t count : {0u, 1u, 2u, 3u, 1000u}) {
    ExpectEachTaskOnce(one, count);
    ExpectEachTaskOnce(pool_of_one, count);
    ExpectEachTaskOnce(pool, count);
  }
  EXPECT_EQ(one.width(), 1u);
  EXPECT_EQ(pool.width(), 4u);
}

TEST(ExecutorTest, InlineRunsInOrder) {
  InlineExecutor executor;
  std::vector<size_t> order;
  executor.ParallelFor(4, [&order](size_t i) { order.push_back(i); });
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3));
}

TEST(ThreadPoolExecutorTest, TasksRunAtTheSameTime) {
  ThreadPoolExecutor pool(3);
  std::latch all_here(3);
  pool.ParallelFor(3, [&all_here](size_t) { all_here.arrive_and_wait(); });
}

TEST(ThreadPoolExecutorTest, TheCallerWaitsForTasksOfOtherThreads) {
  ThreadPoolExecutor pool(2);
  const std::thread::id caller = std::this_thread::get_id();
  std::latch both_here(2);
  std::atomic<bool> other_ended = false;
  pool.ParallelFor(2, [&](size_t) {
    both_here.arrive_and_wait();
    if (std::this_thread::get_id() == caller) return;
    for (int i = 0; i < 10'000; ++i) std::this_thread::yield();
    other_ended = true;
  });
  EXPECT_TRUE(other_ended);
}

TEST(ThreadPoolExecutorTest, ManyCallersShareIt) {
  ThreadPoolExecutor pool(3);
  std::vector<std::thread> callers;
  std::vector<std::atomic<int>> sums(8);
  for (std::atomic<int>& sum : sums) {
    callers.emplace_back([&pool, &sum] {
      for (int round = 0; round < 200; ++round) pool.ParallelFor(10, [&sum](size_t) { ++sum; });
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (const std::atomic<int>& sum : sums) EXPECT_EQ(sum, 2000);
}

}  // namespace
}  // namespace mig::base
