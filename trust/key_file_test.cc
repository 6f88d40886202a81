#include "trust/key_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "trust/pem.h"
#include "trust/refusal.h"
#include "trust/testing/test_authority.h"

namespace mig::trust {
namespace {

using base::testing::IsOk;
using base::testing::IsOkAndHolds;
using base::testing::Seed;
using base::testing::SeededRandom;
using base::testing::StatusIs;
using ::mig::trust::testing::TestKey;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr KeyFileCost kCheap = {.log2_n = 10};

std::string Encrypted(absl::string_view passphrase = "correct horse") {
  SeededRandom random(Seed(1));
  return *EncodeEncryptedKeyFile({.name = "ana-root", .key = TestKey(1)}, passphrase, random,
                                 kCheap);
}

TEST(KeyFileTest, WhatWasEncryptedOpensWithItsPassphrase) {
  const auto key = DecodeKeyFile(Encrypted(), "correct horse");
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->name, "ana-root");
  EXPECT_EQ(key->key.seed(), TestKey(1).seed());
  EXPECT_THAT(NeedsPassphrase(Encrypted()), IsOkAndHolds(true));
}

TEST(KeyFileTest, AWrongPassphraseIsSaidToBeOne) {
  EXPECT_THAT(
      DecodeKeyFile(Encrypted(), "wrong"),
      StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("passphrase of key 'ana-root'")));
  EXPECT_THAT(DecodeKeyFile(Encrypted(), std::nullopt),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("passphrase is needed")));
}

TEST(KeyFileTest, TheSecretIsNotInTheFile) {
  const std::string bytes = (*DecodePem(Encrypted(), 1))[0].bytes;
  EXPECT_THAT(bytes, Not(HasSubstr(std::string(TestKey(1).seed()))));
}

TEST(KeyFileTest, EachByteIsAuthenticated) {
  const std::string bytes = (*DecodePem(Encrypted(), 1))[0].bytes;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 2) continue;  // the cost: would only take long
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_THAT(DecodeKeyFile(EncodePem("MIG ENCRYPTED KEY", changed), "correct horse"),
                Not(IsOk()))
        << i;
    EXPECT_THAT(DecodeKeyFile(EncodePem("MIG ENCRYPTED KEY", bytes.substr(0, i)), "correct horse"),
                Not(IsOk()))
        << i;
  }
}

TEST(KeyFileTest, ACostThatWouldTakeAllMemoryIsRefused) {
  std::string bytes = (*DecodePem(Encrypted(), 1))[0].bytes;
  bytes[2] = 30;
  EXPECT_EQ(RefusalOf(DecodeKeyFile(EncodePem("MIG ENCRYPTED KEY", bytes), "p").status()),
            v1::Refusal::BOUND);
  SeededRandom random(Seed(1));
  EXPECT_EQ(
      RefusalOf(EncodeEncryptedKeyFile({.name = "a", .key = TestKey(1)}, "p", random, {.log2_n = 9})
                    .status()),
      v1::Refusal::BOUND);
}

TEST(KeyFileTest, AnEmptyPassphraseOrABadNameIsRefused) {
  SeededRandom random(Seed(1));
  EXPECT_THAT(EncodeEncryptedKeyFile({.name = "ana", .key = TestKey(1)}, "", random, kCheap),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(EncodeEncryptedKeyFile({.name = "Ana", .key = TestKey(1)}, "p", random, kCheap),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(KeyFileTest, AnOnlineKeyNeedsNoPassphrase) {
  const auto file = EncodePlainKeyFile({.name = "online", .key = TestKey(2)});
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(NeedsPassphrase(*file), IsOkAndHolds(false));
  const auto key = DecodeKeyFile(*file, std::nullopt);
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->key.public_key(), TestKey(2).public_key());
}

TEST(KeyFileTest, APlainKeyWhoseHalvesDoNotBelongTogetherIsRefused) {
  std::string bytes =
      (*DecodePem(*EncodePlainKeyFile({.name = "o", .key = TestKey(2)}), 1))[0].bytes;
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  EXPECT_THAT(DecodeKeyFile(EncodePem("MIG KEY", bytes), std::nullopt),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("damaged")));
}

TEST(KeyFileTest, OtherFilesAreCalledWhatTheyAre) {
  EXPECT_THAT(DecodeKeyFile("", "p"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(DecodeKeyFile(*EncodePublicKeyFile("ana", TestKey(1).public_key()), "p"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("public key file")));
  EXPECT_THAT(DecodeKeyFile("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n", "p"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no private key file")));
  EXPECT_THAT(DecodeKeyFile("-----BEGIN MIG KEY-----\nAA==\n", "p"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("cut off")));
  EXPECT_EQ(RefusalOf(DecodeKeyFile(std::string(16'385, 'x'), "p").status()), v1::Refusal::BOUND);
}

TEST(PublicKeyFileTest, IsOneLine) {
  const PublicKey key = TestKey(1).public_key();
  const auto file = EncodePublicKeyFile("ana-root", key);
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(*file, absl::StrCat("mig-key-v1 ed25519 ", absl::BytesToHexString(key.bytes()),
                                " ana-root\n"));
  EXPECT_THAT(DecodePublicKeyFile(*file), IsOkAndHolds(NamedPublicKey{"ana-root", key}));
}

TEST(PublicKeyFileTest, WhatIsWrongIsNamed) {
  const std::string good = *EncodePublicKeyFile("ana", TestKey(1).public_key());
  EXPECT_THAT(DecodePublicKeyFile(Encrypted()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("private key")));
  EXPECT_THAT(DecodePublicKeyFile("hello"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(DecodePublicKeyFile(absl::StrReplaceAll(good, {{" ana", " Ana"}})),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(DecodePublicKeyFile(absl::StrReplaceAll(good, {{" ana", "00 ana"}})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("64 digits")));
  EXPECT_EQ(
      RefusalOf(DecodePublicKeyFile(absl::StrReplaceAll(good, {{"ed25519", "mldsa"}})).status()),
      v1::Refusal::UNSUPPORTED);
  EXPECT_THAT(DecodePublicKeyFile("mig-key-v1 ed25519 " + std::string(64, '0') + " ana"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("small order")));
  EXPECT_EQ(RefusalOf(DecodePublicKeyFile(std::string(16'385, 'x')).status()), v1::Refusal::BOUND);
}

}  // namespace
}  // namespace mig::trust
