// JSON for -o json: objects whose fields stand in the order in which they were added.

#ifndef MIG_LOADER_CLI_JSON_H_
#define MIG_LOADER_CLI_JSON_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mig::loader {

// A string of RFC 8259. Control characters and what is no UTF-8 are shown as in messages, \xHH.
std::string JsonText(absl::string_view text);

// One object being written. A value.
class JsonObject {
 public:
  JsonObject& Text(absl::string_view name, absl::string_view value);
  JsonObject& Number(absl::string_view name, int64_t value);
  JsonObject& Flag(absl::string_view name, bool value);
  // RFC 3339 in UTC.
  JsonObject& Time(absl::string_view name, absl::Time value);
  JsonObject& Null(absl::string_view name);
  // What is JSON already.
  JsonObject& Json(absl::string_view name, absl::string_view json);

  std::string str() const;

 private:
  std::string fields_;
};

// "[]" for none.
std::string JsonList(const std::vector<std::string>& elements);
std::string JsonTexts(const std::vector<std::string>& texts);

}  // namespace mig::loader

#endif  // MIG_LOADER_CLI_JSON_H_
