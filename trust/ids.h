// Ids and nonces of fixed length, each a type of its own, so that none is passed for another.

#ifndef MIG_TRUST_IDS_H_
#define MIG_TRUST_IDS_H_

#include <array>
#include <compare>
#include <cstddef>
#include <ostream>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/random.h"
#include "base/sizes.h"

namespace mig::trust {

namespace internal {
// InvalidArgument unless `bytes` has `size`; then copied to `out`.
absl::Status CopyExactly(absl::string_view bytes, size_t size, char* out);
absl::Status CopyFromHex(absl::string_view hex, size_t size, char* out);
std::string HexOf(absl::string_view bytes);
}  // namespace internal

// Exactly N bytes. A value; ordered by bytes; prints as lower-case hex. `Tag` makes the type.
template <typename Tag, size_t N>
class FixedBytes {
 public:
  static constexpr size_t kSizeBytes = N;

  // All zeros, to be assigned to.
  constexpr FixedBytes() = default;
  explicit constexpr FixedBytes(const std::array<char, N>& bytes) : bytes_(bytes) {}

  // MALFORMED (InvalidArgument) unless `bytes` has N bytes.
  static absl::StatusOr<FixedBytes> FromBytes(absl::string_view bytes) {
    FixedBytes result;
    if (absl::Status s = internal::CopyExactly(bytes, N, result.bytes_.data()); !s.ok()) return s;
    return result;
  }
  // MALFORMED unless `hex` is 2 N digits in 0-9a-f: one id has one spelling.
  static absl::StatusOr<FixedBytes> FromHex(absl::string_view hex) {
    FixedBytes result;
    if (absl::Status s = internal::CopyFromHex(hex, N, result.bytes_.data()); !s.ok()) return s;
    return result;
  }
  static FixedBytes Random(base::Random& random) {
    FixedBytes result;
    random.Fill(result.bytes_);
    return result;
  }

  std::string ToHex() const { return internal::HexOf(bytes()); }
  // Valid as long as this object.
  absl::string_view bytes() const { return absl::string_view(bytes_.data(), N); }

  friend bool operator==(const FixedBytes& a, const FixedBytes& b) { return a.bytes_ == b.bytes_; }
  friend std::strong_ordering operator<=>(const FixedBytes& a, const FixedBytes& b) {
    return a.bytes().compare(b.bytes()) <=> 0;
  }
  template <typename H>
  friend H AbslHashValue(H state, const FixedBytes& id) {
    return H::combine(std::move(state), id.bytes_);
  }
  friend std::ostream& operator<<(std::ostream& out, const FixedBytes& id) {
    return out << id.ToHex();
  }

 private:
  std::array<char, N> bytes_ = {};
};

// SHA-256("MIG key v1\0" || u8 algorithm || key bytes): trust/public_key.h.
using KeyId = FixedBytes<struct KeyIdTag, 32>;
// A loader's, new for each check-in; the assignment repeats it.
using Nonce = FixedBytes<struct NonceTag, base::kNonceBytes>;
// The same in all re-signed plans of one rollout; offers and gates are keyed by it.
using RolloutId = FixedBytes<struct RolloutIdTag, base::kRolloutIdBytes>;
// Secret-free randomness of a rollout's cohorts.
using CohortSeed = FixedBytes<struct CohortSeedTag, base::kCohortSeedBytes>;
// Made with a coordinator's store, kept over restores.
using StoreId = FixedBytes<struct StoreIdTag, base::kStoreIdBytes>;
// A transaction's id, under which its outcome is counted once.
using AttemptId = FixedBytes<struct AttemptIdTag, base::kAttemptIdBytes>;
// What the next check-in returns as previous_answer.
using AnswerId = FixedBytes<struct AnswerIdTag, base::kAnswerIdBytes>;

}  // namespace mig::trust

#endif  // MIG_TRUST_IDS_H_
