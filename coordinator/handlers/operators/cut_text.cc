#include "coordinator/handlers/operators/cut_text.h"

#include <cstdint>

namespace mig::coordinator {

absl::string_view CutText(absl::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  // Bytes 10xxxxxx go on with a character (RFC 3629).
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace mig::coordinator
