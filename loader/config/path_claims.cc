#include "loader/config/path_claims.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace mig::loader {

namespace {

bool IsInOrSame(absl::string_view path, absl::string_view directory) {
  return absl::ConsumePrefix(&path, directory) && (path.empty() || path.front() == '/');
}

bool Meet(absl::string_view a, absl::string_view b) { return IsInOrSame(a, b) || IsInOrSame(b, a); }

}  // namespace

absl::Status PathClaims::Add(absl::string_view path, absl::string_view name,
                             const base::TomlPosition& position) {
  for (const ReservedPath& reserved : reserved_) {
    if (!Meet(path, reserved.path)) continue;
    return base::TomlErrorAt(position, name,
                             absl::StrCat(path, " meets ", reserved.path, ", ", reserved.what,
                                          ", which no release may change; use another path"));
  }
  for (const Claim& claim : claims_) {
    if (!Meet(path, claim.path)) continue;
    return base::TomlErrorAt(
        position, name,
        absl::StrCat(path, " meets ", claim.path, " of ", claim.name, " (",
                     claim.position.ToString(),
                     "); each needs a path of its own, outside the others' directories"));
  }
  claims_.push_back({.path = std::string(path), .name = std::string(name), .position = position});
  return absl::OkStatus();
}

}  // namespace mig::loader
