#include "bench/limits/boringssl.h"

#include <fcntl.h>
#include <openssl/base.h>
#include <openssl/curve25519.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef OPENSSL_IS_BORINGSSL
#error "these are OpenSSL's headers: add @boringssl//:crypto to deps"
#endif

namespace mig::bench {
namespace {

const uint8_t* Bytes(absl::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

}  // namespace

std::array<uint8_t, 32> BareSha256(absl::string_view bytes) {
  std::array<uint8_t, 32> digest;
  SHA256(Bytes(bytes), bytes.size(), digest.data());
  return digest;
}

std::array<uint8_t, 32> BareSha256OfFile(const std::string& path, std::string& buffer) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat stat = {};
  if (file < 0 || fstat(file, &stat) != 0) return {};
  buffer.resize(static_cast<size_t>(stat.st_size));
  const ssize_t got = read(file, buffer.data(), buffer.size());
  close(file);
  return got == stat.st_size ? BareSha256(buffer) : std::array<uint8_t, 32>{};
}

BareSignature BareEd25519Sign(absl::string_view message, const std::array<uint8_t, 32>& seed) {
  BareSignature made;
  uint8_t private_key[ED25519_PRIVATE_KEY_LEN];
  ED25519_keypair_from_seed(made.public_key.data(), private_key, seed.data());
  ED25519_sign(made.signature.data(), Bytes(message), message.size(), private_key);
  return made;
}

bool BareEd25519Verify(absl::string_view message, const BareSignature& signed_message) {
  return ED25519_verify(Bytes(message), message.size(), signed_message.signature.data(),
                        signed_message.public_key.data()) == 1;
}

}  // namespace mig::bench
