#include "base/sha256.h"

#include <openssl/sha.h>

#include <array>
#include <limits>
#include <new>

#include "base/check.h"
#include "base/endian.h"

#ifndef OPENSSL_IS_BORINGSSL
#error "the headers of another OpenSSL were found: add @boringssl//:crypto to deps"
#endif

namespace mig::base {

namespace {

SHA256_CTX* Context(unsigned char* state) { return reinterpret_cast<SHA256_CTX*>(state); }

}  // namespace

Sha256::Sha256() {
  static_assert(sizeof(SHA256_CTX) == kStateBytes && alignof(SHA256_CTX) <= 8);
  SHA256_Init(new (state_) SHA256_CTX);
}

Sha256& Sha256::Add(absl::string_view bytes) {
  SHA256_Update(Context(state_), bytes.data(), bytes.size());
  return *this;
}

Sha256& Sha256::AddU8(uint8_t number) {
  const char byte = static_cast<char>(number);
  return Add(absl::string_view(&byte, 1));
}

Sha256& Sha256::AddU32Be(uint32_t number) {
  std::string bytes;  // short enough to need no allocation
  AppendU32Be(bytes, number);
  return Add(bytes);
}

Sha256& Sha256::AddU64Be(uint64_t number) {
  std::string bytes;
  AppendU64Be(bytes, number);
  return Add(bytes);
}

Sha256& Sha256::AddWithLength(absl::string_view bytes) {
  MIG_CHECK(bytes.size() <= std::numeric_limits<uint32_t>::max()) << bytes.size() << " bytes";
  return AddU32Be(static_cast<uint32_t>(bytes.size())).Add(bytes);
}

Digest Sha256::Finish() {
  std::array<char, Digest::kSizeBytes> digest;
  SHA256_Final(reinterpret_cast<uint8_t*>(digest.data()), Context(state_));
  return Digest(digest);
}

Digest Sha256Of(absl::string_view bytes) { return Sha256().Add(bytes).Finish(); }

}  // namespace mig::base
