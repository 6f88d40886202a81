#include "loader/install/compare.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "loader/install/component_error.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

using InstalledByName = std::map<std::string, base::FileDigest>;

absl::Status CheckReplaceable(const LocalFile& file) {
  if (file.state == LocalState::kPresent || file.state == LocalState::kMissing) {
    return absl::OkStatus();
  }
  const bool is_unsafe = file.state == LocalState::kNotAFile;
  return AtComponent(
      file.target.name,
      trust::Refuse(is_unsafe ? v1::Refusal::UNSAFE_PATH : v1::Refusal::FILE_ERROR, file.why));
}

bool IsAsWanted(const LocalFile& file, const FileFacts& wanted) {
  return file.state == LocalState::kPresent && file.digest == wanted.digest &&
         file.size_bytes == wanted.size_bytes && file.mode == wanted.mode &&
         file.uid == wanted.uid && file.gid == wanted.gid && file.attributes == wanted.attributes;
}

absl::Status CheckSize(const Component& component) {
  if (component.content.size_bytes <= component.target.max_bytes) return absl::OkStatus();
  return AboutComponent(
      component.target.name,
      trust::Refuse(
          v1::Refusal::BOUND,
          absl::StrCat("component '", component.target.name, "' has ", component.content.size_bytes,
                       " bytes, this host takes at most ", component.target.max_bytes,
                       "; raise its max_bytes in the loader's dictionary, or publish a smaller "
                       "file")));
}

// What the operator made of it stays: the contents only, for a release that did not change it.
bool IsKeptChange(const Component& component, const std::optional<base::FileDigest>& installed,
                  const LocalFile& file) {
  return component.target.local_change == LocalChange::kKeep &&
         file.state == LocalState::kPresent && installed.has_value() &&
         file.digest != installed->digest;
}

std::optional<base::FileDigest> Lookup(const InstalledByName& installed, const std::string& name) {
  const auto found = installed.find(name);
  if (found == installed.end()) return std::nullopt;
  return found->second;
}

class Comparer {
 public:
  Comparer(const std::vector<Component>& installed, const LocalManifest& local) : local_(local) {
    for (const Component& component : installed) {
      installed_[component.target.name] = component.content;
    }
  }

  absl::Status Add(const Component& component) {
    const Target& target = component.target;
    MIG_RETURN_IF_ERROR(CheckSize(component));
    const LocalFile file = Local(target);
    if (target.policy == TargetPolicy::kObserve) {
      if (!IsAsWanted(file, component.facts())) result_.observed.push_back(target.name);
      return absl::OkStatus();
    }
    MIG_RETURN_IF_ERROR(CheckReplaceable(file));
    const std::optional<base::FileDigest> installed = Lookup(installed_, target.name);
    if (IsKeptChange(component, installed, file)) {
      result_.kept_local.push_back(target.name);
      return absl::OkStatus();
    }
    if (IsAsWanted(file, component.facts())) return absl::OkStatus();
    result_.changes.push_back(
        {.target = target, .after = component.facts(), .installed = installed});
    return absl::OkStatus();
  }

  absl::Status Retire(const Target& target) {
    const LocalFile file = Local(target);
    if (file.state == LocalState::kMissing) return absl::OkStatus();
    if (target.policy == TargetPolicy::kObserve) {
      result_.observed.push_back(target.name);
      return absl::OkStatus();
    }
    MIG_RETURN_IF_ERROR(CheckReplaceable(file));
    result_.changes.push_back(
        {.target = target, .after = std::nullopt, .installed = Lookup(installed_, target.name)});
    return absl::OkStatus();
  }

  Comparison Take() {
    std::sort(
        result_.changes.begin(), result_.changes.end(),
        [](const FileChange& a, const FileChange& b) { return a.target.name < b.target.name; });
    std::sort(result_.kept_local.begin(), result_.kept_local.end());
    std::sort(result_.observed.begin(), result_.observed.end());
    return std::move(result_);
  }

 private:
  // A family's member that is not there is not in the local manifest either.
  LocalFile Local(const Target& target) const {
    const LocalFile* file = local_.Find(target.product, target.name);
    if (file != nullptr) return *file;
    LocalFile missing;
    missing.target = target;
    return missing;
  }

  const LocalManifest& local_;
  InstalledByName installed_;
  Comparison result_;
};

}  // namespace

absl::StatusOr<Comparison> Compare(const ReleaseFiles& wanted,
                                   const std::vector<Component>& installed,
                                   const LocalManifest& local) {
  Comparer comparer(installed, local);
  for (const Component& component : wanted.components) {
    MIG_RETURN_IF_ERROR(comparer.Add(component));
  }
  for (const Target& target : wanted.retired) MIG_RETURN_IF_ERROR(comparer.Retire(target));
  return comparer.Take();
}

}  // namespace mig::loader
