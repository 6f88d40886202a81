#include "loader/install/adopt.h"

#include <algorithm>
#include <memory>

#include "base/file_system.h"
#include "base/status_macros.h"
#include "loader/install/component_error.h"

namespace mig::loader {

namespace {

absl::Status KeepOne(const Place& place, const Component& component, KeptSets& kept) {
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::Directory> directory,
                       OpenTargetDirectory(place, component.target.directory));
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> file,
                       directory->OpenRead(component.target.file_name));
  const absl::Status copied = kept.Copy(*file, component.content);
  const bool is_operators =
      absl::IsDataLoss(copied) && component.target.local_change == LocalChange::kKeep;
  return is_operators ? absl::OkStatus() : copied;
}

}  // namespace

KeptSet SetOf(const trust::Installed& release, const std::vector<Component>& components) {
  KeptSet set = {.release = release};
  for (const Component& component : components) {
    set.files.push_back(
        {.name = component.target.name, .facts = WithoutAttributes(component.facts())});
  }
  std::sort(set.files.begin(), set.files.end(),
            [](const KeptFile& a, const KeptFile& b) { return a.name < b.name; });
  return set;
}

absl::Status KeepComponents(const Place& place, const std::vector<Component>& components,
                            KeptSets& kept) {
  for (const Component& component : components) {
    MIG_RETURN_IF_ERROR(AtComponent(component.target.name, KeepOne(place, component, kept)));
  }
  return kept.Sync();
}

absl::StatusOr<Adoption> Adoption::Begin(const Place& place, absl::string_view product,
                                         std::vector<Component> components) {
  MIG_ASSIGN_OR_RETURN(KeptSets kept, KeptSets::Open(place, product));
  MIG_RETURN_IF_ERROR(KeepComponents(place, components, kept));
  return Adoption(std::move(kept), std::move(components));
}

absl::Status Adoption::Commit(const trust::Installed& release) && {
  MIG_RETURN_IF_ERROR(kept_.SetCurrent(SetOf(release, components_)));
  return kept_.Collect({});
}

}  // namespace mig::loader
