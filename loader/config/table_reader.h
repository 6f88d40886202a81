// Reads one table of a TOML file strictly: each key by its name, type and bounds, and then no key
// may be left.

#ifndef MIG_LOADER_CONFIG_TABLE_READER_H_
#define MIG_LOADER_CONFIG_TABLE_READER_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/toml.h"

namespace mig::loader {

// The first thing that is wrong stays the error; until then, and after it, a getter gives what it
// was told to give where the key is missing. One thread at a time.
//
//   TableReader reader(table, "product.agent");
//   const std::string unit = reader.Text("unit", "");
//   MIG_RETURN_IF_ERROR(reader.Finish());
class TableReader {
 public:
  // `table` is borrowed; `name` is its own name for messages, empty for the whole file.
  TableReader(const base::TomlValue& table, absl::string_view name);

  // nullptr: missing.
  const base::TomlValue* Find(absl::string_view key);

  // At most 4,096 bytes, valid text (base::CheckText).
  std::string Text(absl::string_view key, absl::string_view otherwise);
  // A missing key is an error.
  std::string NeededText(absl::string_view key);
  // An absolute and normal path of a file or directory.
  std::string Path(absl::string_view key, absl::string_view otherwise);
  int64_t Integer(absl::string_view key, int64_t otherwise, int64_t least, int64_t most);
  bool Boolean(absl::string_view key, bool otherwise);
  // "120s", "3h", "1m30s".
  absl::Duration Duration(absl::string_view key, absl::Duration otherwise, absl::Duration least,
                          absl::Duration most);
  // At most `most` texts.
  std::vector<std::string> Texts(absl::string_view key, size_t most);
  // Octal digits: "0755".
  uint32_t Mode(absl::string_view key, uint32_t otherwise);
  // One of `words`, by its index.
  size_t Word(absl::string_view key, size_t otherwise, const std::vector<absl::string_view>& words);
  // The tables in table `key`, by their names; none if it is missing.
  std::vector<std::pair<std::string, const base::TomlValue*>> Tables(absl::string_view key);

  // `what` is wrong with `key`, or with the table if it has no such key.
  void Fail(absl::string_view key, absl::string_view what);

  // An error of a table within this one, which another reader found.
  void Adopt(const absl::Status& status) {
    if (ok()) status_ = status;
  }

  bool ok() const { return status_.ok(); }
  // Where `key` stands, or else the table.
  const base::TomlPosition& PositionOf(absl::string_view key) const;
  std::string NameOf(absl::string_view key) const;

  // The first error; else InvalidArgument for a key that nobody asked for.
  absl::Status Finish();

 private:
  const base::TomlValue* FindOf(absl::string_view key, base::TomlValue::Kind kind,
                                absl::string_view kind_name);

  const base::TomlValue& table_;
  std::string name_;
  std::set<std::string, std::less<>> asked_;
  absl::Status status_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_CONFIG_TABLE_READER_H_
