// What every store must do, whatever it stands on. A store's own test instantiates the suite:
//
//   INSTANTIATE_TEST_SUITE_P(SqliteFile, StoreConformanceTest, Values(&NewSqliteFileWorld));

#ifndef MIG_COORDINATOR_STORE_TESTING_STORE_CONFORMANCE_H_
#define MIG_COORDINATOR_STORE_TESTING_STORE_CONFORMANCE_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/store/committer.h"
#include "coordinator/store/store.h"
#include "coordinator/store/write_batch.h"

namespace mig::coordinator::testing {

// A new, empty store and what it stands on.
class StoreWorld {
 public:
  enum class Memory {
    kKept,       // Reopen shows what was durable
    kForgotten,  // by design: Reopen does nothing
  };

  virtual ~StoreWorld() = default;

  virtual Store& store() = 0;
  virtual Committer& committer() = 0;
  // Closes the store, without committing what waits, and opens it again.
  virtual Memory Reopen() = 0;
};

using NewStoreWorld = std::unique_ptr<StoreWorld> (*)();

class StoreConformanceTest : public ::testing::TestWithParam<NewStoreWorld> {
 protected:
  // What became of an append; empty: not answered yet.
  using Answer = std::shared_ptr<std::optional<absl::StatusOr<Written>>>;

  StoreConformanceTest() : world_(GetParam()()) {}

  Store& store() { return world_->store(); }
  StoreWorld& world() { return *world_; }

  Answer Append(WriteBatch batch);
  // Until nothing waits; how many groups that took.
  int CommitAll();
  // Append and CommitAll.
  absl::StatusOr<Written> Write(WriteBatch batch);

 private:
  std::unique_ptr<StoreWorld> world_;
};

// All rows that `visit_all`, called with a visitor, shows.
template <typename Record, typename VisitAll>
std::vector<Record> Collect(VisitAll visit_all) {
  std::vector<Record> rows;
  const absl::Status status = visit_all([&rows](Record row) { rows.push_back(std::move(row)); });
  EXPECT_TRUE(status.ok()) << status;
  return rows;
}

}  // namespace mig::coordinator::testing

#endif  // MIG_COORDINATOR_STORE_TESTING_STORE_CONFORMANCE_H_
