#include "trust/envelope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/testing/status_matchers.h"
#include "proto/mig/v1/envelope.pb.h"
#include "trust/refusal.h"
#include "trust/testing/test_authority.h"

namespace mig::trust {
namespace {

using base::testing::IsOk;
using ::mig::trust::testing::TestAuthority;
using ::mig::trust::testing::TestKey;
using ::testing::HasSubstr;

v1::Envelope Message() {
  v1::Envelope message;
  message.set_payload("payload");
  message.set_payload_type("application/vnd.mig.plan.v1+protobuf");
  v1::Signature& signature = *message.add_signatures();
  signature.set_key_id(std::string(TestKey(1).public_key().id().bytes()));
  signature.set_signature(std::string(64, 's'));
  return message;
}

std::optional<v1::Refusal::Code> CodeOf(absl::string_view bytes) {
  return RefusalOf(Envelope::Parse(bytes, DocumentType::kPlan).status());
}

TEST(PreAuthenticationEncodingTest, IsDssesPublishedExample) {
  // github.com/secure-systems-lab/dsse, protocol.md, "Test Vectors".
  EXPECT_EQ(PreAuthenticationEncoding("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

TEST(PreAuthenticationEncodingTest, LengthsAreOfBytesAndHaveNoLeadingZeroOrSign) {
  EXPECT_EQ(PreAuthenticationEncoding("", ""), "DSSEv1 0  0 ");
  EXPECT_EQ(PreAuthenticationEncoding("t", "\xc3\xbc"), "DSSEv1 1 t 2 \xc3\xbc");
  EXPECT_EQ(PreAuthenticationEncoding("t", absl::string_view("a\0b", 3)),
            std::string("DSSEv1 1 t 3 a\0b", 16));
}

TEST(PreAuthenticationEncodingTest, AByteMovedBetweenTypeAndPayloadGivesOtherBytes) {
  std::set<std::string> encodings;
  const std::string all = "abc 3 def";
  for (size_t i = 0; i <= all.size(); ++i) {
    encodings.insert(PreAuthenticationEncoding(all.substr(0, i), all.substr(i)));
  }
  EXPECT_EQ(encodings.size(), all.size() + 1);
}

TEST(EnvelopeTest, ReadsWhatItWrote) {
  const auto envelope = Envelope::Parse(Message().SerializeAsString(), DocumentType::kPlan);
  ASSERT_THAT(envelope, IsOk());
  EXPECT_EQ(envelope->payload(), "payload");
  ASSERT_EQ(envelope->signatures().size(), 1u);
  EXPECT_EQ(envelope->signatures()[0].signature, std::string(64, 's'));
  EXPECT_EQ(envelope->Serialize(), Message().SerializeAsString());
}

TEST(EnvelopeTest, APayloadTypeOfAnotherDocumentIsRefusedForEveryPair) {
  for (const DocumentType claimed : kAllDocumentTypes) {
    v1::Envelope message = Message();
    message.set_payload_type(std::string(RulesOf(claimed).payload_type));
    for (const DocumentType expected : kAllDocumentTypes) {
      const auto envelope = Envelope::Parse(message.SerializeAsString(), expected);
      if (claimed == expected) {
        EXPECT_THAT(envelope, IsOk());
      } else {
        EXPECT_EQ(RefusalOf(envelope.status()), v1::Refusal::PAYLOAD_TYPE);
      }
    }
  }
}

TEST(EnvelopeTest, AnUnknownOrEscapingPayloadTypeIsNamedSafely) {
  v1::Envelope message = Message();
  message.set_payload_type("evil\x1b[31m");
  const auto envelope = Envelope::ParseAny(message.SerializeAsString());
  EXPECT_EQ(RefusalOf(envelope.status()), v1::Refusal::PAYLOAD_TYPE);
  EXPECT_THAT(std::string(envelope.status().message()), HasSubstr("\\x1b"));
}

TEST(EnvelopeTest, SingularFieldsTwiceAreRefused) {
  const std::string once = Message().SerializeAsString();
  v1::Envelope second_payload;
  second_payload.set_payload("other");
  EXPECT_EQ(CodeOf(once + second_payload.SerializeAsString()), v1::Refusal::MALFORMED);
  v1::Envelope second_type;
  second_type.set_payload_type("application/vnd.mig.plan.v1+protobuf");
  EXPECT_EQ(CodeOf(once + second_type.SerializeAsString()), v1::Refusal::MALFORMED);
  v1::Signature part;
  part.set_signature("again");
  const std::string doubled =
      Message().signatures(0).SerializeAsString() + part.SerializeAsString();
  EXPECT_EQ(CodeOf(absl::StrCat(once, "\x1a", std::string(1, static_cast<char>(doubled.size())),
                                doubled)),
            v1::Refusal::MALFORMED);
}

TEST(EnvelopeTest, MissingPartsGroupsAndWrongWireTypesAreRefused) {
  v1::Envelope no_payload = Message();
  no_payload.clear_payload();
  EXPECT_EQ(CodeOf(no_payload.SerializeAsString()), v1::Refusal::MALFORMED);
  v1::Envelope no_type = Message();
  no_type.clear_payload_type();
  EXPECT_EQ(CodeOf(no_type.SerializeAsString()), v1::Refusal::MALFORMED);
  EXPECT_EQ(CodeOf(""), v1::Refusal::MALFORMED);
  const std::string good = Message().SerializeAsString();
  EXPECT_EQ(CodeOf(good + "\x23\x24"), v1::Refusal::MALFORMED);  // group 4
  EXPECT_EQ(CodeOf(good + "\x08\x01"), v1::Refusal::MALFORMED);  // payload as a number
  EXPECT_EQ(CodeOf(good + "\x18\x01"), v1::Refusal::MALFORMED);  // signatures as a number
  EXPECT_EQ(CodeOf(good + std::string("\x02\x00", 2)), v1::Refusal::MALFORMED);  // field 0
  EXPECT_EQ(CodeOf(good + "\x27"), v1::Refusal::MALFORMED);                      // wire type 7
  EXPECT_EQ(CodeOf(good + std::string(11, '\xff')), v1::Refusal::MALFORMED);     // endless varint
}

TEST(EnvelopeTest, UnknownFieldsAreIgnored) {
  EXPECT_THAT(
      Envelope::Parse(Message().SerializeAsString() + "\xa2\x06\x03xyz", DocumentType::kPlan),
      IsOk());
}

TEST(EnvelopeTest, TenThousandNestedMessagesInAnUnknownFieldAreNotFollowed) {
  std::string nested;
  for (int i = 0; i < 10'000; ++i) nested = absl::StrCat("\x22", std::string(1, '\x7f'), nested);
  EXPECT_EQ(CodeOf(nested.substr(0, base::kMaxEnvelopeBytes)), v1::Refusal::MALFORMED);
}

TEST(EnvelopeTest, EverythingHasItsBound) {
  v1::Envelope many = Message();
  for (int i = 0; i < 15; ++i) *many.add_signatures() = many.signatures(0);
  EXPECT_THAT(Envelope::Parse(many.SerializeAsString(), DocumentType::kPlan), IsOk());
  *many.add_signatures() = many.signatures(0);
  EXPECT_EQ(CodeOf(many.SerializeAsString()), v1::Refusal::BOUND);

  v1::Envelope long_signature = Message();
  long_signature.mutable_signatures(0)->set_signature(std::string(8192, 's'));
  EXPECT_THAT(Envelope::Parse(long_signature.SerializeAsString(), DocumentType::kPlan), IsOk());
  long_signature.mutable_signatures(0)->set_signature(std::string(8193, 's'));
  EXPECT_EQ(CodeOf(long_signature.SerializeAsString()), v1::Refusal::BOUND);

  EXPECT_EQ(CodeOf(std::string(base::kMaxEnvelopeBytes + 1, '\0')), v1::Refusal::BOUND);
}

TEST(EnvelopeTest, ThePayloadsBoundIsItsTypes) {
  for (const DocumentType type : kAllDocumentTypes) {
    const DocumentRules& rules = RulesOf(type);
    v1::Envelope message;
    message.set_payload_type(std::string(rules.payload_type));
    message.set_payload(std::string(rules.max_payload_bytes, 'p'));
    EXPECT_THAT(Envelope::ParseAny(message.SerializeAsString()), IsOk()) << type;
    message.set_payload(std::string(rules.max_payload_bytes + 1, 'p'));
    EXPECT_EQ(RefusalOf(Envelope::ParseAny(message.SerializeAsString()).status()),
              v1::Refusal::BOUND)
        << type;
    EXPECT_EQ(RefusalOf(Envelope::Unsigned(type, message.payload()).status()), v1::Refusal::BOUND);
  }
}

TEST(EnvelopeTest, SigningTwiceWithOneKeyKeepsOneSignature) {
  auto envelope = Envelope::Unsigned(DocumentType::kPlan, "payload");
  ASSERT_THAT(envelope, IsOk());
  ASSERT_THAT(envelope->Sign(TestKey(1)), IsOk());
  ASSERT_THAT(envelope->Sign(TestKey(1)), IsOk());
  EXPECT_EQ(envelope->signatures().size(), 1u);
}

TEST(EnvelopeTest, MergingTakesSignaturesOfTheSamePayloadOnly) {
  auto one = *Envelope::Unsigned(DocumentType::kPlan, "payload");
  auto two = *Envelope::Unsigned(DocumentType::kPlan, "payload");
  auto other = *Envelope::Unsigned(DocumentType::kPlan, "another");
  ASSERT_THAT(one.Sign(TestKey(1)), IsOk());
  ASSERT_THAT(two.Sign(TestKey(2)), IsOk());
  ASSERT_THAT(two.Sign(TestKey(1)), IsOk());
  ASSERT_THAT(one.Merge(two), IsOk());
  EXPECT_EQ(one.signatures().size(), 2u);
  EXPECT_EQ(RefusalOf(one.Merge(other)), v1::Refusal::DIGEST);
}

class CountingTest : public ::testing::Test {
 protected:
  CountingTest() : role_(authority_.VerifiedRoot()->role(RoleKind::kRelease)) {}

  // By the release keys with these numbers.
  Envelope SignedBy(const std::vector<size_t>& keys) {
    Envelope envelope = *Envelope::Unsigned(DocumentType::kManifest, "payload");
    for (const size_t i : keys) {
      EXPECT_THAT(envelope.Sign(authority_.keys(RoleKind::kRelease)[i].key), IsOk());
    }
    return envelope;
  }
  std::optional<v1::Refusal::Code> Verdict(const v1::Envelope& message, uint32_t threshold = 2) {
    const auto envelope = Envelope::Parse(message.SerializeAsString(), DocumentType::kManifest);
    EXPECT_THAT(envelope, IsOk());
    return RefusalOf(VerifySignatures(*envelope, role_, threshold).status());
  }
  v1::Envelope MessageOf(const Envelope& envelope) {
    v1::Envelope message;
    EXPECT_TRUE(message.ParseFromString(envelope.Serialize()));
    return message;
  }

  TestAuthority authority_;
  const Role& role_;
};

TEST_F(CountingTest, CountsKeysUpToTheThreshold) {
  EXPECT_EQ(Verdict(MessageOf(SignedBy({}))), v1::Refusal::SIGNATURES);
  EXPECT_EQ(Verdict(MessageOf(SignedBy({0}))), v1::Refusal::SIGNATURES);
  EXPECT_EQ(Verdict(MessageOf(SignedBy({0, 2}))), std::nullopt);
  EXPECT_EQ(Verdict(MessageOf(SignedBy({0, 1})), 3), v1::Refusal::SIGNATURES);
}

TEST_F(CountingTest, OneKeysTwoSignaturesCountOnce) {  // go-tuf #733, duplicate_sig_keyids
  v1::Envelope message = MessageOf(SignedBy({0}));
  *message.add_signatures() = message.signatures(0);
  EXPECT_EQ(Verdict(message), v1::Refusal::SIGNATURES);
}

TEST_F(CountingTest, BadEmptyUnknownAndRepeatedExtrasDoNotHarm) {  // invalid_sig_in_valid_metadata
  v1::Envelope message = MessageOf(SignedBy({0, 1}));
  *message.add_signatures() = message.signatures(0);
  v1::Signature& bad = *message.add_signatures();
  bad = message.signatures(1);
  bad.mutable_signature()->at(5) ^= 1;
  message.add_signatures();
  message.add_signatures()->set_key_id("short");
  message.add_signatures()->set_signature(std::string(70, 'x'));
  EXPECT_EQ(Verdict(message), std::nullopt);
}

TEST_F(CountingTest, AnEarlierBadSignatureDoesNotHideALaterGoodOneOfTheSameKey) {
  v1::Envelope message = MessageOf(SignedBy({0, 1}));
  v1::Envelope reordered = message;
  reordered.clear_signatures();
  v1::Signature& bad = *reordered.add_signatures();
  bad = message.signatures(0);
  bad.mutable_signature()->at(40) ^= 1;
  *reordered.add_signatures() = message.signatures(0);
  *reordered.add_signatures() = message.signatures(1);
  EXPECT_EQ(Verdict(reordered), std::nullopt);
}

TEST_F(CountingTest, AnotherKeysIdOnAGoodSignatureDoesNotCount) {
  v1::Envelope message = MessageOf(SignedBy({0, 1}));
  message.mutable_signatures(1)->set_key_id(message.signatures(0).key_id());
  EXPECT_EQ(Verdict(message), v1::Refusal::SIGNATURES);
}

TEST_F(CountingTest, ASignatureOverTheBarePayloadDoesNotCount) {
  v1::Envelope message = MessageOf(SignedBy({0, 1}));
  for (int i = 0; i < 2; ++i) {
    message.mutable_signatures(i)->set_signature(
        *authority_.keys(RoleKind::kRelease)[i].key.Sign("payload"));
  }
  EXPECT_EQ(Verdict(message), v1::Refusal::SIGNATURES);
}

TEST_F(CountingTest, AThresholdThatKnownAlgorithmsCannotReachIsUnsupported) {
  Role role = role_;
  role.keys[0].key = *PublicKey::Create(9, "future");
  role.keys[1].key = *PublicKey::Create(9, "another");
  EXPECT_EQ(RefusalOf(VerifySignatures(SignedBy({0, 1, 2}), role, 2).status()),
            v1::Refusal::UNSUPPORTED);
  EXPECT_THAT(VerifySignatures(SignedBy({0, 1, 2}), role, 1), IsOk());
}

}  // namespace
}  // namespace mig::trust
