#include "rollout/field.h"

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/text.h"
#include "trust/names.h"

namespace mig::rollout {
namespace {

struct Spelling {
  FieldKind kind;
  absl::string_view text;  // for those with a name of their own, the prefix up to the dot
  FieldType type;
  bool named;
  bool in_variants;
  bool where_only;
};

constexpr Spelling kSpellings[] = {
    {FieldKind::kId, "id", FieldType::kText, false, false, false},
    {FieldKind::kHostname, "hostname", FieldType::kText, false, false, false},
    {FieldKind::kOs, "os", FieldType::kText, false, true, false},
    {FieldKind::kDistribution, "distribution", FieldType::kText, false, true, false},
    {FieldKind::kDistributionVersion, "distribution_version", FieldType::kVersion, false, true,
     false},
    {FieldKind::kKernel, "kernel", FieldType::kVersion, false, true, false},
    {FieldKind::kArch, "arch", FieldType::kText, false, true, false},
    {FieldKind::kInit, "init", FieldType::kText, false, true, false},
    {FieldKind::kModel, "model", FieldType::kText, false, true, false},
    {FieldKind::kAddress, "address", FieldType::kAddresses, false, false, false},
    {FieldKind::kOperator, "operator", FieldType::kText, false, false, false},
    {FieldKind::kProxied, "proxied", FieldType::kText, false, false, false},
    {FieldKind::kTimeZone, "time_zone", FieldType::kText, false, false, false},
    {FieldKind::kMachine, "machine", FieldType::kText, false, false, false},
    {FieldKind::kTag, "tags.", FieldType::kText, true, true, false},
    {FieldKind::kLoaderVersion, "loader.version", FieldType::kVersion, false, false, false},
    {FieldKind::kRelease, "release.", FieldType::kVersion, true, false, false},
    {FieldKind::kLabel, "labels.", FieldType::kText, true, false, true},
    {FieldKind::kState, "state", FieldType::kText, false, false, true},
    {FieldKind::kLastSeen, "last_seen", FieldType::kAge, false, false, true},
    {FieldKind::kSeenAddress, "seen_address", FieldType::kAddresses, false, false, true},
};

const Spelling& SpellingOf(FieldKind kind) { return kSpellings[static_cast<size_t>(kind)]; }

bool InSet(const Spelling& spelling, FieldSet set) {
  switch (set) {
    case FieldSet::kPlan:
      return !spelling.where_only;
    case FieldSet::kVariant:
      return spelling.in_variants;
    case FieldSet::kWhere:
      return true;
  }
  return false;
}

std::string NamesOf(FieldSet set) {
  std::vector<std::string> names;
  for (const Spelling& spelling : kSpellings) {
    if (!InSet(spelling, set)) continue;
    const absl::string_view own_name = spelling.kind == FieldKind::kRelease ? "PRODUCT" : "NAME";
    names.push_back(absl::StrCat(spelling.text, spelling.named ? own_name : ""));
  }
  return absl::StrJoin(names, " ");
}

bool IsOwnName(absl::string_view name, FieldKind kind) {
  return kind == FieldKind::kRelease ? trust::IsProductName(name) : trust::IsTagName(name);
}

}  // namespace

absl::StatusOr<Field> Field::Parse(absl::string_view text, FieldSet set) {
  for (const Spelling& spelling : kSpellings) {
    absl::string_view own_name = text;
    const bool matches = spelling.named ? absl::ConsumePrefix(&own_name, spelling.text) &&
                                              IsOwnName(own_name, spelling.kind)
                                        : text == spelling.text;
    if (!matches) continue;
    if (!InSet(spelling, set)) {
      return absl::InvalidArgumentError(
          absl::StrCat("this filter may not read '", text, "'; it may read: ", NamesOf(set)));
    }
    return Field{.kind = spelling.kind, .name = std::string(spelling.named ? own_name : "")};
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", base::Escaped(text, 80), "' is no field; there are: ", NamesOf(set)));
}

FieldType Field::type() const { return SpellingOf(kind).type; }

std::string Field::ToString() const { return absl::StrCat(SpellingOf(kind).text, name); }

}  // namespace mig::rollout
