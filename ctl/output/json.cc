#include "ctl/output/json.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/check.h"
#include "base/json.h"
#include "base/text.h"

namespace mig::ctl {
namespace {

// How far --fields looks into messages within messages.
constexpr int kFieldsDepth = 3;

void AddFields(const google::protobuf::Descriptor& type, const std::string& prefix, int depth,
               std::vector<std::string>& fields) {
  for (int i = 0; i < type.field_count(); ++i) {
    const google::protobuf::FieldDescriptor& field = *type.field(i);
    const std::string name = absl::StrCat(prefix, field.json_name());
    fields.push_back(name);
    if (field.message_type() != nullptr && depth > 1) {
      AddFields(*field.message_type(), absl::StrCat(name, "."), depth - 1, fields);
    }
  }
}

// Where the value that begins at `at` ends. `json` is whole, and ours.
size_t EndOfValue(absl::string_view json, size_t at) {
  int depth = 0;
  bool is_text = false;
  for (; at < json.size(); ++at) {
    const char c = json[at];
    if (is_text) {
      if (c == '\\') ++at;
      if (c == '"') is_text = false;
      continue;
    }
    if (c == '"') is_text = true;
    if (depth == 0 && (c == ',' || c == '}' || c == ']')) return at;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
  }
  return json.size();
}

// The elements of a list, or the members ("key":value) of an object.
std::vector<absl::string_view> Parts(absl::string_view json) {
  std::vector<absl::string_view> parts;
  for (size_t at = 1; at + 1 < json.size();) {
    const size_t end = EndOfValue(json, at);
    parts.push_back(absl::StripAsciiWhitespace(json.substr(at, end - at)));
    at = end + 1;
  }
  return parts;
}

// "null" if the object has none.
absl::string_view Member(absl::string_view object, absl::string_view name) {
  const std::string key = absl::StrCat("\"", name, "\":");
  for (absl::string_view part : Parts(object)) {
    if (absl::ConsumePrefix(&part, key)) return part;
  }
  return "null";
}

std::string Select(absl::string_view json, const std::vector<std::string>& wanted) {
  if (json[0] == '[') {
    std::vector<std::string> elements;
    for (const absl::string_view element : Parts(json)) elements.push_back(Select(element, wanted));
    return base::JsonList(elements);
  }
  if (json[0] != '{') return std::string(json);
  base::JsonObject selected;
  std::vector<std::string> done;
  for (const std::string& path : wanted) {
    const std::string name = path.substr(0, path.find('.'));
    if (std::ranges::find(done, name) != done.end()) continue;
    done.push_back(name);
    // "host" is all of it; "host.id" and "host.state" are one object of two fields.
    std::vector<std::string> within;
    for (absl::string_view each : wanted) {
      if (absl::ConsumePrefix(&each, absl::StrCat(name, "."))) within.emplace_back(each);
    }
    const bool is_whole = std::ranges::find(wanted, name) != wanted.end();
    const absl::string_view value = Member(json, name);
    selected.Json(name, is_whole ? std::string(value) : Select(value, within));
  }
  return selected.str();
}

}  // namespace

Json ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  Json json;
  // It fails for Any and out-of-range timestamps only, and no message of ours has them.
  MIG_CHECK(google::protobuf::util::MessageToJsonString(message, &json.text, options).ok());
  AddFields(*message.GetDescriptor(), "", kFieldsDepth, json.fields);
  return json;
}

Json JsonList(const std::vector<Json>& elements) {
  std::vector<std::string> texts;
  for (const Json& element : elements) texts.push_back(element.text);
  return {base::JsonList(texts),
          elements.empty() ? std::vector<std::string>() : elements[0].fields};
}

Json JsonObject(const std::vector<std::pair<absl::string_view, JsonValue>>& fields) {
  base::JsonObject object;
  for (const auto& [name, value] : fields) {
    if (const bool* const truth = std::get_if<bool>(&value)) {
      object.Flag(name, *truth);
    } else {
      object.Text(name, std::get<std::string>(value));
    }
  }
  return {object.str(), object.names()};
}

absl::StatusOr<std::string> SelectFields(const Json& json, const std::vector<std::string>& wanted) {
  // An empty list says nothing of what its elements would have.
  if (json.text == "[]") return json.text;
  for (const std::string& name : wanted) {
    if (std::ranges::find(json.fields, name) != json.fields.end()) continue;
    std::vector<std::string> top;
    for (const std::string& field : json.fields) {
      if (field.find('.') == std::string::npos) top.push_back(field);
    }
    return absl::InvalidArgumentError(absl::StrCat("--fields: '", base::Escaped(name),
                                                   "' is no field of this; there are ",
                                                   absl::StrJoin(top, " ")));
  }
  return Select(json.text, wanted);
}

std::string JsonLines(absl::string_view json) {
  if (json[0] != '[') return absl::StrCat(json, "\n");
  std::string lines;
  for (const absl::string_view element : Parts(json)) absl::StrAppend(&lines, element, "\n");
  return lines;
}

}  // namespace mig::ctl
