#include "loader/run/views/installed.h"

#include <utility>

#include "loader/run/views/release_files.h"

namespace mig::loader {

std::optional<ReleaseFiles> InstalledFiles(const Dictionary& dictionary, const HeldDocuments& held,
                                           const trust::TrustedState& state,
                                           absl::string_view product) {
  const trust::TrustedProduct* trusted = state.product(product);
  if (trusted == nullptr || !trusted->installed.has_value()) return std::nullopt;
  const rollout::CheckedManifest* manifest = held.manifest(trusted->installed->manifest);
  if (manifest == nullptr) return std::nullopt;
  absl::StatusOr<ReleaseFiles> files =
      ResolveRelease(dictionary, manifest->manifest(), trusted->installed->variant);
  if (!files.ok()) return std::nullopt;
  return *std::move(files);
}

absl::StatusOr<Comparison> CompareInstalled(const ReleaseFiles& installed,
                                            const LocalManifest& local) {
  return Compare({.components = installed.components, .retired = {}}, installed.components, local);
}

}  // namespace mig::loader
