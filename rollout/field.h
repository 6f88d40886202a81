// The fields that filters read (docs/protocol.md, "Filters"): their names, their types, and which
// of them each kind of filter may read.

#ifndef MIG_ROLLOUT_FIELD_H_
#define MIG_ROLLOUT_FIELD_H_

#include <compare>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mig::rollout {

// In the order of docs/protocol.md. The four from kLabel on are the coordinator's word, the others
// the host's.
enum class FieldKind {
  kId,
  kHostname,
  kOs,
  kDistribution,
  kDistributionVersion,
  kKernel,
  kArch,
  kInit,
  kModel,
  kAddress,
  kOperator,
  kProxied,
  kTimeZone,
  kMachine,
  kTag,            // tags.NAME
  kLoaderVersion,  // loader.version
  kRelease,        // release.PRODUCT
  kLabel,          // labels.NAME
  kState,
  kLastSeen,
  kSeenAddress,
};

// How the values of a field compare.
enum class FieldType {
  kText,       // = != and :"*" (is present)
  kVersion,    // = != < <= > >= by CompareVersions, and :"*"
  kAddresses,  // only :"10.0.0.0/8", any of them inside
  kAge,        // < <= > >= with a duration: how long ago
};

// Which fields, and which grammar, a filter may use.
enum class FieldSet {
  // Plans and their waves: everything that the host says of itself.
  kPlan,
  // A manifest's variants: os distribution distribution_version kernel arch init model tags.NAME.
  kVariant,
  // --where, and what an operator pins: also the coordinator's own fields, bare integers and
  // durations. Never signed.
  kWhere,
};

// One field, a value: `kernel`, `tags.site`.
struct Field {
  FieldKind kind = FieldKind::kId;
  std::string name = {};  // of kTag, kRelease, kLabel; else empty

  // As it is written in a filter. InvalidArgument for a name that is none, or not one of `set`;
  // the message lists those of the set.
  static absl::StatusOr<Field> Parse(absl::string_view text, FieldSet set);

  FieldType type() const;
  std::string ToString() const;

  friend auto operator<=>(const Field&, const Field&) = default;
  friend bool operator==(const Field&, const Field&) = default;
};

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_FIELD_H_
