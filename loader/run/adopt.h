// Recording as installed what is there already: no rename, no restart.

#ifndef MIG_LOADER_RUN_ADOPT_H_
#define MIG_LOADER_RUN_ADOPT_H_

#include "absl/status/statusor.h"
#include "loader/install/compare.h"
#include "loader/run/conclude.h"
#include "loader/run/session.h"
#include "trust/assignment.h"

namespace mig::loader {

// `files` of the assigned release lie there, all of them. Copies them as the kept set, asks the
// probe once, and writes outcome and `installed`. Done again after a kill it is counted once: its
// attempt is a digest of host, plan and release.
//
// Errors: DataLoss  a file changed since the scan; those of the disk. Nothing was recorded.
absl::StatusOr<Concluded> AdoptRelease(Session& session, const Product& product,
                                       const trust::AssignmentItem& item,
                                       const ReleaseFiles& files);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_ADOPT_H_
