// 16 random bytes that name something, as types that are not taken for one another.

#ifndef MIG_COORDINATOR_STORE_ID16_H_
#define MIG_COORDINATOR_STORE_ID16_H_

#include <array>
#include <compare>
#include <cstddef>
#include <ostream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace mig::coordinator {

// A value; ordered by bytes. All zeros where it was not assigned to.
template <typename Tag>
class Id16 {
 public:
  static constexpr size_t kSizeBytes = 16;

  constexpr Id16() = default;

  // InvalidArgument unless `bytes` has 16 bytes.
  static absl::StatusOr<Id16> FromBytes(absl::string_view bytes) {
    if (bytes.size() != kSizeBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("an id has 16 bytes, this one has ", bytes.size()));
    }
    Id16 id;
    bytes.copy(id.bytes_.data(), kSizeBytes);
    return id;
  }

  // 32 lower-case digits.
  std::string ToHex() const { return absl::BytesToHexString(bytes()); }

  // The 16 bytes; valid as long as this object.
  absl::string_view bytes() const { return absl::string_view(bytes_.data(), bytes_.size()); }

  friend bool operator==(const Id16&, const Id16&) = default;
  friend std::strong_ordering operator<=>(const Id16& a, const Id16& b) {
    return a.bytes().compare(b.bytes()) <=> 0;
  }
  template <typename H>
  friend H AbslHashValue(H state, const Id16& id) {
    return H::combine(std::move(state), id.bytes_);
  }
  friend std::ostream& operator<<(std::ostream& out, const Id16& id) { return out << id.ToHex(); }

 private:
  std::array<char, kSizeBytes> bytes_ = {};
};

// Of a plan and all its re-signed successors (CONTRACT.md 1).
using RolloutId = Id16<struct RolloutTag>;
// Of one try of a host: with the host's id the key of an outcome.
using AttemptId = Id16<struct AttemptTag>;
// Of one answer to a check-in: how clones are found (CONTRACT.md 3).
using AnswerId = Id16<struct AnswerTag>;
// Of a host's wait for an operator.
using EnrollmentId = Id16<struct EnrollmentTag>;
// Of one store, kept over restores (CONTRACT.md 1, Head).
using StoreId = Id16<struct StoreTag>;

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_ID16_H_
