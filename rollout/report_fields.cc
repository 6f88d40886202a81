#include "rollout/report_fields.h"

#include <algorithm>
#include <array>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"

namespace mig::rollout {
namespace {

// What a host may keep to itself. The others go with every check-in anyway, or are not the host's
// word.
constexpr std::array kReportable = {
    FieldKind::kHostname, FieldKind::kOs,      FieldKind::kDistribution,
    FieldKind::kKernel,   FieldKind::kArch,    FieldKind::kDistributionVersion,
    FieldKind::kInit,     FieldKind::kModel,   FieldKind::kAddress,
    FieldKind::kOperator, FieldKind::kProxied, FieldKind::kTimeZone,
    FieldKind::kTag,
};

absl::Status NotReportable(absl::string_view name) {
  return absl::InvalidArgumentError(absl::StrCat(
      "report_fields: '", base::Escaped(name, 80),
      "' cannot be listed; there are: hostname os distribution distribution_version kernel arch "
      "init model address operator proxied time_zone tags.NAME tags.*"));
}

}  // namespace

ReportFields ReportFields::All() {
  ReportFields fields;
  fields.everything_ = true;
  return fields;
}

absl::StatusOr<ReportFields> ReportFields::Parse(std::span<const std::string> names) {
  ReportFields fields;
  for (const std::string& name : names) {
    if (name == "tags.*") {
      fields.all_tags_ = true;
      continue;
    }
    absl::StatusOr<Field> field = Field::Parse(name, FieldSet::kPlan);
    if (!field.ok() ||
        std::find(kReportable.begin(), kReportable.end(), field->kind) == kReportable.end()) {
      return NotReportable(name);
    }
    fields.fields_.insert(*std::move(field));
  }
  return fields;
}

bool ReportFields::Keeps(FieldKind kind) const {
  return everything_ || fields_.contains(Field{.kind = kind, .name = ""});
}

v1::Environment ReportFields::Prune(const v1::Environment& environment) const {
  v1::Environment kept = environment;
  if (!Keeps(FieldKind::kHostname)) kept.clear_hostname();
  if (!Keeps(FieldKind::kOs)) kept.clear_os();
  if (!Keeps(FieldKind::kDistribution)) kept.clear_distribution();
  if (!Keeps(FieldKind::kDistributionVersion)) kept.clear_distribution_version();
  if (!Keeps(FieldKind::kKernel)) kept.clear_kernel();
  if (!Keeps(FieldKind::kArch)) kept.clear_arch();
  if (!Keeps(FieldKind::kInit)) kept.clear_init();
  if (!Keeps(FieldKind::kModel)) kept.clear_model();
  if (!Keeps(FieldKind::kAddress)) kept.clear_addresses();
  if (!Keeps(FieldKind::kOperator)) kept.clear_operator_();
  if (!Keeps(FieldKind::kProxied)) kept.clear_proxied();
  if (!Keeps(FieldKind::kTimeZone)) kept.clear_time_zone();

  kept.clear_tags();
  for (const v1::Tag& tag : environment.tags()) {
    const Field field{.kind = FieldKind::kTag, .name = tag.name()};
    if (everything_ || all_tags_ || fields_.contains(field)) *kept.add_tags() = tag;
  }
  return kept;
}

}  // namespace mig::rollout
