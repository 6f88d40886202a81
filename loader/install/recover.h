// What every run does first, and `mig-loader recover` does at boot and at each start of the agent:
// finish or undo what a journal left. No network.

#ifndef MIG_LOADER_INSTALL_RECOVER_H_
#define MIG_LOADER_INSTALL_RECOVER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "loader/install/journal.h"
#include "loader/install/place.h"
#include "loader/install/transaction.h"
#include "proto/mig/v1/refusal.pb.h"
#include "trust/host_id.h"

namespace mig::loader {

// Something the host should report.
struct Notice {
  v1::Refusal::Code code = v1::Refusal::REFUSAL_UNSPECIFIED;
  std::string text;
};

struct Recovery {
  // Absent: there is no journal (any more). Else, by its phase, if `missing` is empty:
  //   ACTIVATING    the set is the new one: activate and watch it, then go on
  //   REACTIVATING  the set is the old one: activate it, then FinishGoingBack
  //   DONE          write `installed` and the outcome, Close
  //   REVERTED      write the bad mark and the outcome, Close
  std::optional<Transaction> transaction;
  // Not empty: the set is mixed, and can be made whole neither forward nor back with what is on
  // this host: fetch these and Transaction::Supply them. Forward if the phase is COMMITTED or
  // ACTIVATING, else back.
  std::vector<MissingContent> missing;
  std::vector<Notice> notices;  // JOURNAL_FOREIGN, JOURNAL_DAMAGED, INTERRUPTED
};

// Brings the files to the old or the new set, each digest verified; forward if every new content
// is there, else back. A journal of another host or of an older state, and a damaged one, are set
// aside, and nothing is renamed for them. Does the same again when it is called again.
// `host_id`: of the trusted state; absent: not known (state lost), then the journal's is believed.
//
// Errors: UNSUPPORTED         the journal is of a newer loader; nothing is changed
//         FailedPrecondition  a target's directory or the state directory is missing or unsafe
//         DataLoss, ResourceExhausted, ...  the disk; call again
absl::StatusOr<Recovery> Recover(const Place& place, const std::optional<trust::HostId>& host_id);

// The phase of the journal, without the lock and without changing anything; absent: none, or one
// that cannot be read. For `recover` while another loader has the lock.
absl::StatusOr<std::optional<Phase>> PeekPhase(const Place& place);

}  // namespace mig::loader

#endif  // MIG_LOADER_INSTALL_RECOVER_H_
