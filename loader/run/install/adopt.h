// Recording as installed what is there already: no rename, no restart.

#ifndef MIG_LOADER_RUN_INSTALL_ADOPT_H_
#define MIG_LOADER_RUN_INSTALL_ADOPT_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "loader/run/install/conclude.h"
#include "loader/run/session/session.h"
#include "trust/assignment.h"

namespace mig::loader {

// All files of `item` lie there, are the current kept set, and were judged again after that was
// copied: asks the probe once, and writes outcome and `installed`; what was installed before is the
// *previous* release now. Done again after a kill it is counted once: its attempt is a digest of
// host, plan and release.
//
// Errors: of the disk; what is installed is then as before.
absl::StatusOr<Concluded> RecordAdopted(Session& session, const Product& product,
                                        const trust::AssignmentItem& item, absl::Time started,
                                        Effort& effort);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_INSTALL_ADOPT_H_
