#include "loader/services/output_text.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/text.h"

namespace mig::loader {

namespace {

bool ContinuesACharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// The end of it that begins with a whole character.
absl::string_view Tail(absl::string_view bytes, size_t max_bytes) {
  if (bytes.size() <= max_bytes) return bytes;
  bytes.remove_prefix(bytes.size() - max_bytes);
  while (!bytes.empty() && ContinuesACharacter(bytes[0])) bytes.remove_prefix(1);
  return bytes;
}

}  // namespace

std::string OutputTail(absl::string_view bytes, size_t max_bytes) {
  std::string text;
  absl::string_view separator;
  // Escaping makes nothing shorter, so what is cut off here would not have been shown.
  for (const absl::string_view line : absl::StrSplit(Tail(bytes, max_bytes), '\n')) {
    absl::StrAppend(&text, separator, base::Escaped(line, std::numeric_limits<size_t>::max()));
    separator = "\n";
  }
  return std::string(Tail(text, max_bytes));
}

}  // namespace mig::loader
