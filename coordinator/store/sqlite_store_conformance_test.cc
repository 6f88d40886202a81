// The suite of every store, for the SQLite store in a file and in memory.

#include <gtest/gtest.h>

#include <memory>

#include "base/check.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "coordinator/store/sqlite_store.h"
#include "coordinator/store/testing/store_conformance.h"
#include "coordinator/store/testing/temporary_directory.h"

namespace mig::coordinator::testing {
namespace {

using ::mig::base::testing::Seed;
using ::mig::base::testing::SeededRandom;

class FileWorld : public StoreWorld {
 public:
  FileWorld() { Open(); }

  Store& store() override { return *store_; }
  Committer& committer() override { return *store_; }
  Memory Reopen() override {
    store_.reset();
    Open();
    return Memory::kKept;
  }

 private:
  void Open() {
    absl::StatusOr<std::unique_ptr<SqliteStore>> store =
        SqliteStore::OpenFile(directory_ / "store.sqlite", {}, random_);
    MIG_CHECK_OK(store);
    store_ = *std::move(store);
  }

  SeededRandom random_{Seed(7)};
  TemporaryDirectory directory_;
  std::unique_ptr<SqliteStore> store_;
};

class MemoryWorld : public StoreWorld {
 public:
  MemoryWorld() {
    SeededRandom random{Seed(7)};
    absl::StatusOr<std::unique_ptr<SqliteStore>> store = SqliteStore::OpenInMemory(random);
    MIG_CHECK_OK(store);
    store_ = *std::move(store);
  }

  Store& store() override { return *store_; }
  Committer& committer() override { return *store_; }
  Memory Reopen() override { return Memory::kForgotten; }

 private:
  std::unique_ptr<SqliteStore> store_;
};

std::unique_ptr<StoreWorld> NewFileWorld() { return std::make_unique<FileWorld>(); }
std::unique_ptr<StoreWorld> NewMemoryWorld() { return std::make_unique<MemoryWorld>(); }

INSTANTIATE_TEST_SUITE_P(SqliteFile, StoreConformanceTest, ::testing::Values(&NewFileWorld));
INSTANTIATE_TEST_SUITE_P(SqliteMemory, StoreConformanceTest, ::testing::Values(&NewMemoryWorld));

}  // namespace
}  // namespace mig::coordinator::testing
