#include "base/system_random.h"

#include <openssl/rand.h>

#include <cstdint>

#include "base/check.h"

#ifndef OPENSSL_IS_BORINGSSL
#error "the headers of another OpenSSL were found: add @boringssl//:crypto to deps"
#endif

namespace mig::base {

void SystemRandom::Fill(std::span<char> bytes) {
  MIG_CHECK(RAND_bytes(reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()) == 1);
}

}  // namespace mig::base
