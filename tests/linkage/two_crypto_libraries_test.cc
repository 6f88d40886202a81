// Debian's gRPC carries OpenSSL, our own cryptography is BoringSSL's, and both are linked into one
// program. Were one to bind to the other's symbols, signatures and TLS would break in ways that no
// other test names; here each says who it is, after both have worked.

#include <dlfcn.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "tests/linkage/boringssl_identity.h"

// OpenSSL's own, declared here since its headers must not meet BoringSSL's.
extern "C" const char* OpenSSL_version(int);

namespace mig::tests {
namespace {

TEST(TwoCryptoLibraries, BoringSslAnswersToItsPrefixedName) {
  EXPECT_EQ(BoringSslVersion(), "BoringSSL");
}

TEST(TwoCryptoLibraries, GrpcsTlsIsOpenSsl) {
  grpc::SslCredentialsOptions options;
  ASSERT_NE(grpc::SslCredentials(options), nullptr);
  EXPECT_EQ(std::string(OpenSSL_version(0)).rfind("OpenSSL 3.", 0), 0u) << OpenSSL_version(0);
}

TEST(TwoCryptoLibraries, BoringSslSignsAndVerifiesBesideGrpc) {
  const auto channel = grpc::CreateChannel("127.0.0.1:1", grpc::InsecureChannelCredentials());
  ASSERT_NE(channel, nullptr);
  EXPECT_TRUE(BoringSslSignsAndVerifies());
}

}  // namespace
}  // namespace mig::tests
