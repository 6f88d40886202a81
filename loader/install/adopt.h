// The kept set of files that are in place: of a new release during its probation, and of what was
// there already when a host *adopts* it (CONTRACT: "On the host").

#ifndef MIG_LOADER_INSTALL_ADOPT_H_
#define MIG_LOADER_INSTALL_ADOPT_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "loader/install/compare.h"
#include "loader/install/kept_sets.h"
#include "loader/install/place.h"
#include "trust/trusted_state.h"

namespace mig::loader {

// `components` of `release`, as a set.
KeptSet SetOf(const trust::Installed& release, const std::vector<Component>& components);

// Copies each component from its target; then all copies are durable. DataLoss, naming the
// component: the target does not have those contents.
absl::Status KeepComponents(const Place& place, const std::vector<Component>& components,
                            KeptSets& kept);

// All of `release` is in place, and no journal is there: copies it, and makes that the current kept
// set. Writes nothing else, renames nothing. Errors as KeepComponents.
absl::Status AdoptFiles(const Place& place, absl::string_view product,
                        const trust::Installed& release, const std::vector<Component>& components);

}  // namespace mig::loader

#endif  // MIG_LOADER_INSTALL_ADOPT_H_
