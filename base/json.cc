#include "base/json.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/text.h"

namespace mig::base {

std::string JsonText(absl::string_view text) {
  // Escaped makes up to four bytes of one.
  const std::string plain =
      CheckText(text).ok() ? std::string(text) : Escaped(text, text.size() * 4 + 8);
  std::string json = "\"";
  for (const char c : plain) {
    if (c == '"' || c == '\\') json += '\\';
    json += c;
  }
  return json + "\"";
}

JsonObject& JsonObject::Json(absl::string_view name, absl::string_view json) {
  absl::StrAppend(&fields_, fields_.empty() ? "" : ",", JsonText(name), ":", json);
  names_.emplace_back(name);
  return *this;
}

JsonObject& JsonObject::Text(absl::string_view name, absl::string_view value) {
  return Json(name, JsonText(value));
}

JsonObject& JsonObject::Number(absl::string_view name, int64_t value) {
  return Json(name, absl::StrCat(value));
}

JsonObject& JsonObject::Flag(absl::string_view name, bool value) {
  return Json(name, value ? "true" : "false");
}

JsonObject& JsonObject::Time(absl::string_view name, absl::Time value) {
  return Text(name, absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", value, absl::UTCTimeZone()));
}

JsonObject& JsonObject::Null(absl::string_view name) { return Json(name, "null"); }

std::string JsonObject::str() const { return absl::StrCat("{", fields_, "}"); }

std::string JsonList(const std::vector<std::string>& elements) {
  return absl::StrCat("[", absl::StrJoin(elements, ",\n "), "]");
}

std::string JsonTexts(const std::vector<std::string>& texts) {
  std::vector<std::string> elements;
  for (const std::string& text : texts) elements.push_back(JsonText(text));
  return JsonList(elements);
}

}  // namespace mig::base
