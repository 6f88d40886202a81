#include "ctl/output/json.h"

#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/check.h"

namespace mig::ctl {
namespace {

std::string Quoted(absl::string_view text) {
  std::string out = "\"";
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') {
      out.push_back('\\');
      out.push_back(byte);
    } else if (static_cast<unsigned char>(byte) < 0x20) {
      absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned char>(byte));
    } else {
      out.push_back(byte);
    }
  }
  out.push_back('"');
  return out;
}

}  // namespace

std::string ToJson(const google::protobuf::Message& message) {
  std::string json;
  // It fails for Any and out-of-range timestamps only, and no message of ours has them.
  MIG_CHECK(google::protobuf::util::MessageToJsonString(message, &json).ok());
  return json;
}

std::string JsonList(const std::vector<std::string>& elements) {
  if (elements.empty()) return "[]";
  return absl::StrCat("[", absl::StrJoin(elements, ",\n "), "]");
}

std::string JsonObject(const std::vector<std::pair<absl::string_view, JsonValue>>& fields) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : fields) {
    const bool* const truth = std::get_if<bool>(&value);
    const std::string shown = truth == nullptr ? Quoted(std::get<std::string>(value))
                              : *truth         ? "true"
                                               : "false";
    parts.push_back(absl::StrCat(Quoted(name), ":", shown));
  }
  return absl::StrCat("{", absl::StrJoin(parts, ","), "}");
}

}  // namespace mig::ctl
