// Whether what a release replaced may be put back: going back never goes below the signed floor
// (R5).

#ifndef MIG_LOADER_RUN_INSTALL_GOING_BACK_H_
#define MIG_LOADER_RUN_INSTALL_GOING_BACK_H_

#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "loader/install/compare.h"
#include "loader/install/recover.h"
#include "loader/run/session/session.h"
#include "trust/trusted_state.h"

namespace mig::loader {

// kBelowFloor iff `from` is a release whose manifest is held and is below the root's floor for
// `product`. A foreign agent, and a release whose manifest is gone, have no number to compare.
GoingBack GoingBackTo(Session& session, absl::string_view product,
                      const std::optional<trust::Installed>& from);

// What Recover is told of the way back.
struct WayBack {
  GoingBack going_back = GoingBack::kAllowed;
  // Of the old release, by its manifest and this host's dictionary; empty: not known (a foreign
  // agent, a manifest that is gone).
  std::vector<Component> release;
};
WayBack WayBackTo(Session& session, absl::string_view product,
                  const std::optional<trust::Installed>& from);
// The same for whatever journal lies in the state directory.
WayBack WayBackOfJournal(Session& session);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_INSTALL_GOING_BACK_H_
