// What may stand in a signed document as text, and how untrusted text is shown.

#ifndef MIG_BASE_TEXT_H_
#define MIG_BASE_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mig::base {

// Ok iff `text` is valid UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF)
// without control characters (Unicode category Cc: tabs and line breaks too), without line and
// paragraph separators (U+2028, U+2029), and without bidirectional controls (U+061C, U+200E,
// U+200F, U+202A..U+202E, U+2066..U+2069). Else InvalidArgument, which names the byte offset and
// what stands there. Nothing is normalised: text is compared by bytes (CONTRACT.md 1).
absl::Status CheckText(absl::string_view text);

// `text` for a message, a log or a terminal: what CheckText would refuse, quotes and backslashes
// become \xHH, \" or \\; shortened to about `max_bytes` bytes of output, then "...". Never fails.
std::string Escaped(absl::string_view text, size_t max_bytes = 200);

}  // namespace mig::base

#endif  // MIG_BASE_TEXT_H_
