// What happened, as it is reported: into the spool first, durably, and out of it when a coordinator
// has it durably too (DESIGN.md 2, promise 5).

#ifndef MIG_LOADER_RUN_SESSION_OUTCOMES_H_
#define MIG_LOADER_RUN_SESSION_OUTCOMES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/random.h"
#include "loader/install/journal.h"
#include "loader/install/recover.h"
#include "loader/run/session/effort.h"
#include "loader/run/session/status_record.h"
#include "loader/state/report_spool.h"
#include "loader/transport/coordinator_client.h"
#include "proto/mig/v1/report.pb.h"
#include "trust/assignment.h"

namespace mig::loader {

// Of a transaction that has ended: its phase is DONE or REVERTED. `unwell`: with DONE, why the new
// agent is not well though nothing could be put back (CANNOT_GO_BACK); nullptr: it is well.
v1::Outcome OutcomeOf(const Journal& journal, const v1::Refusal* unwell, absl::Time ended);

// Of something that was not begun, or was given up before the commit point.
struct RefusedItem {
  std::string product;                          // empty: not about one
  const trust::AssignmentItem* item = nullptr;  // absent: no assignment got so far
  v1::Outcome::Stage stage = v1::Outcome::CHECK_IN;
  absl::Time started;
  const Effort* effort = nullptr;  // absent: nothing was begun
};
// The component is the one of `why` (install/component_error.h), if it is about one.
v1::Outcome OutcomeOf(const RefusedItem& refused, const absl::Status& why, base::Random& random,
                      absl::Time ended);

// Of something the host noticed.
v1::Outcome OutcomeOf(const Notice& notice, absl::string_view product, base::Random& random,
                      absl::Time now);

// Sends what waits, batch after batch, until there is none, a call fails, or `most_batches` are
// sent; what is acknowledged waits no more. Whatever happens changes nothing but spool and status.
//
// Before that, where the coordinator's head is of another `generation` than the one under which
// reports were sent last, what it acknowledged then waits again: its store was restored (R13), and
// what it still has it counts once.
//
// Returns what is to be told of those that it will never take, one notice each (none of a notice).
std::vector<Notice> DeliverReports(CoordinatorClient& client, uint64_t generation,
                                   ReportSpool& spool, StatusRecord& status, int most_batches);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_SESSION_OUTCOMES_H_
