#include "loader/scan/file_attributes.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"

namespace mig::loader {

namespace {

// The kernel and its tools end SELinux's label with a zero byte; what is compared has none.
bool EndsInZero(absl::string_view name) { return name == "security.selinux"; }

}  // namespace

absl::StatusOr<Attributes> ReadAttributes(base::File& file, const Attributes& named) {
  Attributes got;
  for (const auto& [name, value] : named) {
    absl::StatusOr<std::string> read = file.GetAttribute(name);
    const bool is_absent = absl::IsNotFound(read.status()) || absl::IsUnimplemented(read.status());
    if (!is_absent) MIG_RETURN_IF_ERROR(read.status());
    std::string& text = got[name];
    if (is_absent) continue;
    text = *std::move(read);
    if (EndsInZero(name) && absl::EndsWith(text, absl::string_view("\0", 1))) text.pop_back();
  }
  return got;
}

absl::StatusOr<bool> HasAttributes(base::File& file, const Attributes& wanted) {
  MIG_ASSIGN_OR_RETURN(const Attributes got, ReadAttributes(file, wanted));
  return got == wanted;
}

absl::Status SetAttributes(base::File& file, const Attributes& attributes) {
  for (const auto& [name, value] : attributes) {
    if (value.empty()) continue;
    std::string written = value;
    if (EndsInZero(name)) written.push_back('\0');
    MIG_RETURN_IF_ERROR(file.SetAttribute(name, written));
  }
  return absl::OkStatus();
}

}  // namespace mig::loader
