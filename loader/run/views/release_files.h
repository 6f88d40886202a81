// A manifest's names as files of this host, by its own dictionary: no document names a path, a mode
// or an owner (R9). Pure.

#ifndef MIG_LOADER_RUN_VIEWS_RELEASE_FILES_H_
#define MIG_LOADER_RUN_VIEWS_RELEASE_FILES_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "loader/config/dictionary.h"
#include "loader/install/compare.h"
#include "trust/manifest.h"

namespace mig::loader {

// What variant `variant` of `manifest` is here.
//
// Errors: UNKNOWN_COMPONENT  the dictionary has not this product, or not this component
//         VARIANT            the manifest has no such variant
//         BOUND              more members of a family than its max_count
absl::StatusOr<ReleaseFiles> ResolveRelease(const Dictionary& dictionary,
                                            const trust::Manifest& manifest, uint32_t variant);

// NOT_RETIRED, naming it, where a component of what is installed is missing in `wanted` without
// being retired there.
absl::Status CheckRetired(const std::vector<Component>& installed, const ReleaseFiles& wanted,
                          const trust::Manifest& manifest);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_VIEWS_RELEASE_FILES_H_
