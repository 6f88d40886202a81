// Privacy: `report_fields` of the loader's configuration says which facts leave the host.

#ifndef MIG_ROLLOUT_REPORT_FIELDS_H_
#define MIG_ROLLOUT_REPORT_FIELDS_H_

#include <set>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "proto/mig/v1/environment.pb.h"
#include "rollout/field.h"

namespace mig::rollout {

// Which fields of the environment are reported. A value.
class ReportFields {
 public:
  // No list in the configuration: everything.
  static ReportFields All();

  // Names as in filters: hostname os distribution distribution_version kernel arch init model
  // address operator proxied time_zone, tags.NAME, or tags.* for all tags. An empty list reports
  // none of them. id, machine, loader.version, release.PRODUCT and utc_offset_min go with every
  // check-in and cannot be listed. InvalidArgument names the entry.
  static absl::StatusOr<ReportFields> Parse(std::span<const std::string> names);

  // `environment` without the fields that are not listed. What comes out is sent, and is also what
  // the host evaluates its own filters on.
  v1::Environment Prune(const v1::Environment& environment) const;

 private:
  ReportFields() = default;
  bool Keeps(FieldKind kind) const;

  bool everything_ = false;
  bool all_tags_ = false;
  std::set<Field> fields_;
};

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_REPORT_FIELDS_H_
