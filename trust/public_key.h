// Keys that verify documents. Ed25519 (RFC 8032) today; a key of an algorithm that this program
// does not know is held, shown and never counts, so that another kind can be added later.

#ifndef MIG_TRUST_PUBLIC_KEY_H_
#define MIG_TRUST_PUBLIC_KEY_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "trust/ids.h"

namespace mig::trust {

inline constexpr uint8_t kEd25519 = 1;  // v1::Key::ED25519

// A value, immutable. An Ed25519 key here is a canonical encoding of a point on the curve that is
// not of small order: for other points "signed" would mean nothing.
class PublicKey {
 public:
  // MALFORMED  an Ed25519 key that has not 32 bytes, or is not such a point; no bytes at all
  // BOUND      more than 8 KiB, or an algorithm above 255
  // An algorithm of 0 is MALFORMED, an unknown one is held.
  static absl::StatusOr<PublicKey> Create(uint32_t algorithm, absl::string_view bytes);

  uint8_t algorithm() const { return algorithm_; }
  const std::string& bytes() const { return bytes_; }
  const KeyId& id() const { return id_; }
  // False for an algorithm of the future: Verify never succeeds.
  bool can_verify() const { return algorithm_ == kEd25519; }

  // Whether `signature` over `message` is this key's: 64 bytes, S < L, R canonical and equal to
  // [S]B - [k]A (the equation without cofactor, as BoringSSL has it).
  bool Verify(absl::string_view message, absl::string_view signature) const;

  friend bool operator==(const PublicKey&, const PublicKey&) = default;

 private:
  PublicKey(uint8_t algorithm, absl::string_view bytes);

  uint8_t algorithm_;
  std::string bytes_;
  KeyId id_;
};

// SHA-256("MIG key v1\0" || u8 algorithm || key bytes).
KeyId KeyIdOf(uint8_t algorithm, absl::string_view bytes);

// "a41c 09e2 77b0 1d5f": the first eight bytes, for people to compare.
std::string ShortId(const KeyId& id);

}  // namespace mig::trust

#endif  // MIG_TRUST_PUBLIC_KEY_H_
