#include "loader/config/table_reader.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/text.h"

namespace mig::loader {

namespace {

constexpr uint32_t kMaxMode = 07777;

}  // namespace

TableReader::TableReader(const base::TomlValue& table, absl::string_view name)
    : table_(table), name_(name) {
  MIG_CHECK(table.kind == base::TomlValue::Kind::kTable) << name;
}

const base::TomlValue* TableReader::Find(absl::string_view key) {
  asked_.emplace(key);
  const auto found = table_.fields.find(std::string(key));
  return found == table_.fields.end() ? nullptr : &found->second;
}

const base::TomlValue* TableReader::FindOf(absl::string_view key, base::TomlValue::Kind kind,
                                           absl::string_view kind_name) {
  const base::TomlValue* value = Find(key);
  if (value == nullptr || value->kind == kind) return value;
  Fail(key, absl::StrCat("this must be ", kind_name));
  return nullptr;
}

std::string TableReader::Text(absl::string_view key, absl::string_view otherwise) {
  const base::TomlValue* value = FindOf(key, base::TomlValue::Kind::kText, "text in quotes");
  if (value == nullptr) return std::string(otherwise);
  const absl::Status is_text = base::CheckText(value->text);
  if (!is_text.ok()) Fail(key, is_text.message());
  if (value->text.size() > base::kMaxConfigurationTextBytes) {
    Fail(key, absl::StrCat("this has ", value->text.size(), " bytes, at most ",
                           base::kMaxConfigurationTextBytes, " are taken"));
  }
  return value->text;
}

std::string TableReader::NeededText(absl::string_view key) {
  if (Find(key) == nullptr) Fail(key, "this is missing; add it");
  std::string text = Text(key, "");
  if (ok() && text.empty()) Fail(key, "this is empty");
  return text;
}

std::string TableReader::Path(absl::string_view key, absl::string_view otherwise) {
  std::string path = Text(key, otherwise);
  if (path.empty() || !ok()) return path;
  const absl::Status is_path = base::SplitPath(path).status();
  if (!is_path.ok()) Fail(key, is_path.message());
  if (path == "/" || absl::EndsWith(path, "/")) {
    Fail(key, absl::StrCat("\"", base::Escaped(path), "\" ends with '/'; leave that away"));
  }
  return path;
}

int64_t TableReader::Integer(absl::string_view key, int64_t otherwise, int64_t least,
                             int64_t most) {
  const base::TomlValue* value = FindOf(key, base::TomlValue::Kind::kInteger, "a whole number");
  if (value == nullptr) return otherwise;
  if (value->integer < least || value->integer > most) {
    Fail(key, absl::StrCat(value->integer, " is out of bounds: ", least, " to ", most));
  }
  return value->integer;
}

bool TableReader::Boolean(absl::string_view key, bool otherwise) {
  const base::TomlValue* value = FindOf(key, base::TomlValue::Kind::kFlag, "true or false");
  return value == nullptr ? otherwise : value->flag;
}

absl::Duration TableReader::Duration(absl::string_view key, absl::Duration otherwise,
                                     absl::Duration least, absl::Duration most) {
  const base::TomlValue* value =
      FindOf(key, base::TomlValue::Kind::kText, "a duration such as \"3h\"");
  if (value == nullptr) return otherwise;
  absl::Duration duration;
  if (!absl::ParseDuration(value->text, &duration)) {
    Fail(key, absl::StrCat("\"", base::Escaped(value->text),
                           "\" is no duration; write it like \"90s\", \"5m\" or \"3h\""));
  } else if (duration < least || duration > most) {
    Fail(key, absl::StrCat(absl::FormatDuration(duration), " is out of bounds: ",
                           absl::FormatDuration(least), " to ", absl::FormatDuration(most)));
  }
  return duration;
}

std::vector<std::string> TableReader::Texts(absl::string_view key, size_t most) {
  std::vector<std::string> texts;
  const base::TomlValue* value =
      FindOf(key, base::TomlValue::Kind::kArray, "a list of texts in quotes");
  if (value == nullptr) return texts;
  if (value->items.size() > most) {
    Fail(key,
         absl::StrCat("this has ", value->items.size(), " entries, at most ", most, " are taken"));
    return texts;
  }
  for (const base::TomlValue& element : value->items) {
    if (element.kind != base::TomlValue::Kind::kText ||
        element.text.size() > base::kMaxConfigurationTextBytes ||
        !base::CheckText(element.text).ok()) {
      Fail(key, "this must be a list of texts in quotes, without control characters");
      return texts;
    }
    texts.push_back(element.text);
  }
  return texts;
}

uint32_t TableReader::Mode(absl::string_view key, uint32_t otherwise) {
  const base::TomlValue* value =
      FindOf(key, base::TomlValue::Kind::kText, "octal digits in quotes");
  if (value == nullptr) return otherwise;
  uint32_t mode = 0;
  bool is_octal = !value->text.empty() && value->text.size() <= 5;
  for (const char digit : value->text) {
    is_octal = is_octal && digit >= '0' && digit <= '7';
    mode = mode * 8 + static_cast<uint32_t>(digit - '0');
  }
  if (!is_octal || mode > kMaxMode) {
    Fail(key, absl::StrCat("\"", base::Escaped(value->text),
                           "\" is no mode; write octal digits, like \"0644\""));
    return otherwise;
  }
  return mode;
}

size_t TableReader::Word(absl::string_view key, size_t otherwise,
                         const std::vector<absl::string_view>& words) {
  const base::TomlValue* value = FindOf(key, base::TomlValue::Kind::kText, "text in quotes");
  if (value == nullptr) return otherwise;
  const auto found = std::find(words.begin(), words.end(), value->text);
  if (found == words.end()) {
    Fail(key, absl::StrCat("\"", base::Escaped(value->text), "\" is not known; one of \"",
                           absl::StrJoin(words, "\", \""), "\""));
    return otherwise;
  }
  return static_cast<size_t>(found - words.begin());
}

std::vector<std::pair<std::string, const base::TomlValue*>> TableReader::Tables(
    absl::string_view key) {
  std::vector<std::pair<std::string, const base::TomlValue*>> tables;
  const base::TomlValue* value = FindOf(key, base::TomlValue::Kind::kTable, "a table");
  if (value == nullptr) return tables;
  for (const auto& [name, element] : value->fields) {
    if (element.kind != base::TomlValue::Kind::kTable) {
      Adopt(base::TomlErrorAt(element.position, absl::StrCat(NameOf(key), ".", base::Escaped(name)),
                              "this must be a table"));
    } else {
      tables.emplace_back(name, &element);
    }
  }
  return tables;
}

void TableReader::Fail(absl::string_view key, absl::string_view what) {
  if (ok()) status_ = base::TomlErrorAt(PositionOf(key), NameOf(key), what);
}

const base::TomlPosition& TableReader::PositionOf(absl::string_view key) const {
  const auto found = table_.fields.find(std::string(key));
  return found == table_.fields.end() ? table_.position : found->second.position;
}

std::string TableReader::NameOf(absl::string_view key) const {
  if (name_.empty()) return base::Escaped(key);
  return absl::StrCat(name_, ".", base::Escaped(key));
}

absl::Status TableReader::Finish() {
  if (!ok()) return status_;
  for (const auto& [key, value] : table_.fields) {
    if (asked_.contains(key)) continue;
    return base::TomlErrorAt(value.position, NameOf(key),
                             absl::StrCat("this key is not known here; is it misspelt? Known are ",
                                          absl::StrJoin(asked_, ", ")));
  }
  return absl::OkStatus();
}

}  // namespace mig::loader
