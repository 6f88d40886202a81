// A SHA-256 digest as a type of its own: what is compared, named and stored is never a string.

#ifndef MIG_BASE_DIGEST_H_
#define MIG_BASE_DIGEST_H_

#include <array>
#include <compare>
#include <cstddef>
#include <ostream>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mig::base {

// Exactly 32 bytes. A value; ordered by bytes; made by base::Sha256 or read with FromBytes/FromHex.
class Digest {
 public:
  static constexpr size_t kSizeBytes = 32;

  // All zeros, to be assigned to.
  constexpr Digest() = default;
  explicit constexpr Digest(const std::array<char, kSizeBytes>& bytes) : bytes_(bytes) {}

  // InvalidArgument unless `bytes` has 32 bytes.
  static absl::StatusOr<Digest> FromBytes(absl::string_view bytes);

  // InvalidArgument unless `hex` is 64 digits in 0-9a-f: one digest has one spelling.
  static absl::StatusOr<Digest> FromHex(absl::string_view hex);

  // 64 lower-case digits.
  std::string ToHex() const;

  // The 32 bytes; valid as long as this object.
  absl::string_view bytes() const { return absl::string_view(bytes_.data(), bytes_.size()); }

  friend bool operator==(const Digest& a, const Digest& b) { return a.bytes_ == b.bytes_; }
  friend std::strong_ordering operator<=>(const Digest& a, const Digest& b) {
    return a.bytes().compare(b.bytes()) <=> 0;
  }
  template <typename H>
  friend H AbslHashValue(H state, const Digest& digest) {
    return H::combine(std::move(state), digest.bytes_);
  }
  friend std::ostream& operator<<(std::ostream& out, const Digest& digest) {
    return out << digest.ToHex();
  }

 private:
  std::array<char, kSizeBytes> bytes_ = {};
};

}  // namespace mig::base

#endif  // MIG_BASE_DIGEST_H_
