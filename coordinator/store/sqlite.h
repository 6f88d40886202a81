// SQLite's C interface behind three small owners. Only coordinator/store/ includes this.

#ifndef MIG_COORDINATOR_STORE_SQLITE_H_
#define MIG_COORDINATOR_STORE_SQLITE_H_

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "coordinator/store/ids.h"

namespace mig::coordinator {

// One open database. One thread at a time; an address in memory that stays, since queries point
// to it.
class Connection {
 public:
  enum class Access {
    kWriter,    // reads and writes an existing file
    kReader,    // reads it
    kInMemory,  // a new, empty one; `path` is for messages only
  };

  // Never follows a symbolic link, never makes a file.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(absl::string_view path, Access access);
  ~Connection();

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Statements that give no rows, or whose rows nobody wants.
  absl::Status Execute(const std::string& sql);
  // The first column of the first row of `sql`.
  absl::StatusOr<int64_t> SelectNumber(const std::string& sql);

  // The last error as a Status that names the file, what was being done, and the way out.
  absl::Status Error(absl::string_view doing) const;

  // Rows that the last statement changed.
  int64_t changes() const { return sqlite3_changes64(database_); }
  int64_t last_insert_rowid() const { return sqlite3_last_insert_rowid(database_); }
  // Whether a transaction is open.
  bool in_transaction() const { return sqlite3_get_autocommit(database_) == 0; }

  const std::string& path() const { return path_; }

 private:
  friend class Query;
  friend class Run;

  Connection(sqlite3* database, absl::string_view path) : database_(database), path_(path) {}

  sqlite3* database_;
  std::string path_;
};

// One statement of fixed text, prepared at its first use and then kept.
class Query {
 public:
  // `connection` must outlive it.
  Query(Connection& connection, std::string sql);
  ~Query();
  Query(Query&& other) noexcept;

  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

 private:
  friend class Run;

  Connection& connection_;
  std::string sql_;
  sqlite3_stmt* statement_ = nullptr;
};

// One execution of a query: values are put in order of the question marks, then steps are taken,
// and columns of each row are taken in order. Errors stick: the next Step (or status()) says them.
// Bytes that were put must outlive it. Ends the execution when it goes.
class Run {
 public:
  explicit Run(Query& query);
  ~Run();

  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // --- Values
  Run& Null();
  // At most INT64_MAX: the bounds of rows were checked before (row_bounds.h).
  Run& Number(uint64_t number);
  // InfinitePast becomes NULL; milliseconds, rounded down.
  Run& Time(absl::Time time);
  Run& Blob(absl::string_view bytes);
  // Makes a copy: for values that were made for this call only.
  Run& OwnBlob(absl::string_view bytes);
  Run& Text(absl::string_view text);
  Run& Digest(const base::Digest& digest) { return Blob(digest.bytes()); }
  Run& OptionalDigest(const std::optional<base::Digest>& digest);
  template <typename Tag, size_t N>
  Run& Id(const trust::FixedBytes<Tag, N>& id) {
    return Blob(id.bytes());
  }

  // --- Steps

  // Whether there is one more row.
  absl::StatusOr<bool> Step();
  // To the end; rows are passed over.
  absl::Status ToEnd();

  // --- Columns of the row
  uint64_t TakeNumber();
  absl::Time TakeTime();
  std::string TakeBytes();
  base::Digest TakeDigest();
  std::optional<base::Digest> TakeOptionalDigest();
  // `FixedId` is a trust::FixedBytes.
  template <typename FixedId>
  FixedId TakeId() {
    absl::StatusOr<FixedId> id = FixedId::FromBytes(NextBytes());
    if (id.ok()) return *id;
    Spoil("an id of the right length");
    return {};
  }
  // An enumeration's number, 1 to `last`.
  template <typename Enum>
  Enum TakeEnum(Enum last) {
    const uint64_t number = TakeNumber();
    if (number >= 1 && number <= static_cast<uint64_t>(last)) return static_cast<Enum>(number);
    Spoil("a known number");
    return last;
  }
  // Whether the next column, which stays the next one, is NULL.
  bool NextIsNull() const;
  void Skip() { ++column_; }

  // What stuck, also of the columns taken.
  absl::Status status() const { return status_; }
  // The row holds what no version of this program wrote.
  void Spoil(absl::string_view wanted);

 private:
  absl::string_view NextBytes();
  void Check(int code);

  Query& query_;
  sqlite3_stmt* statement_ = nullptr;
  int parameter_ = 0;
  int column_ = 0;
  absl::Status status_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_SQLITE_H_
