#include "loader/install/component_error.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

constexpr absl::string_view kTypeUrl = "mig.loader/component";

}  // namespace

absl::Status AtComponent(absl::string_view name, const absl::Status& status) {
  if (status.ok() || !ComponentOf(status).empty()) return status;
  return AboutComponent(name, trust::WithContext(absl::StrCat("component '", name, "'"), status));
}

absl::Status AboutComponent(absl::string_view name, absl::Status status) {
  if (!status.ok()) status.SetPayload(kTypeUrl, absl::Cord(name));
  return status;
}

std::string ComponentOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kTypeUrl);
  return payload.has_value() ? std::string(*payload) : "";
}

}  // namespace mig::loader
