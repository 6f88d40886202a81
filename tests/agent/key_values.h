// The agent's two small texts: the release that is appended to its program, and its configuration.

#ifndef MIG_TESTS_AGENT_KEY_VALUES_H_
#define MIG_TESTS_AGENT_KEY_VALUES_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mig::tests {

using KeyValues = std::map<std::string, std::string>;

// Lines `key = value`; empty ones and those that begin with `#` are skipped. `source` is for
// messages, which say `source:line`.
//
// Errors: InvalidArgument  a line is not so, or a key comes twice
absl::StatusOr<KeyValues> ParseKeyValues(absl::string_view text, absl::string_view source);

// Takes `key` out of `values`: its text, number or yes/no, or `otherwise` if it is not there.
//
// Errors: InvalidArgument  the value is no such thing; the message names `source` and key
std::string TakeText(KeyValues& values, absl::string_view key, absl::string_view otherwise);
absl::StatusOr<uint32_t> TakeNumber(KeyValues& values, absl::string_view key, uint32_t most,
                                    absl::string_view source);
absl::StatusOr<bool> TakeYesOrNo(KeyValues& values, absl::string_view key,
                                 absl::string_view source);

// Errors: InvalidArgument  a key was not taken, so nobody knows it
absl::Status CheckAllTaken(const KeyValues& values, absl::string_view source);

}  // namespace mig::tests

#endif  // MIG_TESTS_AGENT_KEY_VALUES_H_
