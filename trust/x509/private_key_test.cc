#include "trust/x509/private_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "trust/host_id.h"
#include "trust/pem.h"
#include "trust/refusal.h"
#include "trust/x509/certificate_request.h"
#include "trust/x509/possession.h"

namespace mig::trust::x509 {
namespace {

using base::testing::IsOk;
using base::testing::Seed;
using base::testing::SeededRandom;
using base::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

PrivateKey Key(uint64_t number) {
  SeededRandom random{Seed(number)};
  return PrivateKey::Generate(random);
}

TEST(PrivateKeyTest, TheSameRandomNumbersGiveTheSameKey) {
  EXPECT_EQ(Key(1).spki(), Key(1).spki());
  EXPECT_NE(Key(1).spki(), Key(2).spki());
  EXPECT_THAT(CheckHostKeySpki(Key(1).spki()), IsOk());
}

TEST(PrivateKeyTest, ComesBackFromItsPem) {
  const auto key = PrivateKey::FromPem(Key(1).ToPem());
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->spki(), Key(1).spki());
  EXPECT_TRUE(VerifyEcdsa(Key(1).spki(), "m", key->Sign("m")));
}

TEST(PrivateKeyTest, ComesBackFromItsEncryptedPemWithThePassphraseOnly) {
  SeededRandom random(Seed(9));
  const std::string pem = Key(1).ToEncryptedPem("correct horse", random);
  const auto key = PrivateKey::FromPem(pem, "correct horse");
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->spki(), Key(1).spki());
  EXPECT_THAT(PrivateKey::FromPem(pem, "wrong"),
              StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("passphrase")));
  EXPECT_THAT(PrivateKey::FromPem(pem),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("passphrase is needed")));
}

TEST(PrivateKeyTest, OtherFilesAreCalledWhatTheyAre) {
  EXPECT_THAT(PrivateKey::FromPem(""), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(PrivateKey::FromPem(EncodePem("RSA PRIVATE KEY", "x")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("RSA PRIVATE KEY")));
  EXPECT_THAT(PrivateKey::FromPem(EncodePem("PRIVATE KEY", "x")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("damaged")));
  EXPECT_EQ(RefusalOf(PrivateKey::FromPem(std::string(16'385, 'x')).status()), v1::Refusal::BOUND);
}

TEST(PrivateKeyTest, ASignatureIsOfOneMessageByOneKey) {
  const std::string signature = Key(1).Sign("m");
  EXPECT_LE(signature.size(), 72u);
  EXPECT_TRUE(VerifyEcdsa(Key(1).spki(), "m", signature));
  EXPECT_FALSE(VerifyEcdsa(Key(1).spki(), "n", signature));
  EXPECT_FALSE(VerifyEcdsa(Key(2).spki(), "m", signature));
  EXPECT_FALSE(VerifyEcdsa(Key(1).spki(), "m", signature + "x"));
  EXPECT_FALSE(VerifyEcdsa(Key(1).spki(), "m", ""));
  EXPECT_FALSE(VerifyEcdsa(std::string(91, 'x'), "m", signature));
  std::string off_curve = Key(1).spki();
  off_curve.back() = static_cast<char>(off_curve.back() ^ 1);
  EXPECT_FALSE(VerifyEcdsa(off_curve, "m", signature));
}

TEST(PossessionTest, IsOfOneRequestInOneTrustDomain) {
  const std::string proof = ProvePossession(Key(1), "corp.example", "csr");
  EXPECT_THAT(CheckPossession(Key(1).spki(), "corp.example", "csr", proof), IsOk());
  for (const absl::Status& status :
       {CheckPossession(Key(2).spki(), "corp.example", "csr", proof),
        CheckPossession(Key(1).spki(), "other.example", "csr", proof),
        CheckPossession(Key(1).spki(), "corp.examplec", "sr", proof),
        CheckPossession(Key(1).spki(), "corp.example", "another", proof),
        CheckPossession(Key(1).spki(), "corp.example", "csr", "")}) {
    EXPECT_EQ(RefusalOf(status), v1::Refusal::POSSESSION);
  }
}

TEST(CertificateRequestTest, CarriesAKeyAndProvesIt) {
  const auto der = CertificateRequest::Make(Key(1), "lap-0193");
  ASSERT_THAT(der, IsOk());
  const auto request = CertificateRequest::ParseDer(*der);
  ASSERT_THAT(request, IsOk());
  EXPECT_EQ(request->spki(), Key(1).spki());
  EXPECT_EQ(request->host_id(), *HostIdOf(Key(1).spki()));
  EXPECT_EQ(request->common_name(), "lap-0193");
  EXPECT_THAT(CertificateRequest::ParsePem(CertificateRequestPem(*der)), IsOk());
  EXPECT_THAT(CertificateRequest::Make(Key(1), "Lap 1"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(CertificateRequestTest, AnyBitFlippedOrByteLessIsRefused) {
  const std::string der = *CertificateRequest::Make(Key(1), "lap");
  for (size_t bit = 0; bit < der.size() * 8; ++bit) {
    std::string changed = der;
    changed[bit / 8] = static_cast<char>(static_cast<uint8_t>(changed[bit / 8]) ^ (1 << (bit % 8)));
    EXPECT_THAT(CertificateRequest::ParseDer(changed), Not(IsOk())) << bit;
  }
  for (size_t size = 0; size < der.size(); ++size) {
    EXPECT_THAT(CertificateRequest::ParseDer(der.substr(0, size)), Not(IsOk())) << size;
  }
  EXPECT_EQ(RefusalOf(CertificateRequest::ParseDer(der + "x").status()), v1::Refusal::CSR);
  EXPECT_EQ(RefusalOf(CertificateRequest::ParseDer(std::string(1 << 20, 'x')).status()),
            v1::Refusal::BOUND);
}

TEST(CertificateRequestTest, AnotherKeyThanTheSignersIsRefused) {
  std::string der = *CertificateRequest::Make(Key(1), "lap");
  const size_t at = der.find(Key(1).spki());
  ASSERT_NE(at, std::string::npos);
  der.replace(at, Key(1).spki().size(), Key(2).spki());
  EXPECT_THAT(CertificateRequest::ParseDer(der),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("own key")));
}

TEST(CertificateRequestTest, OtherPemIsCalledWhatItIs) {
  EXPECT_THAT(CertificateRequest::ParsePem(Key(1).ToPem()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("PRIVATE KEY")));
}

}  // namespace
}  // namespace mig::trust::x509
