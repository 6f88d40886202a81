// What every run does first, and `mig-loader recover` does at boot and at each start of the agent:
// finish or undo what a journal left. No network.

#ifndef MIG_LOADER_INSTALL_RECOVER_H_
#define MIG_LOADER_INSTALL_RECOVER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "loader/install/compare.h"
#include "loader/install/journal.h"
#include "loader/install/moves.h"
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
  // Not empty: the set is mixed (or old, where it must go forward), and cannot be made whole with
  // what is on this host: fetch these and Transaction::Supply them. They complete `missing_side`,
  // which is the new set if the phase is COMMITTED or ACTIVATING or going back is not permitted,
  // else the old one.
  std::vector<MissingContent> missing;
  Side missing_side = Side::kAfter;
  // Enough in place of `missing`: what completes the other set. The release that one side is of may
  // be for nobody any more (a rollout that was halted); who has this one's goes the other way.
  // Empty: that way is closed.
  std::vector<MissingContent> missing_other;
  std::vector<Notice> notices;  // JOURNAL_FOREIGN, JOURNAL_DAMAGED, INTERRUPTED
};

// Whether the old set of a journal may be put back. The caller's to judge, by its trusted state:
// going back never goes below the floor of the product.
enum class GoingBack {
  kAllowed,
  kBelowFloor,  // the old release is below the floor: only forward
};

// Brings the files to the old or the new set, each digest verified, by the journal's phase:
//   COMMITTED, ACTIVATING     forward if every new content is there, else back
//   REVERTING, REACTIVATING   back if every old content is there, else forward
// With kBelowFloor always forward, also out of REVERTING and REACTIVATING (then ACTIVATING); where
// a new content is nowhere on this host nothing is renamed, and `missing` has it.
// DONE and REVERTED are ends: their files are not looked at, whatever `going_back` is.
//
// A journal of another host, a damaged one, and one of an older state are set aside, and nothing is
// renamed for them. Of an older state (it was restored) is one in COMMITTED of which no target is
// new and one is neither old nor new: before the renames the loader has changed nothing. In later
// phases that proves nothing, since the agent ran in between and may change its own files: they
// are put right. Does the same again when it is called again.
// `host_id`: of the trusted state; absent: not known (state lost), then the journal's is believed.
// `old_release`: what the manifest of the journal's old release says, as far as that is known. An
// old file that was damaged before the install has no kept copy, and what the journal has of it is
// the damage: the way back from a mix then leads to what the manifest says.
//
// Errors: UNSUPPORTED         the journal is of a newer loader; nothing is changed
//         FailedPrecondition  a target's directory or the state directory is missing or unsafe
//         DataLoss, ResourceExhausted, ...  the disk; call again
absl::StatusOr<Recovery> Recover(const Place& place, const std::optional<trust::HostId>& host_id,
                                 GoingBack going_back = GoingBack::kAllowed,
                                 const std::vector<Component>& old_release = {});

// The phase of the journal, without the lock and without changing anything; absent: none, or one
// that cannot be read. For `recover` while another loader has the lock.
absl::StatusOr<std::optional<Phase>> PeekPhase(const Place& place);

}  // namespace mig::loader

#endif  // MIG_LOADER_INSTALL_RECOVER_H_
