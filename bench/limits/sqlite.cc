#include "bench/limits/sqlite.h"

#include <sqlite3.h>

#include "base/check.h"

namespace mig::bench {
namespace {

constexpr char kSetUp[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
    "CREATE TABLE host_seen (id BLOB PRIMARY KEY, last_seen INTEGER NOT NULL,"
    " seen_address TEXT NOT NULL, environment BLOB NOT NULL, summary BLOB NOT NULL,"
    " machine BLOB NOT NULL, answer_issued BLOB NOT NULL, answer_returned BLOB NOT NULL) STRICT";
constexpr char kUpsert[] =
    "INSERT INTO host_seen (id, last_seen, seen_address, environment, summary, machine,"
    " answer_issued, answer_returned) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET last_seen = excluded.last_seen,"
    " seen_address = excluded.seen_address, environment = excluded.environment,"
    " summary = excluded.summary, machine = excluded.machine,"
    " answer_issued = excluded.answer_issued, answer_returned = excluded.answer_returned";

void BindBlob(sqlite3_stmt* statement, int index, const std::string& bytes) {
  sqlite3_bind_blob64(statement, index, bytes.data(), bytes.size(), SQLITE_STATIC);
}

}  // namespace

struct BareUpsert::Native {
  ~Native() {
    sqlite3_finalize(upsert);
    sqlite3_finalize(begin);
    sqlite3_finalize(commit);
    sqlite3_close(database);
  }

  sqlite3_stmt* Prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    MIG_CHECK(sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                                 nullptr) == SQLITE_OK)
        << sqlite3_errmsg(database);
    return statement;
  }

  void Run(sqlite3_stmt* statement) {
    MIG_CHECK(sqlite3_step(statement) == SQLITE_DONE) << sqlite3_errmsg(database);
    sqlite3_reset(statement);
  }

  sqlite3* database = nullptr;
  sqlite3_stmt* upsert = nullptr;
  sqlite3_stmt* begin = nullptr;
  sqlite3_stmt* commit = nullptr;
};

BareUpsert::BareUpsert(const std::string& path) : native_(std::make_unique<Native>()) {
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  MIG_CHECK(sqlite3_open_v2(path.c_str(), &native_->database, kFlags, nullptr) == SQLITE_OK)
      << path;
  MIG_CHECK(sqlite3_exec(native_->database, kSetUp, nullptr, nullptr, nullptr) == SQLITE_OK)
      << sqlite3_errmsg(native_->database);
  native_->upsert = native_->Prepare(kUpsert);
  native_->begin = native_->Prepare("BEGIN IMMEDIATE");
  native_->commit = native_->Prepare("COMMIT");
}

BareUpsert::~BareUpsert() = default;

void BareUpsert::Write(std::span<const BareSeenRow> rows) {
  native_->Run(native_->begin);
  sqlite3_stmt* const upsert = native_->upsert;
  for (const BareSeenRow& row : rows) {
    BindBlob(upsert, 1, row.id);
    sqlite3_bind_int64(upsert, 2, row.last_seen_ms);
    sqlite3_bind_text(upsert, 3, row.seen_address.data(), static_cast<int>(row.seen_address.size()),
                      SQLITE_STATIC);
    BindBlob(upsert, 4, row.environment);
    BindBlob(upsert, 5, row.summary);
    BindBlob(upsert, 6, row.machine);
    BindBlob(upsert, 7, row.answer_issued);
    BindBlob(upsert, 8, row.answer_returned);
    native_->Run(upsert);
  }
  native_->Run(native_->commit);
}

}  // namespace mig::bench
