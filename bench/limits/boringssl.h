// The bare library calls that our own code is measured against. Apart from the rest of bench/,
// since BoringSSL's headers are let in here only.

#ifndef MIG_BENCH_LIMITS_BORINGSSL_H_
#define MIG_BENCH_LIMITS_BORINGSSL_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace mig::bench {

std::array<uint8_t, 32> BareSha256(absl::string_view bytes);

// Reads the whole file with plain calls into `buffer` (resized to the file's size), hashes, closes:
// open, fstat, read, SHA-256, close. Zeros if any of them fails.
std::array<uint8_t, 32> BareSha256OfFile(const std::string& path, std::string& buffer);

// An Ed25519 key pair and one signature, for BareEd25519Verify.
struct BareSignature {
  std::array<uint8_t, 32> public_key;
  std::array<uint8_t, 64> signature;
};
BareSignature BareEd25519Sign(absl::string_view message, const std::array<uint8_t, 32>& seed);
bool BareEd25519Verify(absl::string_view message, const BareSignature& signed_message);

}  // namespace mig::bench

#endif  // MIG_BENCH_LIMITS_BORINGSSL_H_
