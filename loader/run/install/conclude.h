// Steps 4 to 6 of an install, in whichever run: files replaced, agent activated and watched, then
// kept or put back, trusted state and outcome written, journal closed.

#ifndef MIG_LOADER_RUN_INSTALL_CONCLUDE_H_
#define MIG_LOADER_RUN_INSTALL_CONCLUDE_H_

#include <string>

#include "absl/status/statusor.h"
#include "loader/install/transaction.h"
#include "loader/run/run_result.h"
#include "loader/run/session/effort.h"
#include "loader/run/session/session.h"

namespace mig::loader {

struct Concluded {
  ProductResult::Change change = ProductResult::Change::kNone;
  v1::Refusal refusal;  // NONE: the agent is well. Else why it is not, or was put back
};

// Goes on from the transaction's phase to its end, in this order: activation counted, agent
// activated, new kept set copied, probation, DONE or going back; trusted state; outcome in the
// spool; journal closed. Local facts only: no network, and no expiry, holds it up.
//
// `effort`: what the attempt took so far; it goes on, and is in the outcome.
//
// Errors: those of the disk; the journal stays, and the next run (or Recover) goes on from it.
absl::StatusOr<Concluded> Conclude(Session& session, Transaction transaction, Effort& effort);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_INSTALL_CONCLUDE_H_
