#include "trust/strict_message.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/testing/status_matchers.h"
#include "trust/assignment.h"
#include "trust/manifest.h"
#include "trust/plan.h"
#include "trust/refusal.h"
#include "trust/root.h"
#include "trust/testing/full_documents.h"
#include "trust/testing/test_authority.h"

namespace mig::trust {
namespace {

using base::testing::IsOk;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ::mig::trust::testing::TestAuthority;
using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Optional;

// A document to take things from, and its parser.
struct Subject {
  std::shared_ptr<Message> message;
  std::function<absl::Status(absl::string_view)> parse;
};

template <typename T, typename M>
Subject MakeSubject(const M& message) {
  return {std::make_shared<M>(message),
          [](absl::string_view bytes) { return T::Parse(bytes).status(); }};
}

std::vector<Subject> AllSubjects() {
  const TestAuthority authority;
  return {MakeSubject<Root>(testing::FullRoot(authority)),
          MakeSubject<Manifest>(testing::FullManifest(authority)),
          MakeSubject<Plan>(testing::FullPlan(authority)),
          MakeSubject<Assignment>(testing::FullAssignment(authority)),
          MakeSubject<Head>(testing::FullHead(authority))};
}

// The contract's list of what may be zero or absent (CONTRACT.md 1), written here a second time on
// purpose: by field name, without the message.
bool MayBeMissing(const FieldDescriptor& field) {
  const std::vector<std::string> names = {"critical",
                                          "epoch",
                                          "floor",
                                          "withdrawn",
                                          "emergency_threshold",
                                          "filter",
                                          "size_bytes",
                                          "confidential",
                                          "forms",
                                          "base_sha256",
                                          "retired",
                                          "requirements",
                                          "priority",
                                          "window",
                                          "base",
                                          "holdback_ppm",
                                          "gates",
                                          "emergency",
                                          "retry",
                                          "baseline_until_ms",
                                          "fallback_manifest_digest",
                                          "start_minute",
                                          "soak_ms",
                                          "lo_ppm",
                                          "ramp_ms",
                                          "hold",
                                          "name",
                                          "next_hint_ms",
                                          "ticket",
                                          "variant",
                                          "generation",
                                          "sequence",
                                          "canaries",
                                          "plan_digest"};
  if (field.containing_type()->file()->name() == "proto/mig/v1/gates.proto") return true;
  const bool is_sequence_of_head = field.full_name() == "mig.v1.Head.sequence";
  if (field.name() == "sequence") return is_sequence_of_head;
  if (field.name() == "name") return field.full_name() == "mig.v1.Wave.name";
  if (field.name() == "size_bytes") return field.full_name() == "mig.v1.Component.size_bytes";
  return std::find(names.begin(), names.end(), field.name()) != names.end();
}

// Calls `visit` with every message inside `message`, itself too.
void ForEachMessage(Message& message, const std::function<void(Message&)>& visit) {
  visit(message);
  const Descriptor& type = *message.GetDescriptor();
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.type() != FieldDescriptor::TYPE_MESSAGE) continue;
    if (field.is_repeated()) {
      for (int k = 0; k < reflection.FieldSize(message, &field); ++k) {
        ForEachMessage(*reflection.MutableRepeatedMessage(&message, &field, k), visit);
      }
    } else if (reflection.HasField(message, &field)) {
      ForEachMessage(*reflection.MutableMessage(&message, &field), visit);
    }
  }
}

TEST(StrictMessageTest, TheFullDocumentsParse) {
  for (const Subject& subject : AllSubjects()) {
    EXPECT_THAT(subject.parse(subject.message->SerializeAsString()), IsOk())
        << subject.message->GetTypeName();
  }
}

TEST(StrictMessageTest, EachMandatoryFieldMissingIsRefusedByName) {
  int removed = 0;
  for (const Subject& subject : AllSubjects()) {
    const std::unique_ptr<Message> whole(subject.message->New());
    whole->CopyFrom(*subject.message);
    ForEachMessage(*whole, [&](Message& part) {
      const Descriptor& type = *part.GetDescriptor();
      for (int i = 0; i < type.field_count(); ++i) {
        const FieldDescriptor& field = *type.field(i);
        if (MayBeMissing(field)) continue;
        const std::string kept = part.SerializeAsString();
        part.GetReflection()->ClearField(&part, &field);
        const absl::Status verdict = subject.parse(whole->SerializeAsString());
        EXPECT_THAT(RefusalOf(verdict),
                    AnyOf(Optional(v1::Refusal::MALFORMED), Optional(v1::Refusal::BOUND)))
            << field.full_name();
        EXPECT_THAT(std::string(verdict.message()), HasSubstr(field.name())) << field.full_name();
        ASSERT_TRUE(part.ParseFromString(kept));
        ++removed;
      }
    });
  }
  EXPECT_GT(removed, 100);
}

TEST(StrictMessageTest, EachLegalZeroMissingIsAccepted) {
  // Those that only others make necessary, and what they are needed for.
  const std::vector<std::string> needed = {
      "mig.v1.Role.emergency_threshold",  // of the rollout role
      "mig.v1.Form.base_sha256",          // of a patch
  };
  for (const Subject& subject : AllSubjects()) {
    const std::unique_ptr<Message> whole(subject.message->New());
    whole->CopyFrom(*subject.message);
    ForEachMessage(*whole, [&](Message& part) {
      const Descriptor& type = *part.GetDescriptor();
      if (type.file()->name() == "proto/mig/v1/gates.proto") return;
      for (int i = 0; i < type.field_count(); ++i) {
        const FieldDescriptor& field = *type.field(i);
        if (!MayBeMissing(field)) continue;
        if (std::find(needed.begin(), needed.end(), field.full_name()) != needed.end()) continue;
        const std::string kept = part.SerializeAsString();
        part.GetReflection()->ClearField(&part, &field);
        EXPECT_THAT(subject.parse(whole->SerializeAsString()), IsOk()) << field.full_name();
        ASSERT_TRUE(part.ParseFromString(kept));
      }
    });
  }
}

TEST(StrictMessageTest,
     NumbersThatAreNegativeOrTooLargeAreRefused) {  // aktualizr TimeStampParsingInvalid
  for (const Subject& subject : AllSubjects()) {
    const std::unique_ptr<Message> whole(subject.message->New());
    whole->CopyFrom(*subject.message);
    ForEachMessage(*whole, [&](Message& part) {
      const Descriptor& type = *part.GetDescriptor();
      if (type.file()->name() == "proto/mig/v1/gates.proto") return;
      for (int i = 0; i < type.field_count(); ++i) {
        const FieldDescriptor& field = *type.field(i);
        if (field.type() != FieldDescriptor::TYPE_INT64) continue;  // times and spans
        const int64_t kept = part.GetReflection()->GetInt64(part, &field);
        for (const int64_t wrong : {int64_t{-1}, INT64_MIN, INT64_MAX}) {
          part.GetReflection()->SetInt64(&part, &field, wrong);
          EXPECT_FALSE(subject.parse(whole->SerializeAsString()).ok())
              << field.full_name() << " " << wrong;
        }
        part.GetReflection()->SetInt64(&part, &field, kept);
      }
    });
  }
}

TEST(StrictMessageTest, BadTextIsRefusedInEveryTextField) {
  const std::string bad[] = {"\xff",
                             "a\nb",
                             std::string("a\0b", 3),
                             "a\xe2\x80\xae"
                             "b",
                             "\x1b[31m",
                             std::string(1 << 20, 'a')};
  for (const Subject& subject : AllSubjects()) {
    const std::unique_ptr<Message> whole(subject.message->New());
    whole->CopyFrom(*subject.message);
    ForEachMessage(*whole, [&](Message& part) {
      const Descriptor& type = *part.GetDescriptor();
      for (int i = 0; i < type.field_count(); ++i) {
        const FieldDescriptor& field = *type.field(i);
        if (field.type() != FieldDescriptor::TYPE_STRING || field.is_repeated()) continue;
        const std::string kept = part.GetReflection()->GetString(part, &field);
        for (const std::string& text : bad) {
          part.GetReflection()->SetString(&part, &field, text);
          EXPECT_FALSE(subject.parse(whole->SerializePartialAsString()).ok()) << field.full_name();
        }
        part.GetReflection()->SetString(&part, &field, kept);
      }
    });
  }
}

std::string HeadBytes() { return testing::FullHead(TestAuthority()).SerializeAsString(); }

TEST(StrictMessageTest, ASingularFieldTwiceIsRefused) {
  EXPECT_THAT(Head::Parse(HeadBytes()), IsOk());
  const auto twice = Head::Parse(HeadBytes() + "\x08\x01");
  EXPECT_EQ(RefusalOf(twice.status()), v1::Refusal::MALFORMED);
  EXPECT_THAT(std::string(twice.status().message()), HasSubstr("format stands there twice"));
}

TEST(StrictMessageTest, WrongWireTypesAndGroupsAreRefused) {
  v1::Head head = testing::FullHead(TestAuthority());
  head.clear_generation();
  const std::string rest = head.SerializeAsString();
  EXPECT_EQ(RefusalOf(Head::Parse(rest + "\x8a\x01\x01\x02").status()), v1::Refusal::MALFORMED);
  EXPECT_EQ(RefusalOf(Head::Parse(rest + "\x8b\x01\x8c\x01").status()), v1::Refusal::MALFORMED);
  EXPECT_EQ(RefusalOf(Head::Parse(rest + "\xa3\x06\xa4\x06").status()), v1::Refusal::MALFORMED);
}

TEST(StrictMessageTest, NumbersThatProtobufWouldCutOffAreRefused) {
  v1::Plan plan = testing::FullPlan(TestAuthority());
  plan.clear_priority();
  // 2^32 + 1 in priority (field 22, uint32): Protobuf alone would read 1.
  const auto cut = Plan::Parse(plan.SerializeAsString() + "\xb0\x01\x81\x80\x80\x80\x10");
  EXPECT_EQ(RefusalOf(cut.status()), v1::Refusal::MALFORMED);
  EXPECT_THAT(std::string(cut.status().message()), HasSubstr("priority"));
}

TEST(StrictMessageTest, UnknownFieldsAreIgnoredExceptInComponents) {
  EXPECT_THAT(Head::Parse(HeadBytes() + "\xa2\x06\x03xyz"), IsOk());
  v1::Manifest manifest = testing::FullManifest(TestAuthority());
  auto add = [](Message& message) {
    message.GetReflection()->MutableUnknownFields(&message)->AddVarint(99, 1);
  };
  add(*manifest.mutable_variants(0));
  EXPECT_THAT(Manifest::Parse(manifest.SerializeAsString()), IsOk());
  add(*manifest.mutable_variants(0)->mutable_components(0));
  EXPECT_EQ(RefusalOf(Manifest::Parse(manifest.SerializeAsString()).status()),
            v1::Refusal::UNSUPPORTED);
  manifest = testing::FullManifest(TestAuthority());
  add(*manifest.mutable_variants(0)->mutable_components(0)->mutable_forms(0));
  EXPECT_EQ(RefusalOf(Manifest::Parse(manifest.SerializeAsString()).status()),
            v1::Refusal::UNSUPPORTED);
}

TEST(StrictMessageTest, AFormOfAnUnknownEncodingIsSkippedWhole) {
  v1::Manifest manifest = testing::FullManifest(TestAuthority());
  v1::Component& component = *manifest.mutable_variants(0)->mutable_components(0);
  v1::Form& future = *component.add_forms();
  future.set_encoding(static_cast<v1::Form::Encoding>(7));
  future.GetReflection()->MutableUnknownFields(&future)->AddLengthDelimited(50, "whatever");
  const auto parsed = Manifest::Parse(manifest.SerializeAsString());
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->variants()[0].components[0].forms.size(), 2u);
  future.set_encoding(v1::Form::ENCODING_UNSPECIFIED);
  EXPECT_THAT(RefusalOf(Manifest::Parse(manifest.SerializeAsString()).status()),
              AnyOf(Eq(v1::Refusal::MALFORMED), Eq(v1::Refusal::UNSUPPORTED)));
}

}  // namespace
}  // namespace mig::trust
