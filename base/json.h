// JSON text (RFC 8259) for what a program shows with -o json and that is no protobuf message: those
// have protobuf's own JSON. Both programs print with it, so a script reads both alike.

#ifndef MIG_BASE_JSON_H_
#define MIG_BASE_JSON_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mig::base {

// A string, in quotes. What CheckText would refuse (base/text.h) is shown as in messages, \xHH: the
// result is printable UTF-8 on one line, whatever `text` is.
std::string JsonText(absl::string_view text);

// One object being written; its fields stand in the order in which they were added, and nobody
// looks for one that was added twice. A value.
class JsonObject {
 public:
  JsonObject& Text(absl::string_view name, absl::string_view value);
  JsonObject& Number(absl::string_view name, int64_t value);
  JsonObject& Flag(absl::string_view name, bool value);
  // RFC 3339 in UTC, to the second.
  JsonObject& Time(absl::string_view name, absl::Time value);
  JsonObject& Null(absl::string_view name);
  // What is JSON already.
  JsonObject& Json(absl::string_view name, absl::string_view json);

  std::string str() const;
  // Of the fields, in order.
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::string fields_;
  std::vector<std::string> names_;
};

// A list of what is JSON already; "[]" for none.
std::string JsonList(const std::vector<std::string>& elements);
std::string JsonTexts(const std::vector<std::string>& texts);

}  // namespace mig::base

#endif  // MIG_BASE_JSON_H_
