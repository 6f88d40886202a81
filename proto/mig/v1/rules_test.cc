// The rules that every .proto file of the contract keeps (docs/protocol.md, "Signed documents"),
// read from the files themselves, so that a new message cannot forget one.

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"

namespace mig::v1 {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::DescriptorPool;
using ::google::protobuf::EnumDescriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::FileDescriptor;
using ::google::protobuf::FileDescriptorProto;
using ::google::protobuf::FileDescriptorSet;
using ::google::protobuf::SourceLocation;

constexpr char kFolder[] = "proto/mig/v1";
constexpr const char* kSignedPayloads[] = {"Root", "Manifest", "Plan", "Assignment", "Head"};
// Roots of what is frozen with the first release, besides the signed payloads.
constexpr const char* kOtherFrozen[] = {"Envelope",     "CheckInRequest", "CheckInAnswer",
                                        "FetchRequest", "FetchAnswer",    "ReportRequest",
                                        "ReportAnswer", "TrustState",     "StatusState",
                                        "Journal",      "SpoolRecord"};

// All .proto files of the folder, with their comments.
class Contract {
 public:
  Contract() {
    // Written by protoc, imports before those who import them.
    std::ifstream file(absl::StrCat(kFolder, "/contract.binpb"), std::ios::binary);
    FileDescriptorSet set;
    EXPECT_TRUE(set.ParseFromIstream(&file));
    for (const FileDescriptorProto& proto : set.file()) {
      const FileDescriptor* built = pool_.BuildFile(proto);
      EXPECT_NE(built, nullptr) << proto.name();
      if (built != nullptr) files_.push_back(built);
    }
  }

  const std::vector<const FileDescriptor*>& files() const { return files_; }

  const Descriptor* message(const std::string& name) const {
    return pool_.FindMessageTypeByName("mig.v1." + name);
  }

  std::vector<const Descriptor*> messages() const {
    std::vector<const Descriptor*> all;
    for (const FileDescriptor* file : files_) {
      for (int i = 0; i < file->message_type_count(); ++i) AddNested(file->message_type(i), all);
    }
    return all;
  }

  std::vector<const EnumDescriptor*> enums() const {
    std::vector<const EnumDescriptor*> all;
    for (const FileDescriptor* file : files_) {
      for (int i = 0; i < file->enum_type_count(); ++i) all.push_back(file->enum_type(i));
    }
    for (const Descriptor* message : messages()) {
      for (int i = 0; i < message->enum_type_count(); ++i) all.push_back(message->enum_type(i));
    }
    return all;
  }

 private:
  static void AddNested(const Descriptor* message, std::vector<const Descriptor*>& all) {
    all.push_back(message);
    for (int i = 0; i < message->nested_type_count(); ++i) AddNested(message->nested_type(i), all);
  }

  DescriptorPool pool_;
  std::vector<const FileDescriptor*> files_;
};

void Reach(const Descriptor* message, std::set<const Descriptor*>& reached) {
  if (!reached.insert(message).second) return;
  for (int i = 0; i < message->field_count(); ++i) {
    if (const Descriptor* type = message->field(i)->message_type()) Reach(type, reached);
  }
}

std::vector<const FieldDescriptor*> FieldsReachedFrom(const Contract& contract,
                                                      const std::vector<std::string>& roots) {
  std::set<const Descriptor*> reached;
  for (const std::string& root : roots) Reach(contract.message(root), reached);
  std::vector<const FieldDescriptor*> fields;
  for (const Descriptor* message : reached) {
    for (int i = 0; i < message->field_count(); ++i) fields.push_back(message->field(i));
  }
  return fields;
}

std::vector<std::string> Signed() {
  return {std::begin(kSignedPayloads), std::end(kSignedPayloads)};
}

std::vector<std::string> Frozen() {
  std::vector<std::string> all = Signed();
  all.insert(all.end(), std::begin(kOtherFrozen), std::end(kOtherFrozen));
  return all;
}

template <typename Described>
std::string CommentOf(const Described& described) {
  SourceLocation location;
  return described.GetSourceLocation(&location) ? location.leading_comments : "";
}

TEST(ContractTest, EveryFileIsProto3OfPackageMigV1AndImportsOnlyIts) {
  const Contract contract;
  ASSERT_GE(contract.files().size(), 15u);

  for (const FileDescriptor* file : contract.files()) {
    EXPECT_EQ(file->syntax(), FileDescriptor::SYNTAX_PROTO3) << file->name();
    EXPECT_EQ(file->package(), "mig.v1") << file->name();
    for (int i = 0; i < file->dependency_count(); ++i) {
      EXPECT_TRUE(absl::StartsWith(file->dependency(i)->name(), kFolder)) << file->name();
    }
  }
}

TEST(ContractTest, EverySignedPayloadHasTheCommonHeadAndItsOwnFieldsFrom16) {
  const Contract contract;
  struct HeadField {
    std::string name;
    FieldDescriptor::Type type;
    bool repeated;
  };
  const HeadField head[] = {{"format", FieldDescriptor::TYPE_UINT32, false},
                            {"critical", FieldDescriptor::TYPE_UINT32, true},
                            {"trust_domain", FieldDescriptor::TYPE_STRING, false},
                            {"issued_ms", FieldDescriptor::TYPE_INT64, false}};

  for (const std::string& name : Signed()) {
    const Descriptor* payload = contract.message(name);
    ASSERT_NE(payload, nullptr) << name;
    for (int number = 1; number <= 4; ++number) {
      const FieldDescriptor* field = payload->FindFieldByNumber(number);
      ASSERT_NE(field, nullptr) << name << " has no field " << number;
      EXPECT_EQ(field->name(), head[number - 1].name) << name;
      EXPECT_EQ(field->type(), head[number - 1].type) << name << "." << field->name();
      EXPECT_EQ(field->is_repeated(), head[number - 1].repeated) << name << "." << field->name();
    }
    for (int i = 0; i < payload->field_count(); ++i) {
      const int number = payload->field(i)->number();
      EXPECT_TRUE(number <= 4 || number >= 16) << payload->field(i)->full_name();
    }
  }
}

TEST(ContractTest, NoMapFloatFixedOrForeignTypeIsReachedFromAnythingFrozen) {
  const Contract contract;

  for (const FieldDescriptor* field : FieldsReachedFrom(contract, Frozen())) {
    EXPECT_FALSE(field->is_map()) << field->full_name();
    switch (field->type()) {
      case FieldDescriptor::TYPE_BOOL:
      case FieldDescriptor::TYPE_BYTES:
      case FieldDescriptor::TYPE_ENUM:
      case FieldDescriptor::TYPE_INT64:
      case FieldDescriptor::TYPE_MESSAGE:
      case FieldDescriptor::TYPE_SINT32:
      case FieldDescriptor::TYPE_STRING:
      case FieldDescriptor::TYPE_UINT32:
      case FieldDescriptor::TYPE_UINT64:
        break;
      default:
        ADD_FAILURE() << field->full_name() << " is a " << field->type_name();
    }
    if (const Descriptor* type = field->message_type()) {
      EXPECT_EQ(type->file()->package(), "mig.v1") << field->full_name();
    }
  }
}

TEST(ContractTest, SignedPayloadsHaveNoOneofAndNoUnstatedAbsence) {
  const Contract contract;

  for (const FieldDescriptor* field : FieldsReachedFrom(contract, Signed())) {
    EXPECT_EQ(field->containing_oneof(), nullptr) << field->full_name();
  }
}

TEST(ContractTest, ASignedThingTravelsAsBytes) {
  const Contract contract;

  for (const Descriptor* message : contract.messages()) {
    for (int i = 0; i < message->field_count(); ++i) {
      const Descriptor* type = message->field(i)->message_type();
      if (type == nullptr) continue;
      for (const std::string& name : Signed()) {
        EXPECT_NE(type->name(), name) << message->field(i)->full_name();
      }
      EXPECT_NE(type->name(), "Envelope") << message->field(i)->full_name();
    }
  }
}

TEST(ContractTest, UnitsInNamesHaveTheirTypes) {
  const Contract contract;

  for (const Descriptor* message : contract.messages()) {
    for (int i = 0; i < message->field_count(); ++i) {
      const FieldDescriptor& field = *message->field(i);
      const std::string& name = field.name();
      const auto expect = [&](absl::string_view suffix, FieldDescriptor::Type type) {
        if (absl::EndsWith(name, suffix)) {
          EXPECT_EQ(field.type(), type) << field.full_name();
        }
      };
      expect("_ms", FieldDescriptor::TYPE_INT64);
      expect("_micronats", FieldDescriptor::TYPE_INT64);
      expect("_ppm", FieldDescriptor::TYPE_UINT32);
      expect("_bytes", FieldDescriptor::TYPE_UINT64);
      expect("digest", FieldDescriptor::TYPE_BYTES);
      expect("sha256", FieldDescriptor::TYPE_BYTES);
    }
  }
}

TEST(ContractTest, EveryEnumStartsWithUnspecifiedAndItsWordsAreOnes) {
  const Contract contract;
  const std::regex word("[A-Z][A-Z0-9]*(_[A-Z0-9]+)*");

  for (const EnumDescriptor* type : contract.enums()) {
    EXPECT_EQ(type->value(0)->number(), 0) << type->full_name();
    EXPECT_TRUE(absl::EndsWith(type->value(0)->name(), "_UNSPECIFIED")) << type->full_name();
    std::set<int> numbers;
    for (int i = 0; i < type->value_count(); ++i) {
      EXPECT_TRUE(std::regex_match(type->value(i)->name(), word)) << type->value(i)->full_name();
      EXPECT_TRUE(numbers.insert(type->value(i)->number()).second) << type->value(i)->full_name();
    }
  }
}

TEST(ContractTest, EveryFieldEnumWordAndCallHasAComment) {
  const Contract contract;

  for (const Descriptor* message : contract.messages()) {
    for (int i = 0; i < message->field_count(); ++i) {
      EXPECT_NE(CommentOf(*message->field(i)), "") << message->field(i)->full_name();
    }
  }
  for (const EnumDescriptor* type : contract.enums()) {
    for (int i = 0; i < type->value_count(); ++i) {
      EXPECT_NE(CommentOf(*type->value(i)), "") << type->value(i)->full_name();
    }
  }
  for (const FileDescriptor* file : contract.files()) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        EXPECT_NE(CommentOf(*file->service(s)->method(m)), "")
            << file->service(s)->method(m)->full_name();
      }
    }
  }
}

TEST(ContractTest, EveryFrozenFieldSaysWhetherNothingIsLegal) {
  const Contract contract;
  const std::regex says(
      "[Nn]ever|legal|must be|required to be|> 0|< 0|[Ee]xactly|(^|[^0-9,])[1-9][0-9,]* to |"
      "Absent:|Unless");

  for (const FieldDescriptor* field : FieldsReachedFrom(contract, Frozen())) {
    EXPECT_TRUE(std::regex_search(CommentOf(*field), says))
        << field->full_name() << ": may it be zero, empty or absent? The comment is:\n"
        << CommentOf(*field);
  }
}

// One line per field and enum word of what freezes: a change of a name, number or type anywhere is
// seen, not only in what golden_test.cc serialises.
TEST(ContractTest, FrozenFieldsAreTheRecordedOnes) {
  const Contract contract;
  std::set<std::string> lines;
  for (const FieldDescriptor* field : FieldsReachedFrom(contract, Frozen())) {
    if (field->file()->name() == absl::StrCat(kFolder, "/gates.proto")) continue;
    const char* label = field->is_repeated() ? "repeated " : "";
    const std::string type = field->message_type() != nullptr ? field->message_type()->full_name()
                             : field->enum_type() != nullptr  ? field->enum_type()->full_name()
                                                              : field->type_name();
    lines.insert(absl::StrCat(field->full_name(), " = ", field->number(), " ", label, type));
    if (const EnumDescriptor* words = field->enum_type()) {
      for (int i = 0; i < words->value_count(); ++i) {
        lines.insert(absl::StrCat(words->full_name(), " ", words->value(i)->name(), " = ",
                                  words->value(i)->number()));
      }
    }
  }
  std::ifstream file(absl::StrCat(kFolder, "/testdata/frozen_fields.txt"));
  std::ostringstream recorded;
  recorded << file.rdbuf();

  const std::string now = absl::StrJoin(lines, "\n") + "\n";
  EXPECT_EQ(now, recorded.str()) << "testdata/frozen_fields.txt would have to be:\n" << now;
}

}  // namespace
}  // namespace mig::v1
