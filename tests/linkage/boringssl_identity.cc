#include "tests/linkage/boringssl_identity.h"

#include <openssl/base.h>
#include <openssl/crypto.h>
#include <openssl/curve25519.h>

#ifndef OPENSSL_IS_BORINGSSL
#error "these are OpenSSL's headers: add @boringssl//:crypto to deps"
#endif

namespace mig::tests {

std::string BoringSslVersion() { return SSLeay_version(0); }

bool BoringSslSignsAndVerifies() {
  uint8_t public_key[ED25519_PUBLIC_KEY_LEN];
  uint8_t private_key[ED25519_PRIVATE_KEY_LEN];
  ED25519_keypair(public_key, private_key);
  const uint8_t message[] = {'m', 'i', 'g'};
  uint8_t signature[ED25519_SIGNATURE_LEN];
  return ED25519_sign(signature, message, sizeof(message), private_key) == 1 &&
         ED25519_verify(message, sizeof(message), signature, public_key) == 1;
}

}  // namespace mig::tests
