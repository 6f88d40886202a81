#include "trust/manifest.h"

#include <algorithm>
#include <utility>

#include "base/sizes.h"
#include "proto/mig/v1/manifest.pb.h"
#include "trust/fields.h"
#include "trust/names.h"
#include "trust/strict_message.h"

namespace mig::trust {

namespace {

absl::StatusOr<Form> ReadForm(const v1::Form& message, absl::string_view parent, size_t index) {
  Form form;
  form.encoding = static_cast<Encoding>(message.encoding());
  const FieldName base_name = {parent, index, "base_sha256"};
  if (form.encoding == Encoding::kZstdPatch) {
    MIG_ASSIGN_OR_RETURN(form.base, DigestField(base_name, message.base_sha256()));
  } else if (!message.base_sha256().empty()) {
    return MalformedField(base_name, "is for ZSTD_PATCH only");
  }
  form.size_bytes = message.size_bytes();
  MIG_RETURN_IF_ERROR(
      CheckRange({parent, index, "size_bytes"}, form.size_bytes, 1, base::kMaxComponentBytes));
  MIG_ASSIGN_OR_RETURN(form.digest, DigestField({parent, index, "sha256"}, message.sha256()));
  form.window_bytes = message.window_bytes();
  MIG_RETURN_IF_ERROR(CheckRange({parent, index, "window_bytes"}, form.window_bytes,
                                 base::kMinFormWindowBytes, base::kMaxComponentBytes));
  return form;
}

absl::StatusOr<Component> ReadComponent(const v1::Component& message, absl::string_view parent,
                                        size_t index) {
  Component component;
  if (!IsComponentName(message.name())) {
    return MalformedField({parent, index, "name"},
                          "must be one or two segments [a-z0-9_-][a-z0-9._-]{0,63} joined by /");
  }
  component.name = message.name();
  component.size_bytes = message.size_bytes();
  MIG_RETURN_IF_ERROR(
      CheckRange({parent, index, "size_bytes"}, component.size_bytes, 0, base::kMaxComponentBytes));
  MIG_ASSIGN_OR_RETURN(component.digest, DigestField({parent, index, "sha256"}, message.sha256()));
  component.confidential = message.confidential();
  const FieldName forms_name = {parent, index, "forms"};
  MIG_RETURN_IF_ERROR(CheckCount(forms_name, message.forms_size(), 0, base::kMaxFormsPerComponent));
  const std::string forms_parent = ToText(forms_name);
  for (const v1::Form& form : message.forms()) {
    MIG_ASSIGN_OR_RETURN(Form read, ReadForm(form, forms_parent, component.forms.size()));
    component.forms.push_back(std::move(read));
  }
  MIG_RETURN_IF_ERROR(CheckSorted(forms_name, component.forms, [](const Form& form) {
    return std::pair(form.encoding, form.base.value_or(base::Digest()));
  }));
  return component;
}

absl::StatusOr<Variant> ReadVariant(const v1::Variant& message, size_t index) {
  Variant variant;
  MIG_RETURN_IF_ERROR(
      CheckRange({"variants", index, "filter"}, message.filter().size(), 0, base::kMaxFilterBytes));
  variant.filter = message.filter();
  const FieldName name = {"variants", index, "components"};
  MIG_RETURN_IF_ERROR(
      CheckCount(name, message.components_size(), 1, base::kMaxComponentsPerVariant));
  const std::string parent = ToText(name);
  for (const v1::Component& component : message.components()) {
    MIG_ASSIGN_OR_RETURN(Component read,
                         ReadComponent(component, parent, variant.components.size()));
    variant.components.push_back(std::move(read));
  }
  MIG_RETURN_IF_ERROR(CheckSorted(name, variant.components,
                                  [](const Component& c) { return absl::string_view(c.name); }));
  return variant;
}

absl::StatusOr<std::vector<std::string>> ReadRetired(const v1::Manifest& message,
                                                     const std::vector<Variant>& variants) {
  const FieldName name = {"", 0, "retired"};
  MIG_RETURN_IF_ERROR(CheckCount(name, message.retired_size(), 0, base::kMaxRetired));
  std::vector<std::string> retired;
  for (const std::string& entry : message.retired()) {
    if (!IsComponentName(entry)) return MalformedField(name, "has an entry that is no name");
    for (const Variant& variant : variants) {
      if (variant.component(entry) == nullptr) continue;
      return MalformedField(name, absl::StrCat("has '", entry, "', which a variant has too"));
    }
    retired.push_back(entry);
  }
  MIG_RETURN_IF_ERROR(
      CheckSorted(name, retired, [](const std::string& s) { return absl::string_view(s); }));
  return retired;
}

absl::StatusOr<std::vector<Requirement>> ReadRequirements(const v1::Manifest& message) {
  const FieldName name = {"", 0, "requirements"};
  MIG_RETURN_IF_ERROR(CheckCount(name, message.requirements_size(), 0, base::kMaxRequires));
  std::vector<Requirement> requirements;
  for (const v1::Requirement& entry : message.requirements()) {
    if (!IsProductName(entry.product())) {
      return MalformedField({"requirements", requirements.size(), "product"},
                            "must be [a-z][a-z0-9-]{0,31}");
    }
    requirements.push_back(
        {.product = entry.product(), .least = {entry.epoch(), entry.sequence()}});
  }
  MIG_RETURN_IF_ERROR(CheckSorted(
      name, requirements, [](const Requirement& r) { return absl::string_view(r.product); }));
  return requirements;
}

}  // namespace

const Component* Variant::component(absl::string_view name) const {
  const auto found = std::lower_bound(
      components.begin(), components.end(), name,
      [](const Component& c, absl::string_view wanted) { return c.name < wanted; });
  return found != components.end() && found->name == name ? &*found : nullptr;
}

absl::StatusOr<Manifest> Manifest::Parse(absl::string_view payload) {
  MIG_RETURN_IF_ERROR(CheckRange({"", 0, "payload"}, payload.size(), 0, base::kMaxManifestBytes));
  v1::Manifest message;
  MIG_RETURN_IF_ERROR(ParseStrictly(payload, message));
  Manifest manifest;
  MIG_ASSIGN_OR_RETURN(manifest.head_, HeadOf(message));
  if (!IsProductName(message.product())) {
    return MalformedField({"", 0, "product"}, "must be [a-z][a-z0-9-]{0,31}");
  }
  manifest.product_ = message.product();
  MIG_RETURN_IF_ERROR(
      CheckRange({"", 0, "version"}, message.version().size(), 1, base::kMaxVersionTextBytes));
  manifest.version_ = message.version();
  manifest.numbers_ = {message.epoch(), message.sequence()};
  MIG_RETURN_IF_ERROR(
      CheckCount({"", 0, "variants"}, message.variants_size(), 1, base::kMaxVariants));
  for (const v1::Variant& variant : message.variants()) {
    MIG_ASSIGN_OR_RETURN(Variant read, ReadVariant(variant, manifest.variants_.size()));
    manifest.variants_.push_back(std::move(read));
  }
  MIG_ASSIGN_OR_RETURN(manifest.retired_, ReadRetired(message, manifest.variants_));
  MIG_ASSIGN_OR_RETURN(manifest.requirements_, ReadRequirements(message));
  return manifest;
}

}  // namespace mig::trust
