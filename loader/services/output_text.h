// What a program wrote, as text that can be sent and shown.

#ifndef MIG_LOADER_SERVICES_OUTPUT_TEXT_H_
#define MIG_LOADER_SERVICES_OUTPUT_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace mig::loader {

// The end of `bytes` as valid UTF-8 of at most `max_bytes`: line breaks stay, everything that could
// steer a terminal or is not UTF-8 is escaped as base::Escaped does.
std::string OutputTail(absl::string_view bytes, size_t max_bytes);

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_OUTPUT_TEXT_H_
