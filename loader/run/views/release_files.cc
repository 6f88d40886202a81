#include "loader/run/views/release_files.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "loader/install/component_error.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

std::string NameOf(const trust::Manifest& manifest) {
  return absl::StrCat(manifest.product(), " ", base::Escaped(manifest.version(), 64));
}

absl::Status CheckFamilies(const Dictionary& dictionary, const std::string& product,
                           const trust::Variant& variant) {
  std::vector<std::string> names;
  for (const trust::Component& component : variant.components) names.push_back(component.name);
  const absl::Status counted = dictionary.CheckCounts(product, names);
  return counted.ok() ? counted : trust::Refuse(v1::Refusal::BOUND, counted.message());
}

}  // namespace

absl::StatusOr<ReleaseFiles> ResolveRelease(const Dictionary& dictionary,
                                            const trust::Manifest& manifest, uint32_t variant) {
  const Product* product = dictionary.Find(manifest.product());
  if (product == nullptr) {
    return trust::Refuse(v1::Refusal::UNKNOWN_COMPONENT,
                         absl::StrCat(dictionary.path(), " has no product '", manifest.product(),
                                      "'; add it there, or take this host out of its plans"));
  }
  if (variant >= manifest.variants().size()) {
    return trust::Refuse(v1::Refusal::VARIANT,
                         absl::StrCat(NameOf(manifest), " has no variant ", variant));
  }
  const trust::Variant& chosen = manifest.variants()[variant];
  ReleaseFiles files;
  for (const trust::Component& component : chosen.components) {
    absl::StatusOr<Target> target = dictionary.Resolve(product->name, component.name);
    if (!target.ok()) {
      return AboutComponent(
          component.name,
          trust::Refuse(v1::Refusal::UNKNOWN_COMPONENT,
                        absl::StrCat(NameOf(manifest), ": component '", component.name,
                                     "': ", target.status().message())));
    }
    files.components.push_back(
        {.target = *std::move(target),
         .content = {.digest = component.digest, .size_bytes = component.size_bytes}});
  }
  MIG_RETURN_IF_ERROR(CheckFamilies(dictionary, product->name, chosen));
  for (const std::string& name : manifest.retired()) {
    if (chosen.component(name) != nullptr) continue;
    absl::StatusOr<Target> target = dictionary.Resolve(product->name, name);
    if (target.ok()) files.retired.push_back(*std::move(target));
  }
  return files;
}

absl::Status CheckRetired(const std::vector<Component>& installed, const ReleaseFiles& wanted,
                          const trust::Manifest& manifest) {
  for (const Component& old : installed) {
    const std::string& name = old.target.name;
    const auto has = [&name](const Component& c) { return c.target.name == name; };
    if (std::any_of(wanted.components.begin(), wanted.components.end(), has)) continue;
    if (std::find(manifest.retired().begin(), manifest.retired().end(), name) !=
        manifest.retired().end()) {
      continue;
    }
    return AboutComponent(
        name,
        trust::Refuse(
            v1::Refusal::NOT_RETIRED,
            absl::StrCat(NameOf(manifest), " has no component '", name,
                         "', which is installed, and does not say that it is retired; publish it "
                         "again with --retired ",
                         name)));
  }
  return absl::OkStatus();
}

}  // namespace mig::loader
