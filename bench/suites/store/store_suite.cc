#include "bench/suites/store/store_suite.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "base/system_random.h"
#include "bench/limits/sqlite.h"
#include "bench/suites/lazy.h"
#include "bench/suites/scratch.h"
#include "coordinator/store/sqlite_store.h"
#include "coordinator/store/testing/sample_records.h"
#include "coordinator/store/write_batch.h"

namespace mig::bench {
namespace {

using coordinator::HostSeenRecord;

// As long as those of a host with a dozen components.
constexpr size_t kEnvironmentBytes = 400;
constexpr size_t kSummaryBytes = 1'200;
// A store commits at most this many at once; the limit does as it does.
constexpr size_t kGroupRows = 250;
static_assert(kGroupRows <= coordinator::kMaxBatchRows);

HostSeenRecord RecordOf(uint64_t host) {
  HostSeenRecord record = coordinator::testing::SomeSeen(host);
  record.environment = std::string(kEnvironmentBytes, 'e');
  record.summary = std::string(kSummaryBytes, 's');
  return record;
}

BareSeenRow BareOf(const HostSeenRecord& record) {
  return {.id = std::string(record.id.bytes()),
          .last_seen_ms = absl::ToUnixMillis(record.last_seen),
          .seen_address = record.seen_address,
          .environment = record.environment,
          .summary = record.summary,
          .machine = std::string(record.machine.bytes()),
          .answer_issued = std::string(record.answer_issued.bytes()),
          .answer_returned = std::string(record.answer_returned.bytes())};
}

// The same hosts check in again and again, each time a little later: a row that stays as it is
// would be no work for SQLite.
class Stores {
 public:
  explicit Stores(size_t rows) : bare_(absl::StrCat(scratch_.path(), "/bare.db")) {
    auto opened =
        coordinator::SqliteStore::OpenFile(absl::StrCat(scratch_.path(), "/store.db"), {}, random_);
    MIG_CHECK_OK(opened);
    store_ = *std::move(opened);
    for (size_t i = 0; i < rows; ++i) {
      records_.push_back(RecordOf(i));
      bare_rows_.push_back(BareOf(records_.back()));
    }
  }

  void WriteOurs(benchmark::State& state) {
    for (auto _ : state) {
      state.PauseTiming();
      std::vector<coordinator::WriteBatch> batches = NextBatches();
      state.ResumeTiming();
      for (coordinator::WriteBatch& batch : batches) {
        store_->Append(std::move(batch), [](const absl::StatusOr<coordinator::Written>& written) {
          MIG_CHECK_OK(written);
        });
      }
      while (store_->CommitNow() > 0) {
      }
    }
    CountRows(state);
  }

  void WriteBare(benchmark::State& state) {
    for (auto _ : state) {
      state.PauseTiming();
      for (BareSeenRow& row : bare_rows_) ++row.last_seen_ms;
      state.ResumeTiming();
      std::span<const BareSeenRow> rows = bare_rows_;
      while (!rows.empty()) {
        const size_t count = std::min(rows.size(), kGroupRows);
        bare_.Write(rows.first(count));
        rows = rows.subspan(count);
      }
    }
    CountRows(state);
  }

 private:
  std::vector<coordinator::WriteBatch> NextBatches() {
    std::vector<coordinator::WriteBatch> batches;
    for (HostSeenRecord& record : records_) {
      record.last_seen += absl::Milliseconds(1);
      if (batches.empty() || batches.back().size() == kGroupRows) batches.emplace_back();
      batches.back().push_back(coordinator::RecordSeen{.seen = record});
    }
    return batches;
  }

  void CountRows(benchmark::State& state) const {
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(records_.size()));
  }

  Scratch scratch_;
  base::SystemRandom random_;
  std::unique_ptr<coordinator::SqliteStore> store_;
  BareUpsert bare_;
  std::vector<HostSeenRecord> records_;
  std::vector<BareSeenRow> bare_rows_;
};

}  // namespace

void AddStoreRows(Table& table) {
  for (const size_t rows : {100, 1'000}) {
    const Lazy<Stores> stores([rows] { return std::make_unique<Stores>(rows); });
    table.Add({.name = absl::StrCat("store_durable_", rows, "_rows"),
               .unit = Unit::kItemsPerSecond,
               .goal = AtLeast(0.85),
               .slowdown_limit = 0.15,  // a disk is in it
               .ours = [stores](benchmark::State& state) { stores->WriteOurs(state); },
               .limit = [stores](benchmark::State& state) { stores->WriteBare(state); }});
  }
}

}  // namespace mig::bench
