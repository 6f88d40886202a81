#include "trust/public_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "base/testing/status_matchers.h"
#include "trust/refusal.h"
#include "trust/signing_key.h"
#include "trust/testing/test_authority.h"

namespace mig::trust {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using ::mig::trust::testing::TestKey;
using ::testing::HasSubstr;

std::string FromHex(absl::string_view hex) { return absl::HexStringToBytes(hex); }

struct Rfc8032Vector {
  const char* secret;
  const char* public_key;
  const char* message;
  const char* signature;
};

// RFC 8032, section 7.1: TEST 1, TEST 2, TEST 3, TEST SHA(abc).
constexpr Rfc8032Vector kVectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6"
     "594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
     "b"
     "bd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e"
     "0"
     "303dca179c138ac17ad9bef1177331a704"},
};

TEST(PublicKeyTest, VectorsOfRfc8032SignAndVerify) {
  for (const Rfc8032Vector& vector : kVectors) {
    const auto key = SigningKey::FromSeed(FromHex(vector.secret));
    ASSERT_THAT(key, IsOk());
    EXPECT_EQ(key->public_key().bytes(), FromHex(vector.public_key));
    const std::string message = FromHex(vector.message);
    EXPECT_EQ(*key->Sign(message), FromHex(vector.signature));
    const auto public_key = PublicKey::Create(kEd25519, FromHex(vector.public_key));
    ASSERT_THAT(public_key, IsOk());
    EXPECT_TRUE(public_key->Verify(message, FromHex(vector.signature)));
    EXPECT_FALSE(public_key->Verify(message + "x", FromHex(vector.signature)));
  }
}

TEST(PublicKeyTest, TheKeyIdBindsAlgorithmAndBytes) {
  const PublicKey key = TestKey(1).public_key();
  EXPECT_EQ(key.id(), KeyIdOf(1, key.bytes()));
  EXPECT_NE(key.id(), KeyIdOf(2, key.bytes()));
}

TEST(PublicKeyTest, AKeyOfAnotherSizeIsRefused) {  // go-tuf #739
  for (const size_t size : {0, 31, 33, 64}) {
    EXPECT_THAT(PublicKey::Create(kEd25519, std::string(size, '\x42')),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << size;
  }
}

TEST(PublicKeyTest, PointsOfSmallOrderAreRefusedInEitherSign) {
  const std::string y_of_small_order[] = {
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "0000000000000000000000000000000000000000000000000000000000000000",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"};
  for (const std::string& hex : y_of_small_order) {
    std::string point = FromHex(hex);
    for (int sign = 0; sign < 2; ++sign) {
      EXPECT_THAT(PublicKey::Create(kEd25519, point),
                  StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("small order")))
          << hex;
      point[31] = static_cast<char>(static_cast<uint8_t>(point[31]) ^ 0x80);
    }
  }
}

TEST(PublicKeyTest, NonCanonicalEncodingsAreRefused) {
  // y = p + k for each k that still fits into 255 bits: other bytes for the point of y = k.
  for (int k = 0; k < 19; ++k) {
    std::string point(32, '\xff');
    point[0] = static_cast<char>(0xed + k);
    point[31] = '\x7f';
    EXPECT_THAT(PublicKey::Create(kEd25519, point),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("canonical")))
        << k;
  }
}

TEST(PublicKeyTest, BytesThatAreNoPointAreRefused) {
  std::string point(32, '\0');
  point[0] = 2;  // x^2 = 3 / (4d + 1) has no root
  EXPECT_THAT(PublicKey::Create(kEd25519, point),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no point")));
}

TEST(PublicKeyTest, EveryKeyThatSignsPassesTheCheckOfPoints) {
  for (uint64_t i = 0; i < 50; ++i) {
    EXPECT_THAT(PublicKey::Create(kEd25519, TestKey(i).public_key().bytes()), IsOk()) << i;
  }
}

TEST(PublicKeyTest, ASignatureOfAnotherSizeIsInvalid) {
  const SigningKey key = TestKey(1);
  const std::string signature = *key.Sign("m");
  ASSERT_TRUE(key.public_key().Verify("m", signature));
  EXPECT_FALSE(key.public_key().Verify("m", signature.substr(0, 63)));
  EXPECT_FALSE(key.public_key().Verify("m", signature + std::string(1, '\0')));
  EXPECT_FALSE(key.public_key().Verify("m", ""));
}

TEST(PublicKeyTest, SPlusLIsInvalidSoThatNobodyMakesASecondSignature) {
  // L, little-endian (RFC 8032, section 5.1).
  const std::string order =
      FromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  const SigningKey key = TestKey(1);
  std::string signature = *key.Sign("m");
  int carry = 0;
  for (int i = 0; i < 32; ++i) {
    const int sum =
        static_cast<uint8_t>(signature[32 + i]) + static_cast<uint8_t>(order[i]) + carry;
    signature[32 + i] = static_cast<char>(sum & 0xff);
    carry = sum >> 8;
  }
  EXPECT_FALSE(key.public_key().Verify("m", signature));
}

TEST(PublicKeyTest, AKeyOfAnUnknownAlgorithmIsHeldAndNeverVerifies) {
  const auto key = PublicKey::Create(9, "a key of the future");
  ASSERT_THAT(key, IsOk());
  EXPECT_FALSE(key->can_verify());
  EXPECT_FALSE(key->Verify("m", std::string(64, '\0')));
  EXPECT_EQ(RefusalOf(PublicKey::Create(256, "k").status()), v1::Refusal::BOUND);
  EXPECT_EQ(RefusalOf(PublicKey::Create(0, "k").status()), v1::Refusal::MALFORMED);
  EXPECT_EQ(RefusalOf(PublicKey::Create(9, std::string(8193, 'k')).status()), v1::Refusal::BOUND);
  EXPECT_EQ(RefusalOf(PublicKey::Create(9, "").status()), v1::Refusal::MALFORMED);
}

TEST(PublicKeyTest, AMovedFromKeyKeepsNoSecret) {
  SigningKey key = TestKey(1);
  const SigningKey moved = std::move(key);
  EXPECT_EQ(key.seed(), std::string(32, '\0'));  // NOLINT: what is left behind is the point
  EXPECT_TRUE(moved.public_key().Verify("m", *moved.Sign("m")));
}

}  // namespace
}  // namespace mig::trust
