// How records go into their tables and come out again; which columns they have is said in
// sqlite_columns.h.

#ifndef MIG_COORDINATOR_STORE_SQLITE_ROWS_H_
#define MIG_COORDINATOR_STORE_SQLITE_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "coordinator/store/host_record.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/sqlite_columns.h"
#include "trust/ids.h"

namespace mig::coordinator {

// A record's table and its columns, "a, b, c", in the order of Put and Take.
struct TableText {
  absl::string_view table;
  std::string columns;
};

// Labels as one value: for each u32be length, name, u32be length, value.
std::string PackLabels(const std::vector<Label>& labels);
// Spoils the run if `bytes` are not so.
std::vector<Label> UnpackLabels(Run& run, absl::string_view bytes);

namespace internal {

// Visitors of VisitColumns.

class ColumnLister {
 public:
  template <typename Member>
  void operator()(absl::string_view column, const Member&) {
    absl::StrAppend(&columns, columns.empty() ? "" : ", ", column);
  }
  void Blob(absl::string_view column, const std::string& bytes) { (*this)(column, bytes); }
  void Given(absl::string_view column, uint64_t number) { (*this)(column, number); }
  template <typename Enumeration>
  void Enum(absl::string_view column, Enumeration value, Enumeration) {
    (*this)(column, value);
  }

  std::string columns;
};

class ColumnPutter {
 public:
  explicit ColumnPutter(Run& run) : run_(run) {}

  // uint32_t and bool, too.
  void operator()(absl::string_view, uint64_t number) { run_.Number(number); }
  void operator()(absl::string_view, absl::Time time) { run_.Time(time); }
  void operator()(absl::string_view, const std::string& text) { run_.Text(text); }
  void operator()(absl::string_view, const base::Digest& digest) { run_.Digest(digest); }
  void operator()(absl::string_view, const std::optional<base::Digest>& digest) {
    run_.OptionalDigest(digest);
  }
  void operator()(absl::string_view, const std::vector<Label>& labels) {
    run_.OwnBlob(PackLabels(labels));
  }
  template <typename Tag, size_t N>
  void operator()(absl::string_view, const trust::FixedBytes<Tag, N>& id) {
    run_.Id(id);
  }
  template <typename Tag, size_t N>
  void operator()(absl::string_view, const std::optional<trust::FixedBytes<Tag, N>>& id) {
    id.has_value() ? run_.Id(*id) : run_.Null();
  }
  void Blob(absl::string_view, const std::string& bytes) { run_.Blob(bytes); }
  void Given(absl::string_view, uint64_t) { run_.Null(); }
  template <typename Enumeration>
  void Enum(absl::string_view, Enumeration value, Enumeration) {
    run_.Number(static_cast<uint64_t>(value));
  }

 private:
  Run& run_;
};

class ColumnTaker {
 public:
  explicit ColumnTaker(Run& run) : run_(run) {}

  void operator()(absl::string_view, uint64_t& number) { number = run_.TakeNumber(); }
  void operator()(absl::string_view, uint32_t& number) {
    number = static_cast<uint32_t>(run_.TakeNumber());
  }
  void operator()(absl::string_view, bool& flag) { flag = run_.TakeNumber() != 0; }
  void operator()(absl::string_view, absl::Time& time) { time = run_.TakeTime(); }
  void operator()(absl::string_view, std::string& text) { text = run_.TakeBytes(); }
  void operator()(absl::string_view, base::Digest& digest) { digest = run_.TakeDigest(); }
  void operator()(absl::string_view, std::optional<base::Digest>& digest) {
    digest = run_.TakeOptionalDigest();
  }
  void operator()(absl::string_view, std::vector<Label>& labels) {
    labels = UnpackLabels(run_, run_.TakeBytes());
  }
  template <typename Tag, size_t N>
  void operator()(absl::string_view, trust::FixedBytes<Tag, N>& id) {
    id = run_.TakeId<trust::FixedBytes<Tag, N>>();
  }
  template <typename Tag, size_t N>
  void operator()(absl::string_view, std::optional<trust::FixedBytes<Tag, N>>& id) {
    if (!run_.NextIsNull()) {
      id = run_.TakeId<trust::FixedBytes<Tag, N>>();
    } else {
      run_.Skip();
    }
  }
  void Blob(absl::string_view, std::string& bytes) { bytes = run_.TakeBytes(); }
  void Given(absl::string_view, uint64_t& number) { number = run_.TakeNumber(); }
  template <typename Enumeration>
  void Enum(absl::string_view, Enumeration& value, Enumeration last) {
    value = run_.TakeEnum(last);
  }

 private:
  Run& run_;
};

}  // namespace internal

// `TableOf<HostRecord>()`, and so on.
template <typename Record>
TableText TableOf() {
  static_assert(!kTableOf<Record>.empty(), "sqlite_columns.h names no table for it");
  internal::ColumnLister lister;
  const Record record{};
  VisitColumns(lister, record);
  return {kTableOf<Record>, std::move(lister.columns)};
}

// Binds all columns; `number` columns, which the store gives out, as NULL. The record must outlive
// the run.
template <typename Record>
void Put(Run& run, const Record& record) {
  internal::ColumnPutter putter(run);
  VisitColumns(putter, record);
}

// The record of the current row, whose columns are `TableOf<Record>().columns`. What it does not
// understand spoils the run.
template <typename Record>
Record Take(Run& run) {
  Record record;
  internal::ColumnTaker taker(run);
  VisitColumns(taker, record);
  return record;
}

// "INSERT INTO table (columns) VALUES (?, ...)", to which a conflict clause may be added.
std::string InsertSql(const TableText& text);
// "SELECT columns FROM table ".
std::string SelectSql(const TableText& text);
// "?, ?, ..." for the columns.
std::string QuestionMarks(const TableText& text);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_SQLITE_ROWS_H_
