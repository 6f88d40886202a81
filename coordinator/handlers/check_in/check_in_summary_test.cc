#include "coordinator/handlers/check_in/check_in_summary.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/sizes.h"

namespace mig::coordinator {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;
using ::google::protobuf::util::MessageDifferencer;

// Of no use after the answer, or kept beside the summary.
const std::vector<std::string>& LeftOut() {
  static const auto* const kNames = new std::vector<std::string>{
      "nonce", "environment", "document_digests", "newest_head", "machine", "previous_answer"};
  return *kNames;
}

std::vector<const FieldDescriptor*> FieldsOf(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    fields.push_back(message.GetDescriptor()->field(i));
  }
  return fields;
}

void FillScalar(Message& message, const FieldDescriptor* field) {
  const Reflection& reflection = *message.GetReflection();
  const bool many = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      many ? reflection.AddString(&message, field, "text")
           : reflection.SetString(&message, field, "text");
      return;
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.SetInt64(&message, field, 7);
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.SetUInt64(&message, field, 7);
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.SetInt32(&message, field, 7);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.SetUInt32(&message, field, 7);
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.SetEnumValue(&message, field, 1);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.SetBool(&message, field, true);
    default:
      FAIL() << field->full_name() << ": a type that this test does not know";
  }
}

// Every field of it and of all below it is set. `visit` sees each message.
template <typename Visit>
void Fill(Message& message, const Visit& visit) {
  visit(message);
  for (const FieldDescriptor* field : FieldsOf(message)) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      FillScalar(message, field);
      continue;
    }
    const Reflection& reflection = *message.GetReflection();
    Fill(field->is_repeated() ? *reflection.AddMessage(&message, field)
                              : *reflection.MutableMessage(&message, field),
         visit);
  }
}

v1::CheckInRequest WholeRequest() {
  v1::CheckInRequest request;
  Fill(request, [](Message&) {});
  return request;
}

v1::CheckInRequest Parsed(const std::string& summary) {
  v1::CheckInRequest said;
  EXPECT_TRUE(said.ParseFromString(summary));
  return said;
}

TEST(CheckInSummaryTest, EachFieldIsKeptWhollyOrLeftOutOnPurpose) {
  v1::CheckInRequest expected = WholeRequest();
  for (const FieldDescriptor* field : FieldsOf(expected)) {
    const bool left_out = std::ranges::find(LeftOut(), field->name()) != LeftOut().end();
    if (left_out) expected.GetReflection()->ClearField(&expected, field);
  }

  const v1::CheckInRequest kept = Parsed(SummaryOf(WholeRequest()));

  EXPECT_TRUE(MessageDifferencer::Equals(kept, expected)) << kept.DebugString();
}

// Of every message below the request, each by itself.
TEST(CheckInSummaryTest, WhatIsNotKnownIsNotKeptWhereverItIs) {
  const std::string without = SummaryOf(WholeRequest());
  int messages = 0;
  {
    v1::CheckInRequest request;
    Fill(request, [&messages](Message&) { ++messages; });
  }
  ASSERT_GT(messages, 10);

  for (int place = 0; place < messages; ++place) {
    v1::CheckInRequest request;
    int at = 0;
    std::string type;
    Fill(request, [&](Message& message) {
      if (at++ != place) return;
      type = message.GetTypeName();
      message.GetReflection()->MutableUnknownFields(&message)->AddLengthDelimited(1'000, "what");
    });
    EXPECT_TRUE(MessageDifferencer::Equals(Parsed(SummaryOf(request)), Parsed(without))) << type;
    EXPECT_EQ(SummaryOf(request).size(), without.size()) << type;
  }
}

TEST(CheckInSummaryTest, ALocalManifestThatIsTooLongIsLeftOutAndTheRestIsKept) {
  v1::CheckInRequest request = WholeRequest();
  std::string summary = SummaryOf(request);
  while (summary.size() + 200 < base::kMaxCheckInSummaryBytes) {
    v1::LocalComponent& component = *request.mutable_local_manifest()->add_components();
    component.set_name(std::string(100, 'n'));
    summary = SummaryOf(request);
    ASSERT_LE(summary.size(), base::kMaxCheckInSummaryBytes);
    ASSERT_TRUE(Parsed(summary).has_local_manifest());
  }
  request.mutable_local_manifest()->add_components()->set_name(std::string(200, 'n'));
  summary = SummaryOf(request);

  EXPECT_FALSE(Parsed(summary).has_local_manifest());
  EXPECT_EQ(Parsed(summary).products_size(), request.products_size());
}

TEST(CheckInSummaryTest, SaidInPutsItTogetherAgain) {
  const v1::CheckInRequest request = WholeRequest();
  const HostSeenRecord seen{.environment = request.environment().SerializeAsString(),
                            .summary = SummaryOf(request)};

  const std::optional<v1::CheckInRequest> said = SaidIn(&seen);

  ASSERT_TRUE(said.has_value());
  EXPECT_TRUE(MessageDifferencer::Equals(said->environment(), request.environment()));
  EXPECT_TRUE(MessageDifferencer::Equals(said->local_manifest(), request.local_manifest()));
  EXPECT_FALSE(SaidIn(nullptr).has_value());
}

}  // namespace
}  // namespace mig::coordinator
