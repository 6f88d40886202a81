// SHA-256 (FIPS 180-4), streaming. BoringSSL computes it; its headers stay in the .cc.

#ifndef MIG_BASE_SHA256_H_
#define MIG_BASE_SHA256_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "base/digest.h"

namespace mig::base {

// One running hash. Copyable: a copy goes on from the same prefix. One thread at a time.
//
// Tagged hashes (CONTRACT.md 1, 3, 4) begin with a label that ends in a zero byte, so that no hash
// of one kind can be one of another kind:
//   Sha256().Add(absl::string_view("MIG slot v1\0", 12)).Add(id.bytes()).Finish()
class Sha256 {
 public:
  Sha256();

  Sha256& Add(absl::string_view bytes);
  Sha256& AddU8(uint8_t number);
  Sha256& AddU32Be(uint32_t number);
  Sha256& AddU64Be(uint64_t number);
  // u32be length, then the bytes (fewer than 2^32).
  Sha256& AddWithLength(absl::string_view bytes);

  // The digest of everything added. Nothing may follow.
  Digest Finish();

 private:
  static constexpr size_t kStateBytes = 112;  // SHA256_CTX; the .cc checks it
  alignas(8) unsigned char state_[kStateBytes];
};

Digest Sha256Of(absl::string_view bytes);

}  // namespace mig::base

#endif  // MIG_BASE_SHA256_H_
