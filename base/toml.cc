#include "base/toml.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/text.h"

namespace mig::base {
namespace {

// Nesting is bounded by the parser itself.
TomlValue Converted(const toml::node& node, absl::string_view file) {
  TomlValue value;
  value.position = {.file = std::string(file), .line = static_cast<int>(node.source().begin.line)};
  if (const auto* text = node.as_string()) {
    value.kind = TomlValue::Kind::kText;
    value.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = TomlValue::Kind::kInteger;
    value.integer = integer->get();
  } else if (const auto* flag = node.as_boolean()) {
    value.kind = TomlValue::Kind::kFlag;
    value.flag = flag->get();
  } else if (const auto* time = node.as_date_time()) {
    std::ostringstream text;
    text << time->get();
    value.kind = TomlValue::Kind::kText;
    value.text = text.str();
  } else if (const auto* array = node.as_array()) {
    value.kind = TomlValue::Kind::kArray;
    for (const toml::node& item : *array) value.items.push_back(Converted(item, file));
  } else if (const auto* table = node.as_table()) {
    value.kind = TomlValue::Kind::kTable;
    for (const auto& [key, item] : *table) {
      TomlValue field = Converted(item, file);
      // A key is where a person looks; its value may begin further down.
      field.position.line = static_cast<int>(key.source().begin.line);
      value.fields.emplace(std::string(key.str()), std::move(field));
    }
  }
  return value;
}

}  // namespace

std::string TomlPosition::ToString() const { return absl::StrCat(file, ":", line); }

absl::Status TomlErrorAt(const TomlPosition& position, absl::string_view key,
                         absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(position.ToString(), ": ", key, ": ", what));
}

absl::StatusOr<TomlValue> ParseToml(absl::string_view text, absl::string_view file) {
  const toml::parse_result result = toml::parse(std::string(text));
  if (!result) {
    const toml::parse_error& error = result.error();
    const auto why = error.description();
    return absl::InvalidArgumentError(absl::StrCat(
        file, ":", error.source().begin.line,
        ": not TOML: ", Escaped(absl::string_view(why.data(), why.size())), "; correct that line"));
  }
  TomlValue root = Converted(result.table(), file);
  root.position.line = 1;
  return root;
}

std::string TomlQuoted(absl::string_view text) {
  std::string out = "\"";
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') {
      out.push_back('\\');
      out.push_back(byte);
    } else if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F) {
      absl::StrAppendFormat(&out, "\\u%04X", static_cast<unsigned char>(byte));
    } else {
      out.push_back(byte);
    }
  }
  out.push_back('"');
  return out;
}

TomlReader::TomlReader(const TomlValue& table, std::string file)
    : table_(table), file_(std::move(file)) {}

void TomlReader::Fail(const std::string& key, absl::string_view why) {
  if (!status_.ok()) return;
  const auto field = table_.fields.find(key);
  const int line =
      field == table_.fields.end() ? table_.position.line : field->second.position.line;
  status_ = TomlErrorAt({.file = file_, .line = line}, key, why);
}

void TomlReader::Require(const std::string& key) {
  if (!table_.fields.contains(key)) Fail(key, "is missing; add it to this table");
}

const TomlValue* TomlReader::Find(const std::string& key, TomlValue::Kind kind,
                                  absl::string_view wanted) {
  known_.insert(key);
  const auto field = table_.fields.find(key);
  if (field == table_.fields.end()) return nullptr;
  if (field->second.kind == kind) return &field->second;
  Fail(key, absl::StrCat("must be ", wanted));
  return nullptr;
}

std::optional<std::string> TomlReader::Text(const std::string& key) {
  const TomlValue* const value = Find(key, TomlValue::Kind::kText, "text in quotes");
  if (value == nullptr) return std::nullopt;
  return value->text;
}

std::optional<int64_t> TomlReader::Integer(const std::string& key) {
  const TomlValue* const value = Find(key, TomlValue::Kind::kInteger, "a whole number");
  if (value == nullptr) return std::nullopt;
  return value->integer;
}

std::optional<bool> TomlReader::Flag(const std::string& key) {
  const TomlValue* const value = Find(key, TomlValue::Kind::kFlag, "true or false");
  if (value == nullptr) return std::nullopt;
  return value->flag;
}

std::vector<std::string> TomlReader::Texts(const std::string& key) {
  std::vector<std::string> texts;
  const TomlValue* const value = Find(key, TomlValue::Kind::kArray, "a list of texts in [ ]");
  if (value == nullptr) return texts;
  for (const TomlValue& item : value->items) {
    if (item.kind != TomlValue::Kind::kText) Fail(key, "has an item that is no text in quotes");
    texts.push_back(item.text);
  }
  return texts;
}

const TomlValue* TomlReader::Table(const std::string& key) {
  return Find(key, TomlValue::Kind::kTable, absl::StrCat("a table: [", key, "]"));
}

std::vector<const TomlValue*> TomlReader::Tables(const std::string& key) {
  std::vector<const TomlValue*> tables;
  const TomlValue* const value =
      Find(key, TomlValue::Kind::kArray, absl::StrCat("tables, each under [[", key, "]]"));
  if (value == nullptr) return tables;
  for (const TomlValue& item : value->items) {
    if (item.kind != TomlValue::Kind::kTable) {
      Fail(key, absl::StrCat("has an item that is no table; write each under [[", key, "]]"));
      continue;
    }
    tables.push_back(&item);
  }
  return tables;
}

std::vector<std::pair<std::string, const TomlValue*>> TomlReader::NamedTables() {
  std::vector<std::pair<std::string, const TomlValue*>> tables;
  for (const auto& [name, value] : table_.fields) {
    known_.insert(name);
    if (value.kind != TomlValue::Kind::kTable) {
      Fail(name, "must be a table");
      continue;
    }
    tables.emplace_back(name, &value);
  }
  return tables;
}

absl::Status TomlReader::Finish() {
  for (const auto& [key, value] : table_.fields) {
    if (known_.contains(key)) continue;
    Fail(key, absl::StrCat("is not known here; known are: ", absl::StrJoin(known_, " ")));
  }
  return status_;
}

}  // namespace mig::base
