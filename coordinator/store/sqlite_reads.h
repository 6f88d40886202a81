// What can be read, on one connection: the statements behind store.h, which says what each is for.

#ifndef MIG_COORDINATOR_STORE_SQLITE_READS_H_
#define MIG_COORDINATOR_STORE_SQLITE_READS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/sqlite_rows.h"
#include "coordinator/store/store.h"

namespace mig::coordinator {

// `clause` follows SELECT ... FROM table: WHERE, ORDER BY, LIMIT, with question marks that `bind`
// puts values to.
using Bind = absl::FunctionRef<void(Run&)>;
inline void BindNothing(Run&) {}

template <typename Record>
absl::Status ReadEach(Connection& connection, absl::string_view clause, Bind bind,
                      absl::FunctionRef<void(Record)> visit) {
  Query query(connection, absl::StrCat(SelectSql(TableOf<Record>()), clause));
  Run run(query);
  bind(run);
  while (true) {
    MIG_ASSIGN_OR_RETURN(const bool found, run.Step());
    if (!found) return absl::OkStatus();
    Record record = Take<Record>(run);
    MIG_RETURN_IF_ERROR(run.status());
    visit(std::move(record));
  }
}

// NotFound names `what`, a whole phrase.
template <typename Record>
absl::StatusOr<Record> ReadOne(Connection& connection, absl::string_view clause, Bind bind,
                               absl::string_view what) {
  std::optional<Record> found;
  MIG_RETURN_IF_ERROR(ReadEach<Record>(connection, clause, bind,
                                       [&found](Record record) { found = std::move(record); }));
  if (!found.has_value()) return absl::NotFoundError(absl::StrCat("there is no ", what));
  return *std::move(found);
}

// InvalidArgument unless `limit` is 1 to base::kMaxPageRows. `clause` ends before LIMIT.
template <typename Record>
absl::StatusOr<std::vector<Record>> ReadPage(Connection& connection, absl::string_view clause,
                                             Bind bind, size_t limit) {
  if (limit < 1 || limit > base::kMaxPageRows) {
    return absl::InvalidArgumentError(
        absl::StrCat("a page has 1 to ", base::kMaxPageRows, " rows, not ", limit));
  }
  std::vector<Record> page;
  MIG_RETURN_IF_ERROR(
      ReadEach<Record>(connection, absl::StrCat(clause, " LIMIT ", limit), bind,
                       [&page](Record record) { page.push_back(std::move(record)); }));
  return page;
}

// The whole chain against itself and the store's own row, in one snapshot.
absl::StatusOr<AuditHead> VerifyAuditLog(Connection& connection);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_SQLITE_READS_H_
