// What is installed, as this host's files: by the recorded manifest and variant.

#ifndef MIG_LOADER_RUN_VIEWS_INSTALLED_H_
#define MIG_LOADER_RUN_VIEWS_INSTALLED_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "loader/config/dictionary.h"
#include "loader/install/compare.h"
#include "loader/run/documents/held_documents.h"
#include "loader/scan/local_manifest.h"
#include "trust/trusted_state.h"

namespace mig::loader {

// Nothing: no manifest's release is installed, its manifest is not held, or the dictionary does not
// have its components any more.
std::optional<ReleaseFiles> InstalledFiles(const Dictionary& dictionary, const HeldDocuments& held,
                                           const trust::TrustedState& state,
                                           absl::string_view product);

// What is not as the installed release says. Nothing retired is looked for: who put that back has
// his reasons. Errors as Compare.
absl::StatusOr<Comparison> CompareInstalled(const ReleaseFiles& installed,
                                            const LocalManifest& local);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_VIEWS_INSTALLED_H_
