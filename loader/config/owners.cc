#include "loader/config/owners.h"

#include <functional>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "base/whole_file.h"

namespace mig::loader {

namespace {

using Numbers = std::map<std::string, uint32_t, std::less<>>;

constexpr uint64_t kMaxFileBytes = base::kMiB;

// passwd(5) and group(5) alike: NAME:PASSWORD:NUMBER:...
Numbers ReadNumbers(base::FileSystem& disk, absl::string_view path) {
  Numbers numbers = {{"root", 0}};
  const absl::StatusOr<std::string> text = base::ReadWhole(disk, path, kMaxFileBytes);
  if (!text.ok()) return numbers;
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ':');
    uint32_t number = 0;
    if (fields.size() < 3 || !absl::SimpleAtoi(fields[2], &number)) continue;
    numbers.emplace(std::string(fields[0]), number);  // the first line of a name counts
  }
  return numbers;
}

absl::StatusOr<uint32_t> NumberOf(const Numbers& numbers, absl::string_view name,
                                  absl::string_view what, absl::string_view file) {
  uint32_t number = 0;
  if (absl::SimpleAtoi(name, &number)) return number;
  const auto found = numbers.find(name);
  if (found != numbers.end()) return found->second;
  return absl::InvalidArgumentError(absl::StrCat("there is no ", what, " \"", base::Escaped(name),
                                                 "\" in ", file, "; make it, or write its number"));
}

}  // namespace

Owners Owners::Read(base::FileSystem& disk) {
  Owners owners;
  owners.users_ = ReadNumbers(disk, "/etc/passwd");
  owners.groups_ = ReadNumbers(disk, "/etc/group");
  return owners;
}

absl::StatusOr<std::pair<uint32_t, uint32_t>> Owners::Parse(absl::string_view owner) const {
  const std::vector<absl::string_view> parts = absl::StrSplit(owner, ':');
  if (parts.size() != 2 || parts[0].empty() || parts[1].empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", base::Escaped(owner), "\" is no owner; write user:group, like \"root:root\""));
  }
  MIG_ASSIGN_OR_RETURN(const uint32_t uid, NumberOf(users_, parts[0], "user", "/etc/passwd"));
  MIG_ASSIGN_OR_RETURN(const uint32_t gid, NumberOf(groups_, parts[1], "group", "/etc/group"));
  return std::pair(uid, gid);
}

}  // namespace mig::loader
