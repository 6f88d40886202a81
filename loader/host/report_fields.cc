#include "loader/host/report_fields.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/sizes.h"
#include "base/text.h"

namespace mig::loader {

namespace {

constexpr absl::string_view kTagPrefix = "tags.";

// How each field is taken away.
struct Field {
  absl::string_view name;
  void (*clear)(v1::Environment&);
};
constexpr Field kFields[] = {
    {"hostname", [](v1::Environment& e) { e.clear_hostname(); }},
    {"os", [](v1::Environment& e) { e.clear_os(); }},
    {"distribution", [](v1::Environment& e) { e.clear_distribution(); }},
    {"distribution_version", [](v1::Environment& e) { e.clear_distribution_version(); }},
    {"kernel", [](v1::Environment& e) { e.clear_kernel(); }},
    {"arch", [](v1::Environment& e) { e.clear_arch(); }},
    {"init", [](v1::Environment& e) { e.clear_init(); }},
    {"model", [](v1::Environment& e) { e.clear_model(); }},
    {"address", [](v1::Environment& e) { e.clear_addresses(); }},
    {"operator", [](v1::Environment& e) { e.clear_operator_(); }},
    {"proxied", [](v1::Environment& e) { e.clear_proxied(); }},
    {"time_zone", [](v1::Environment& e) { e.clear_time_zone(); }},
};

bool IsKnown(const std::string& name) {
  if (name == "tags" || (absl::StartsWith(name, kTagPrefix) && name.size() > kTagPrefix.size())) {
    return true;
  }
  return std::any_of(std::begin(kFields), std::end(kFields),
                     [&name](const Field& field) { return field.name == name; });
}

}  // namespace

absl::Status CheckReportFields(const std::vector<std::string>& fields) {
  if (fields.size() > base::kMaxReportFields) {
    return absl::InvalidArgumentError(
        absl::StrCat("this has ", fields.size(), " entries, at most ", base::kMaxReportFields));
  }
  std::set<std::string> seen;
  for (const std::string& name : fields) {
    if (!IsKnown(name)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", base::Escaped(name),
          "' is no field of the environment; `mig-loader environment` shows them all"));
    }
    if (!seen.insert(name).second) {
      return absl::InvalidArgumentError(absl::StrCat("'", name, "' stands there twice"));
    }
  }
  return absl::OkStatus();
}

v1::Environment KeepFields(const std::vector<std::string>& fields, v1::Environment environment) {
  const auto is_kept = [&fields](const std::string& name) {
    return std::find(fields.begin(), fields.end(), name) != fields.end();
  };
  for (const Field& field : kFields) {
    if (!is_kept(std::string(field.name))) field.clear(environment);
  }
  if (!is_kept("tags")) {
    auto& tags = *environment.mutable_tags();
    tags.erase(std::remove_if(tags.begin(), tags.end(),
                              [&](const v1::Tag& tag) {
                                return !is_kept(absl::StrCat(kTagPrefix, tag.name()));
                              }),
               tags.end());
  }
  return environment;
}

}  // namespace mig::loader
