// -o json: protobuf's own JSON mapping, one object or one list.

#ifndef MIG_CTL_OUTPUT_JSON_H_
#define MIG_CTL_OUTPUT_JSON_H_

#include <google/protobuf/message.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

namespace mig::ctl {

// One line, without its end.
std::string ToJson(const google::protobuf::Message& message);

// "[]", or one element a line.
std::string JsonList(const std::vector<std::string>& elements);

// An object of texts and truths, in the order given, for what is no message (contexts, keys).
using JsonValue = std::variant<std::string, bool>;
std::string JsonObject(const std::vector<std::pair<absl::string_view, JsonValue>>& fields);

template <typename Messages>
std::string ToJsonList(const Messages& messages) {
  std::vector<std::string> elements;
  for (const auto& message : messages) elements.push_back(ToJson(message));
  return JsonList(elements);
}

}  // namespace mig::ctl

#endif  // MIG_CTL_OUTPUT_JSON_H_
