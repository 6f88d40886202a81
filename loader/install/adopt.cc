#include "loader/install/adopt.h"

#include <algorithm>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/file_system.h"
#include "base/status_macros.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

absl::Status KeepOne(const Place& place, const Component& component, KeptSets& kept) {
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::Directory> directory,
                       OpenTargetDirectory(place, component.target.directory));
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> file,
                       directory->OpenRead(component.target.file_name));
  return kept.Copy(*file, component.content);
}

}  // namespace

KeptSet SetOf(const trust::Installed& release, const std::vector<Component>& components) {
  KeptSet set = {.release = release};
  for (const Component& component : components) {
    set.files.push_back({.name = component.target.name, .facts = component.facts()});
  }
  std::sort(set.files.begin(), set.files.end(),
            [](const KeptFile& a, const KeptFile& b) { return a.name < b.name; });
  return set;
}

absl::Status KeepComponents(const Place& place, const std::vector<Component>& components,
                            KeptSets& kept) {
  for (const Component& component : components) {
    const absl::Status done = KeepOne(place, component, kept);
    if (!done.ok()) {
      return trust::WithContext(absl::StrCat("component '", component.target.name, "'"), done);
    }
  }
  return kept.Sync();
}

absl::Status AdoptFiles(const Place& place, absl::string_view product,
                        const trust::Installed& release, const std::vector<Component>& components) {
  MIG_ASSIGN_OR_RETURN(KeptSets kept, KeptSets::Open(place, product));
  MIG_RETURN_IF_ERROR(KeepComponents(place, components, kept));
  MIG_RETURN_IF_ERROR(kept.SetCurrent(SetOf(release, components)));
  return kept.Collect({});
}

}  // namespace mig::loader
