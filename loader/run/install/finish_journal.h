// Step 1 of a run, without the network: what an earlier run left is finished or undone.

#ifndef MIG_LOADER_RUN_INSTALL_FINISH_JOURNAL_H_
#define MIG_LOADER_RUN_INSTALL_FINISH_JOURNAL_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "loader/install/moves.h"
#include "loader/install/transaction.h"
#include "loader/run/install/conclude.h"
#include "loader/run/session/session.h"
#include "loader/transport/coordinator_client.h"

namespace mig::loader {

// What completes one of the two sets.
struct WayOut {
  Side side = Side::kAfter;
  std::vector<MissingContent> missing;
};

// A transaction whose files can be made whole neither forward nor back with what is on this host.
// Until they are, its agent is not started and nothing else is installed.
struct Unfinished {
  Transaction transaction;
  std::vector<WayOut> ways;  // one or two; the one that the journal's phase goes first
};

struct FinishedJournal {
  std::string product;                   // empty: there was no journal
  std::optional<Concluded> concluded;    // how it ended
  std::optional<Unfinished> unfinished;  // or what it waits for
};

// Whose agent may be activated on the way.
enum class Activate {
  kAll,         // in a run
  kOnlyOurOwn,  // in `recover`: one with a service of its own may be what is calling
};

// Errors: as Recover and Conclude.
absl::StatusOr<FinishedJournal> FinishJournal(Session& session, Activate activate);

// KEPT_SET_DAMAGED, naming what is missing: what a run says of it.
absl::Status WhyUnfinished(const Unfinished& unfinished);

// Fetches what completes one set by `ticket`, and finishes: forward or back, as the journal would,
// else the other way. That way counts where nobody may have the new release any more (it was
// halted): what is installed by the trusted state is still the old one, and a host may always have
// that again (R6). A release that the root withdrew, or that is below its floor, is not fetched.
//
// Errors: KEPT_SET_DAMAGED, with why it could not be had; those of Conclude. The journal stays.
absl::StatusOr<Concluded> FinishByFetching(Session& session, CoordinatorClient& client,
                                           const std::string& ticket, Unfinished unfinished);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_INSTALL_FINISH_JOURNAL_H_
