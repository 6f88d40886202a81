#include "trust/ids.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "trust/refusal.h"

namespace mig::trust::internal {

absl::Status CopyExactly(absl::string_view bytes, size_t size, char* out) {
  if (bytes.size() != size) {
    return Refuse(v1::Refusal::MALFORMED,
                  absl::StrCat("has ", bytes.size(), " bytes, must have ", size));
  }
  std::copy(bytes.begin(), bytes.end(), out);
  return absl::OkStatus();
}

absl::Status CopyFromHex(absl::string_view hex, size_t size, char* out) {
  const bool digits = std::all_of(hex.begin(), hex.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (hex.size() != 2 * size || !digits) {
    return Refuse(v1::Refusal::MALFORMED, absl::StrCat("must be ", 2 * size, " digits of 0-9 a-f"));
  }
  return CopyExactly(absl::HexStringToBytes(hex), size, out);
}

std::string HexOf(absl::string_view bytes) { return absl::BytesToHexString(bytes); }

}  // namespace mig::trust::internal
