#include "sim/scenario/block.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "sim/scenario/field_rules.h"

namespace mig::sim {

namespace pb = google::protobuf;

Block::Block(absl::string_view file, const pb::Message& message, const ParseTree& tree)
    : file_(file), message_(message), tree_(&tree) {}

const Block::Field& Block::Named(absl::string_view field) const {
  const Field* const found = message_.GetDescriptor()->FindFieldByName(std::string(field));
  MIG_CHECK(found != nullptr) << "no field " << field << " in "
                              << message_.GetDescriptor()->full_name();
  return *found;
}

Block Block::Child(absl::string_view name, int index) const {
  const Field& field = Named(name);
  const pb::Reflection& reflection = *message_.GetReflection();
  const pb::Message& inside = field.is_repeated()
                                  ? reflection.GetRepeatedMessage(message_, &field, index)
                                  : reflection.GetMessage(message_, &field);
  Block child(file_, inside, *tree_);
  child.tree_ = tree_ == nullptr ? nullptr : tree_->GetTreeForNested(&field, index);
  child.path_ = absl::StrCat(path_, name, ".");
  child.line_ = LineOf(name, index);
  return child;
}

int Block::LineOf(absl::string_view name, int index) const {
  if (tree_ == nullptr) return line_;
  const Field& field = Named(name);
  if (!field.is_repeated()) index = -1;
  // Of a list in brackets only the first has a place.
  for (; index >= -1; --index) {
    if (index == -1 && field.is_repeated()) break;
    const int line = tree_->GetLocation(&field, index).line;
    if (line >= 0) return line + 1;
  }
  return line_;
}

absl::Status Block::Wrong(absl::string_view field, absl::string_view what) const {
  return WrongAt(field, 0, what);
}

absl::Status Block::WrongAt(absl::string_view field, int index, absl::string_view what) const {
  return absl::InvalidArgumentError(
      absl::StrCat(file_, ":", LineOf(field, index), ": ", path_, field, " ", what));
}

absl::Status Block::CheckFields(Mode mode) const {
  const pb::Descriptor& type = *message_.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    MIG_RETURN_IF_ERROR(CheckField(*type.field(i), mode));
  }
  return absl::OkStatus();
}

absl::Status Block::CheckField(const Field& field, Mode mode) const {
  const FieldRule& rule = RuleOf(field);
  const pb::Reflection& reflection = *message_.GetReflection();
  const auto count = static_cast<uint64_t>(
      field.is_repeated() ? reflection.FieldSize(message_, &field)
                          : static_cast<int>(reflection.HasField(message_, &field)));
  if (count == 0) {
    if (rule.presence == FieldRule::Presence::kOptional) return absl::OkStatus();
    return Wrong(field.name(), absl::StrCat("is missing; write ", rule.example));
  }
  if (field.is_repeated() && count > rule.Most(mode)) {
    return WrongAt(field.name(), static_cast<int>(rule.Most(mode)),
                   absl::StrCat("is there ", count, " times; write ", BoundsWords(rule, mode)));
  }
  switch (field.cpp_type()) {
    case Field::CPPTYPE_STRING:
      return CheckText(field);
    case Field::CPPTYPE_MESSAGE:
      break;
    default:
      return CheckNumber(field, mode);
  }
  if (!field.is_repeated()) return Inside(field.name()).CheckFields(mode);
  for (int i = 0; i < static_cast<int>(count); ++i) {
    MIG_RETURN_IF_ERROR(Inside(field.name(), i).CheckFields(mode));
  }
  return absl::OkStatus();
}

absl::Status Block::CheckText(const Field& field) const {
  const FieldRule& rule = RuleOf(field);
  const pb::Reflection& reflection = *message_.GetReflection();
  const int count = field.is_repeated() ? reflection.FieldSize(message_, &field) : 1;
  for (int i = 0; i < count; ++i) {
    const std::string text = field.is_repeated() ? reflection.GetRepeatedString(message_, &field, i)
                                                 : reflection.GetString(message_, &field);
    if (const absl::Status plain = base::CheckText(text); !plain.ok()) {
      return WrongAt(field.name(), i,
                     absl::StrCat("is no plain text: ", plain.message(), "; write ", rule.example));
    }
    // How long an assertion is, its own grammar bounds.
    if (field.is_repeated() || (rule.least <= text.size() && text.size() <= rule.most)) continue;
    return Wrong(field.name(),
                 absl::StrCat("has ", text.size(), " bytes; write text of ", rule.least, " to ",
                              rule.most, ", such as ", rule.example));
  }
  return absl::OkStatus();
}

absl::Status Block::CheckNumber(const Field& field, Mode mode) const {
  const FieldRule& rule = RuleOf(field);
  const pb::Reflection& reflection = *message_.GetReflection();
  if (field.cpp_type() == Field::CPPTYPE_ENUM) {
    const int value = reflection.GetEnumValue(message_, &field);
    if (value >= static_cast<int>(rule.least) && value <= static_cast<int>(rule.most)) {
      return absl::OkStatus();
    }
    return Wrong(field.name(), absl::StrCat("is none that there is; write ", rule.example));
  }
  const uint64_t value = field.cpp_type() == Field::CPPTYPE_UINT64
                             ? reflection.GetUInt64(message_, &field)
                             : reflection.GetUInt32(message_, &field);
  if (mode == Mode::kLive && rule.most_live == 0) {
    if (value == 0) return absl::OkStatus();
    return Wrong(field.name(),
                 "is a fault that --live cannot make; run it with --virtual, or "
                 "leave it out");
  }
  if (value >= rule.least && value <= rule.Most(mode)) return absl::OkStatus();
  return Wrong(field.name(), absl::StrCat("is ", value, "; write ", BoundsWords(rule, mode)));
}

}  // namespace mig::sim
