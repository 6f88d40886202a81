// The kept set of files that are in place: of a new release during its probation, and of what was
// there already when a host *adopts* it (CONTRACT: "On the host").

#ifndef MIG_LOADER_INSTALL_ADOPT_H_
#define MIG_LOADER_INSTALL_ADOPT_H_

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "loader/install/compare.h"
#include "loader/install/kept_sets.h"
#include "loader/install/place.h"
#include "trust/trusted_state.h"

namespace mig::loader {

// `components` of `release`, as a set.
KeptSet SetOf(const trust::Installed& release, const std::vector<Component>& components);

// Copies each component from its target; then all copies are durable. One that an operator changed,
// where the dictionary says to keep that, is left out: nobody goes back to it. DataLoss, naming the
// component: another target does not have those contents.
absl::Status KeepComponents(const Place& place, const std::vector<Component>& components,
                            KeptSets& kept);

// All files of a release are in place, and no journal is there. Renames and writes nothing but the
// kept set. Move-only.
class Adoption {
 public:
  // Copies them; what is the current set stays that. Errors as KeepComponents.
  static absl::StatusOr<Adoption> Begin(const Place& place, absl::string_view product,
                                        std::vector<Component> components);

  // They are the current set now, of `release`, durably; the set of another release becomes the
  // previous one, and what is older goes.
  absl::Status Commit(const trust::Installed& release) &&;

 private:
  Adoption(KeptSets kept, std::vector<Component> components)
      : kept_(std::move(kept)), components_(std::move(components)) {}

  KeptSets kept_;
  std::vector<Component> components_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_INSTALL_ADOPT_H_
