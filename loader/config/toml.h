// A TOML file as values that know where they stand. toml++ reads it; its headers stay in the .cc.

#ifndef MIG_LOADER_CONFIG_TOML_H_
#define MIG_LOADER_CONFIG_TOML_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mig::loader {

// Prints as "/etc/mig-loader/loader.toml:12".
struct Position {
  std::string file;
  uint32_t line = 0;

  std::string ToString() const;
};

// InvalidArgument: "FILE:LINE: KEY: WHAT".
absl::Status ErrorAt(const Position& position, absl::string_view key, absl::string_view what);

struct TomlValue {
  enum class Kind { kText, kInteger, kBoolean, kArray, kTable, kOther };
  Kind kind = Kind::kOther;
  Position position;

  // One of these, by kind. kOther (floats, dates) has none.
  std::string text;
  int64_t integer = 0;
  bool boolean = false;
  std::vector<TomlValue> array;
  std::map<std::string, TomlValue> table;
};

// The whole file, a table. InvalidArgument with file and line if it is not TOML; `file` is its name
// for messages. The caller bounds `text`.
absl::StatusOr<TomlValue> ParseToml(absl::string_view text, absl::string_view file);

}  // namespace mig::loader

#endif  // MIG_LOADER_CONFIG_TOML_H_
