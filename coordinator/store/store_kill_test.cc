// What a coordinator that is killed leaves: everything that it acknowledged (ADVERSARY.md 173).

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <semaphore>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "coordinator/store/sqlite_store.h"
#include "coordinator/store/testing/sample_records.h"
#include "coordinator/store/testing/temporary_directory.h"
#include "coordinator/store/writer_thread.h"

namespace mig::coordinator {
namespace {

using ::mig::base::testing::IsOk;
using ::mig::base::testing::Seed;
using ::mig::base::testing::SeededRandom;
using ::mig::coordinator::testing::At;
using ::mig::coordinator::testing::SomeAttemptId;
using ::mig::coordinator::testing::SomeHostId;
using ::mig::coordinator::testing::SomeOffer;
using ::mig::coordinator::testing::SomeOutcome;
using ::mig::coordinator::testing::SomeRolloutId;

// Writes outcomes, offers and audit rows `first`, `first` + 1, ... for ever, and says each number
// on `pipe` when it is durable. Never returns.
[[noreturn]] void WriteUntilKilled(const std::string& path, uint64_t first, int pipe) {
  SeededRandom random{Seed(1)};
  auto store = SqliteStore::OpenFile(path, {}, random);
  MIG_CHECK_OK(store);
  WriterThread writer(**store);
  std::counting_semaphore<> room(1'000);  // batches that wait at the same time
  for (uint64_t n = first;; ++n) {
    room.acquire();
    (*store)->Append({InsertOutcome{SomeOutcome(1, n, 1)}, InsertOffer{SomeOffer(n, 1)},
                      AppendAudit{{.at = At(static_cast<int64_t>(n)), .action = "test"}}},
                     [n, pipe, &room](absl::StatusOr<Written> result) {
                       MIG_CHECK_OK(result);
                       MIG_CHECK(::write(pipe, &n, sizeof(n)) == sizeof(n));
                       room.release();
                     });
  }
}

// Starts a writer, kills it after it acknowledged `count` rows, and returns all it acknowledged.
std::vector<uint64_t> AcknowledgedByAKilledWriter(const std::string& path, uint64_t first,
                                                  size_t count) {
  int ends[2];
  MIG_CHECK(::pipe(ends) == 0);
  const pid_t child = ::fork();
  MIG_CHECK(child >= 0);
  if (child == 0) {
    ::close(ends[0]);
    WriteUntilKilled(path, first, ends[1]);
  }
  ::close(ends[1]);
  std::vector<uint64_t> acknowledged;
  uint64_t n = 0;
  while (::read(ends[0], &n, sizeof(n)) == sizeof(n)) {
    acknowledged.push_back(n);
    if (acknowledged.size() == count) MIG_CHECK(::kill(child, SIGKILL) == 0);
  }
  ::close(ends[0]);
  int status = 0;
  MIG_CHECK(::waitpid(child, &status, 0) == child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  return acknowledged;
}

TEST(StoreKillTest, EveryAcknowledgedRowIsThereAfterKill9) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory / "store.sqlite";
  std::vector<uint64_t> all;
  for (const size_t kill_after : {1, 300, 2'000, 3'333}) {
    const uint64_t first = all.empty() ? 0 : all.back() + 100'000;
    const std::vector<uint64_t> some = AcknowledgedByAKilledWriter(path, first, kill_after);
    ASSERT_GE(some.size(), kill_after);
    all.insert(all.end(), some.begin(), some.end());

    SeededRandom random{Seed(1)};
    auto store = SqliteStore::OpenFile(path, {}, random);
    ASSERT_THAT(store, IsOk());
    for (const uint64_t n : all) {
      ASSERT_THAT((*store)->GetOutcome(SomeHostId(1), SomeAttemptId(n)), IsOk()) << n;
      ASSERT_THAT((*store)->GetOffer(SomeHostId(n), SomeRolloutId(1)), IsOk()) << n;
    }
    const auto audit = (*store)->VerifyAudit();
    ASSERT_THAT(audit, IsOk());
    EXPECT_GE(audit->seq, all.size());
    EXPECT_GE((*store)->GetMeta()->change, all.size());
  }
}

}  // namespace
}  // namespace mig::coordinator
