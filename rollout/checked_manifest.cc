#include "rollout/checked_manifest.h"

#include "absl/strings/str_cat.h"
#include "rollout/field.h"
#include "trust/refusal.h"

namespace mig::rollout {

absl::StatusOr<CheckedManifest> CheckedManifest::Make(trust::Verified<trust::Manifest> manifest) {
  CheckedManifest checked(std::move(manifest));
  const trust::Manifest& document = checked.manifest();
  for (size_t v = 0; v < document.variants().size(); ++v) {
    absl::StatusOr<Filter> filter =
        Filter::ParseSigned(document.variants()[v].filter, FieldSet::kVariant);
    if (!filter.ok()) {
      return trust::WithContext(absl::StrCat("manifest of ", document.product(), " ",
                                             document.version(), ", variant ", v),
                                filter.status());
    }
    checked.filters_.push_back(*std::move(filter));
  }
  return checked;
}

std::optional<uint32_t> CheckedManifest::FirstMatchingVariant(const Facts& facts) const {
  for (size_t v = 0; v < filters_.size(); ++v) {
    if (filters_[v].Evaluate(facts) == Truth::kTrue) return static_cast<uint32_t>(v);
  }
  return std::nullopt;
}

}  // namespace mig::rollout
