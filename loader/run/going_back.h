// Whether what a release replaced may be put back: going back never goes below the signed floor
// (R5).

#ifndef MIG_LOADER_RUN_GOING_BACK_H_
#define MIG_LOADER_RUN_GOING_BACK_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "loader/install/recover.h"
#include "loader/run/session.h"
#include "trust/trusted_state.h"

namespace mig::loader {

// kBelowFloor iff `from` is a release whose manifest is held and is below the root's floor for
// `product`. A foreign agent, and a release whose manifest is gone, have no number to compare.
GoingBack GoingBackTo(Session& session, absl::string_view product,
                      const std::optional<trust::Installed>& from);

// The same for whatever journal lies in the state directory.
GoingBack GoingBackOfJournal(Session& session);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_GOING_BACK_H_
