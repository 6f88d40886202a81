#include "ctl/cli/roles.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/sizes.h"
#include "base/text.h"
#include "trust/names.h"

namespace mig::ctl {
namespace {

constexpr absl::string_view kPrefix = "ADMIN_ROLE_";

std::map<std::string, v1::AdminRole> AllRoles() {
  std::map<std::string, v1::AdminRole> roles;
  for (int role = v1::AdminRole_MIN; role <= v1::AdminRole_MAX; ++role) {
    if (!v1::AdminRole_IsValid(role) || role == v1::ADMIN_ROLE_UNSPECIFIED) continue;
    roles[RoleWord(role)] = static_cast<v1::AdminRole>(role);
  }
  return roles;
}

}  // namespace

std::string RoleWord(int role) {
  std::string word = v1::AdminRole_Name(static_cast<v1::AdminRole>(role));
  word.erase(0, std::min(word.size(), kPrefix.size()));
  for (char& byte : word) byte = byte == '_' ? '-' : absl::ascii_tolower(byte);
  return word.empty() ? absl::StrCat(role) : word;
}

std::string RoleWords(const google::protobuf::RepeatedField<int>& roles) {
  std::vector<std::string> words;
  for (const int role : roles) words.push_back(RoleWord(role));
  return absl::StrJoin(words, ", ");
}

absl::StatusOr<std::vector<v1::AdminRole>> ParseRoles(const std::vector<std::string>& texts) {
  const std::map<std::string, v1::AdminRole> all = AllRoles();
  std::set<v1::AdminRole> roles;
  for (const std::string& text : texts) {
    for (const absl::string_view word : absl::StrSplit(text, ',')) {
      const auto found = all.find(std::string(word));
      if (found != all.end()) {
        roles.insert(found->second);
        continue;
      }
      return absl::InvalidArgumentError(absl::StrCat(
          "--role ", text, ": '", word, "' is no role; there are ",
          absl::StrJoin(all, " ", [](std::string* out, const auto& each) { *out += each.first; })));
    }
  }
  return std::vector<v1::AdminRole>(roles.begin(), roles.end());
}

absl::StatusOr<std::vector<v1::Tag>> ParseLabels(const std::vector<std::string>& texts,
                                                 absl::string_view flag) {
  std::map<std::string, std::string> labels;
  for (const std::string& text : texts) {
    const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
    if (parts.size() != 2 || parts[0].empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(flag, " '", text, "': write NAME=VALUE, as in site=muc"));
    }
    if (!trust::IsTagName(parts[0]) || !base::CheckText(parts[1]).ok() ||
        parts[1].size() > base::kMaxTagBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat(flag, " '", base::Escaped(text),
                       "': a name begins with a-z and has 1 to 64 of a-z 0-9 _ -, a value at most ",
                       base::kMaxTagBytes, " bytes of text"));
    }
    labels[parts[0]] = parts[1];
  }
  std::vector<v1::Tag> tags;
  for (const auto& [name, value] : labels) {
    v1::Tag& tag = tags.emplace_back();
    tag.set_name(name);
    tag.set_value(value);
  }
  return tags;
}

}  // namespace mig::ctl
