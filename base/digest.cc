#include "base/digest.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"

namespace mig::base {

absl::StatusOr<Digest> Digest::FromBytes(absl::string_view bytes) {
  if (bytes.size() != kSizeBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a SHA-256 digest has 32 bytes, this has ", bytes.size()));
  }
  Digest digest;
  std::copy(bytes.begin(), bytes.end(), digest.bytes_.begin());
  return digest;
}

absl::StatusOr<Digest> Digest::FromHex(absl::string_view hex) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (hex.size() != 2 * kSizeBytes || !std::all_of(hex.begin(), hex.end(), is_digit)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a SHA-256 digest is 64 digits in 0-9a-f, this is \"", Escaped(hex, 80),
                     "\" (", hex.size(), " bytes)"));
  }
  return FromBytes(absl::HexStringToBytes(hex));
}

std::string Digest::ToHex() const { return absl::BytesToHexString(bytes()); }

}  // namespace mig::base
