// The bytes of the contract. A golden file changes only together with a decision to break every
// loader and document that exists; after the first release, never.
//
// Each file has hex digits, 64 to a line, and lines of comment that begin with '#'. When a change
// is meant, the failing test prints the new file.

#include <fstream>
#include <functional>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "proto/mig/v1/examples.h"

namespace mig::v1 {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;
using ::google::protobuf::util::MessageDifferencer;

struct Example {
  std::string name;  // of the file in testdata/
  std::function<std::unique_ptr<Message>()> make;
};

void PrintTo(const Example& example, std::ostream* out) { *out << example.name; }

template <typename T>
Example Of(const char* name, T (*make)()) {
  return {name, [make] { return std::make_unique<T>(make()); }};
}

std::vector<Example> Examples() {
  return {Of("root", examples::ExampleRoot),
          Of("manifest", examples::ExampleManifest),
          Of("plan", examples::ExamplePlan),
          Of("assignment", examples::ExampleAssignment),
          Of("head", examples::ExampleHead),
          Of("envelope", examples::ExampleEnvelope),
          Of("check_in_request", examples::ExampleCheckInRequest),
          Of("check_in_answer", examples::ExampleCheckInAnswer)};
}

std::string GoldenBytes(const std::string& name) {
  std::ifstream file(absl::StrCat("proto/mig/v1/testdata/", name, ".hex"));
  std::string digits;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') digits += line;
  }
  return absl::HexStringToBytes(digits);
}

std::string AsGoldenFile(const Message& message) {
  const std::string digits = absl::BytesToHexString(message.SerializeAsString());
  std::string file = absl::StrCat("# ", message.GetDescriptor()->full_name(), ", ",
                                  digits.size() / 2, " bytes: see examples.cc\n");
  for (size_t at = 0; at < digits.size(); at += 64) {
    absl::StrAppend(&file, digits.substr(at, 64), "\n");
  }
  return file;
}

// Names of the fields that `message`, or a message in it, sets; and of all that they could set.
struct Fields {
  std::set<std::string> set;
  std::set<std::string> all;
};

void Collect(const Message& message, Fields& fields) {
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    fields.all.insert(field.full_name());
    const bool is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (field.is_repeated()) {
      const int size = reflection.FieldSize(message, &field);
      if (size > 0) fields.set.insert(field.full_name());
      for (int at = 0; is_message && at < size; ++at) {
        Collect(reflection.GetRepeatedMessage(message, &field, at), fields);
      }
    } else if (reflection.HasField(message, &field)) {
      fields.set.insert(field.full_name());
      if (is_message) Collect(reflection.GetMessage(message, &field), fields);
    }
  }
}

class GoldenTest : public ::testing::TestWithParam<Example> {};

TEST_P(GoldenTest, ExampleSerialisesToTheGoldenBytes) {
  const std::unique_ptr<Message> example = GetParam().make();

  EXPECT_EQ(absl::BytesToHexString(example->SerializeAsString()),
            absl::BytesToHexString(GoldenBytes(GetParam().name)))
      << "testdata/" << GetParam().name << ".hex would have to be:\n"
      << AsGoldenFile(*example);
}

TEST_P(GoldenTest, GoldenBytesParseToTheExample) {
  const std::unique_ptr<Message> example = GetParam().make();
  const std::unique_ptr<Message> parsed(example->New());

  ASSERT_TRUE(parsed->ParseFromString(GoldenBytes(GetParam().name)));

  std::string difference;
  MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differencer.Compare(*example, *parsed)) << difference;
}

TEST_P(GoldenTest, ExampleSetsEveryField) {
  const std::unique_ptr<Message> example = GetParam().make();
  Fields fields;

  Collect(*example, fields);

  EXPECT_EQ(fields.set, fields.all) << "set the missing ones in examples.cc";
}

INSTANTIATE_TEST_SUITE_P(Contract, GoldenTest, ::testing::ValuesIn(Examples()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace mig::v1
