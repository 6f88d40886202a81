// TOML files that people write, read strictly: an unknown key, a wrong type, a
// value out of bounds is one line with file, line and key.

#ifndef MIG_BASE_TOML_H_
#define MIG_BASE_TOML_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mig::base {

// Where something stands in a file. Prints as "/etc/mig-loader/loader.toml:12".
struct TomlPosition {
  std::string file;
  int line = 1;

  std::string ToString() const;
};

// InvalidArgument: "FILE:LINE: KEY: WHAT".
absl::Status TomlErrorAt(const TomlPosition& position, absl::string_view key,
                         absl::string_view what);

// One value of a file, with the place of its key (of an item: its own), which
// stays with it when the tables of several files are put together. A table is
// its `fields`.
struct TomlValue {
  enum class Kind { kText, kInteger, kFlag, kArray, kTable, kOther };
  Kind kind = Kind::kOther;
  std::string text;  // of a date or time too, as RFC 3339 spells it
  int64_t integer = 0;
  bool flag = false;
  std::vector<TomlValue> items;
  std::map<std::string, TomlValue> fields;
  TomlPosition position;
};

// The file's table. InvalidArgument "FILE:LINE: ..." for what is not TOML.
absl::StatusOr<TomlValue> ParseToml(absl::string_view text, absl::string_view file);

// `text` as a TOML string, with its quotes.
std::string TomlQuoted(absl::string_view text);

// Reads one table key by key. What is absent is empty; the first thing wrong is
// told by Finish. `table` is borrowed.
class TomlReader {
 public:
  TomlReader(const TomlValue& table, std::string file);

  std::optional<std::string> Text(const std::string& key);
  std::optional<int64_t> Integer(const std::string& key);
  std::optional<bool> Flag(const std::string& key);
  std::vector<std::string> Texts(const std::string& key);
  const TomlValue* Table(const std::string& key);
  std::vector<const TomlValue*> Tables(const std::string& key);
  // All tables in this one, by name: for [context.NAME].
  std::vector<std::pair<std::string, const TomlValue*>> NamedTables();

  // Text read by `parse`, whose error is told with line and key.
  template <typename Parse>
  auto Parsed(const std::string& key, const Parse& parse)
      -> std::optional<typename decltype(parse(std::string()))::value_type> {
    const std::optional<std::string> text = Text(key);
    if (!text.has_value()) return std::nullopt;
    auto value = parse(*text);
    if (value.ok()) return *std::move(value);
    Fail(key, value.status().message());
    return std::nullopt;
  }

  // The key is wrong: `why`. Only the first one is kept.
  void Fail(const std::string& key, absl::string_view why);
  // A mandatory key is missing.
  void Require(const std::string& key);

  // InvalidArgument for the first thing wrong, or a key that nobody asked for.
  absl::Status Finish();

 private:
  const TomlValue* Find(const std::string& key, TomlValue::Kind kind, absl::string_view wanted);

  const TomlValue& table_;
  std::string file_;
  std::set<std::string> known_;
  absl::Status status_;
};

}  // namespace mig::base

#endif  // MIG_BASE_TOML_H_
