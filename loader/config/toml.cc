#include "loader/config/toml.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/text.h"

namespace mig::loader {

namespace {

TomlValue FromNode(const toml::node& node, absl::string_view file) {
  TomlValue value;
  value.position = {.file = std::string(file), .line = node.source().begin.line};
  if (const auto* text = node.as_string()) {
    value.kind = TomlValue::Kind::kText;
    value.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = TomlValue::Kind::kInteger;
    value.integer = integer->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.kind = TomlValue::Kind::kBoolean;
    value.boolean = boolean->get();
  } else if (const toml::array* array = node.as_array()) {
    value.kind = TomlValue::Kind::kArray;
    for (const toml::node& element : *array) value.array.push_back(FromNode(element, file));
  } else if (const toml::table* table = node.as_table()) {
    value.kind = TomlValue::Kind::kTable;
    for (const auto& [key, element] : *table) {
      TomlValue child = FromNode(element, file);
      // A key is where a person looks, a value may begin further down.
      child.position.line = key.source().begin.line;
      value.table.emplace(std::string(key.str()), std::move(child));
    }
  }
  return value;
}

}  // namespace

std::string Position::ToString() const { return absl::StrCat(file, ":", line); }

absl::Status ErrorAt(const Position& position, absl::string_view key, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(position.ToString(), ": ", key, ": ", what));
}

absl::StatusOr<TomlValue> ParseToml(absl::string_view text, absl::string_view file) {
  std::istringstream stream{std::string(text)};
  const toml::parse_result result = toml::parse(stream, std::string());
  if (!result) {
    const toml::parse_error& error = result.error();
    return absl::InvalidArgumentError(
        absl::StrCat(file, ":", error.source().begin.line, ": this is not TOML: ",
                     base::Escaped(std::string(error.description())), "; see https://toml.io"));
  }
  TomlValue root = FromNode(result.table(), file);
  root.position.line = 1;
  return root;
}

}  // namespace mig::loader
