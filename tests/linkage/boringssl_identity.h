#ifndef MIG_TESTS_LINKAGE_BORINGSSL_IDENTITY_H_
#define MIG_TESTS_LINKAGE_BORINGSSL_IDENTITY_H_

// What BoringSSL says of itself in this program; apart, since its headers and gRPC's must not meet.

#include <string>

namespace mig::tests {

// SSLeay_version(0) as BoringSSL's headers resolve it.
std::string BoringSslVersion();

// Makes an Ed25519 key, signs with it, and verifies.
bool BoringSslSignsAndVerifies();

}  // namespace mig::tests

#endif  // MIG_TESTS_LINKAGE_BORINGSSL_IDENTITY_H_
