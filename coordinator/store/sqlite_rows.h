// How records lie in their tables: one column list, one Put and one Take for each.

#ifndef MIG_COORDINATOR_STORE_SQLITE_ROWS_H_
#define MIG_COORDINATOR_STORE_SQLITE_ROWS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "coordinator/store/audit_record.h"
#include "coordinator/store/document_record.h"
#include "coordinator/store/enrollment_record.h"
#include "coordinator/store/host_record.h"
#include "coordinator/store/offer_record.h"
#include "coordinator/store/operator_record.h"
#include "coordinator/store/outcome_record.h"
#include "coordinator/store/rollout_event.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/token_record.h"

namespace mig::coordinator {

// A record's table and its columns, in the order of Put and Take.
struct TableText {
  absl::string_view table;
  absl::string_view columns;
};

// `TableOf<HostRecord>()`, and so on.
template <typename Record>
TableText TableOf();

// Binds all columns; `number` columns, which the store gives out, as NULL.
void Put(Run& run, const HostRecord& record);
void Put(Run& run, const HostSeenRecord& record);
void Put(Run& run, const CertificateRecord& record);
void Put(Run& run, const DocumentRecord& record);
void Put(Run& run, const OfferRecord& record);
void Put(Run& run, const OutcomeRecord& record);
void Put(Run& run, const RolloutEvent& record);
void Put(Run& run, const TokenRecord& record);
void Put(Run& run, const EnrollmentRecord& record);
void Put(Run& run, const OperatorRecord& record);
void Put(Run& run, const InviteRecord& record);
void Put(Run& run, const AuditRecord& record);

// The record of the current row, whose columns are `TableOf<Record>().columns`. What it does not
// understand spoils the run.
template <typename Record>
Record Take(Run& run);

// "INSERT INTO table (columns) VALUES (?, ...)", to which a conflict clause may be added.
std::string InsertSql(const TableText& text);
// "SELECT columns FROM table ".
std::string SelectSql(const TableText& text);
// "?, ?, ..." for the columns.
std::string QuestionMarks(const TableText& text);

// Labels as one value: for each u32be length, name, u32be length, value.
std::string PackLabels(const std::vector<Label>& labels);
// Spoils the run if `bytes` are not so.
std::vector<Label> UnpackLabels(Run& run, absl::string_view bytes);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_SQLITE_ROWS_H_
