// Project Wycheproof's Ed25519 vectors, as BoringSSL's sources carry them.

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/strip.h"
#include "trust/public_key.h"

namespace mig::trust {
namespace {

constexpr char kVectors[] =
    "external/boringssl/src/third_party/wycheproof_testvectors/eddsa_test.txt";

struct Vector {
  std::string public_key;
  std::string message;
  std::string result;
  std::string signature;
};

bool Holds(const Vector& vector) {
  const auto key = PublicKey::Create(kEd25519, absl::HexStringToBytes(vector.public_key));
  return key.ok() && key->Verify(absl::HexStringToBytes(vector.message),
                                 absl::HexStringToBytes(vector.signature));
}

TEST(WycheproofTest, Ed25519VectorsAreJudgedAsTheirAuthorsSay) {
  std::ifstream file(kVectors);
  ASSERT_TRUE(file.good()) << kVectors;
  Vector vector;
  int valid = 0;
  int invalid = 0;
  for (std::string line; std::getline(file, line);) {
    absl::string_view text = line;
    if (absl::ConsumePrefix(&text, "[key.pk = ")) {
      vector.public_key = std::string(absl::StripSuffix(text, "]"));
    } else if (absl::ConsumePrefix(&text, "msg = ") || text == "msg =") {
      vector.message = text == "msg =" ? "" : std::string(text);
    } else if (absl::ConsumePrefix(&text, "result = ")) {
      vector.result = std::string(text);
    } else if (absl::ConsumePrefix(&text, "sig = ") || text == "sig =") {
      vector.signature = text == "sig =" ? "" : std::string(text);
      (vector.result == "valid" ? valid : invalid) += 1;
      EXPECT_EQ(Holds(vector), vector.result == "valid")
          << "message " << vector.message << ", signature " << vector.signature;
    }
  }
  EXPECT_GT(valid, 50);
  EXPECT_GT(invalid, 50);
}

}  // namespace
}  // namespace mig::trust
