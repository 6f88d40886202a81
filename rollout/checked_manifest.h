// A verified manifest whose variants' filters are parsed.

#ifndef MIG_ROLLOUT_CHECKED_MANIFEST_H_
#define MIG_ROLLOUT_CHECKED_MANIFEST_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/digest.h"
#include "rollout/facts.h"
#include "rollout/filter.h"
#include "trust/manifest.h"
#include "trust/verified.h"

namespace mig::rollout {

// Immutable; moving is cheap; any thread may read.
class CheckedManifest {
 public:
  // Errors (trust::RefusalOf): FILTER  a variant's filter is not canonical, or reads a field that
  // variants may not; names the variant. BOUND  a filter over a bound.
  static absl::StatusOr<CheckedManifest> Make(trust::Verified<trust::Manifest> manifest);

  const trust::Verified<trust::Manifest>& verified() const { return verified_; }
  const trust::Manifest& manifest() const { return *verified_; }
  const base::Digest& digest() const { return verified_.digest(); }

  const Filter& variant_filter(size_t variant) const { return filters_[variant]; }
  // The host's variant: the first whose filter is TRUE. Nothing: NO_VARIANT.
  std::optional<uint32_t> FirstMatchingVariant(const Facts& facts) const;

 private:
  explicit CheckedManifest(trust::Verified<trust::Manifest> manifest)
      : verified_(std::move(manifest)) {}

  trust::Verified<trust::Manifest> verified_;
  std::vector<Filter> filters_;
};

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_CHECKED_MANIFEST_H_
