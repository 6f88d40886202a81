// -o json, jsonl: protobuf's own JSON mapping, one object or one list; of what is no message,
// base/json.h.

#ifndef MIG_CTL_OUTPUT_JSON_H_
#define MIG_CTL_OUTPUT_JSON_H_

#include <google/protobuf/message.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mig::ctl {

// One value of JSON.
struct Json {
  // Without a line break at its end.
  std::string text;
  // What --fields may name in it, or in each element of a list: "state", "host.state".
  std::vector<std::string> fields;
};

// One line. Fields that are zero or empty are there too ("[]", "0", false), so that a script finds
// the same keys each time; messages that are not set are not.
Json ToJson(const google::protobuf::Message& message);

// "[]", or one element a line.
Json JsonList(const std::vector<Json>& elements);

// An object of texts and truths, in the order given, for what is no message (contexts, keys).
using JsonValue = std::variant<std::string, bool>;
Json JsonObject(const std::vector<std::pair<absl::string_view, JsonValue>>& fields);

template <typename Messages>
Json ToJsonList(const Messages& messages) {
  std::vector<Json> elements;
  for (const auto& message : messages) elements.push_back(ToJson(message));
  return JsonList(elements);
}

// `json` with nothing but the `wanted` fields of its object, or of each element of its list, in the
// order wanted; one that could be there and is not is null. InvalidArgument, with those that there
// are, for one that never is.
absl::StatusOr<std::string> SelectFields(const Json& json, const std::vector<std::string>& wanted);

// -o jsonl: each element of a list on a line of its own, and nothing else; an object is one line.
// Each line ends with a line break; an empty list has none.
std::string JsonLines(absl::string_view json);

}  // namespace mig::ctl

#endif  // MIG_CTL_OUTPUT_JSON_H_
