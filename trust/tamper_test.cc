// Whatever one bit or one byte less does to a signed document: it is refused, or it is the very
// document that was signed; nothing crashes (kolide GO-2026-4348).

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "proto/mig/v1/envelope.pb.h"
#include "trust/testing/full_documents.h"
#include "trust/testing/test_authority.h"
#include "trust/verified.h"

namespace mig::trust {
namespace {

using base::testing::Seed;
using base::testing::SeededRandom;
using ::mig::trust::testing::SignedFull;
using ::mig::trust::testing::TestAuthority;
using ::mig::trust::testing::TryVerify;

class TamperTest : public ::testing::TestWithParam<DocumentType> {
 protected:
  std::string PayloadOf(const std::string& envelope) {
    v1::Envelope message;
    return message.ParseFromString(envelope) ? message.payload() : "";
  }

  const TestAuthority authority_;
  const std::string envelope_ = SignedFull(authority_, GetParam());
};

TEST_P(TamperTest, TruncatedAtAnyByteItIsRefused) {
  for (size_t size = 0; size < envelope_.size(); ++size) {
    EXPECT_FALSE(TryVerify(authority_, GetParam(), envelope_.substr(0, size)).ok()) << size;
  }
}

TEST_P(TamperTest, WithAnyBitFlippedItIsRefusedOrTheSamePayload) {
  const std::string payload = PayloadOf(envelope_);
  size_t accepted = 0;
  for (size_t bit = 0; bit < envelope_.size() * 8; ++bit) {
    std::string changed = envelope_;
    changed[bit / 8] = static_cast<char>(static_cast<uint8_t>(changed[bit / 8]) ^ (1 << (bit % 8)));
    if (!TryVerify(authority_, GetParam(), changed).ok()) continue;
    ++accepted;
    EXPECT_EQ(PayloadOf(changed), payload) << "bit " << bit;
  }
  EXPECT_EQ(accepted, 0u) << "each byte of a document signed at its threshold matters";
}

TEST_P(TamperTest, ThePayloadWithAnyBitFlippedAndSignedAgainDoesNotCrashTheParser) {
  const std::string payload = PayloadOf(envelope_);
  const DocumentRules& rules = RulesOf(GetParam());
  for (size_t bit = 0; bit < payload.size() * 8; bit += 3) {
    std::string changed = payload;
    changed[bit / 8] = static_cast<char>(static_cast<uint8_t>(changed[bit / 8]) ^ (1 << (bit % 8)));
    const std::string envelope =
        authority_.SignPayload(GetParam(), changed, rules.role, authority_.keys(rules.role).size());
    TryVerify(authority_, GetParam(), envelope).IgnoreError();
  }
}

TEST_P(TamperTest, RandomPayloadsSignedRightDoNotCrashTheParser) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  SeededRandom random(seed);
  const std::string payload = PayloadOf(envelope_);
  const DocumentRules& rules = RulesOf(GetParam());
  for (int round = 0; round < 300; ++round) {
    std::string changed = payload;
    const uint64_t changes = 1 + random.Below(8);
    for (uint64_t i = 0; i < changes; ++i) {
      changed[random.Below(changed.size())] = static_cast<char>(random.Below(256));
    }
    const std::string envelope =
        authority_.SignPayload(GetParam(), changed, rules.role, authority_.keys(rules.role).size());
    TryVerify(authority_, GetParam(), envelope).IgnoreError();
  }
}

INSTANTIATE_TEST_SUITE_P(AllDocuments, TamperTest, ::testing::ValuesIn(kAllDocumentTypes),
                         [](const auto& info) { return std::string(RulesOf(info.param).name); });

}  // namespace
}  // namespace mig::trust
