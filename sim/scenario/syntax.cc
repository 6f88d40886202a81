#include "sim/scenario/syntax.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <numeric>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/text.h"
#include "sim/scenario/field_rules.h"

namespace mig::sim {

namespace {

namespace pb = google::protobuf;
using pb::io::Tokenizer;

class NoErrors : public pb::io::ErrorCollector {
 public:
  void AddError(int /*line*/, int /*column*/, const std::string& /*message*/) override {}
};

struct Name {
  std::string text;
  int line = 0;
};

// What stands before a place of the text.
struct Before {
  std::vector<Name> blocks;  // that are open there, the outermost first
  Name field;                // the last that was named in the innermost; may be empty
  std::string value;         // what stands after its colon
  std::string found;         // the word at that place; empty at the end of the text
};

Before Walk(absl::string_view text, const SyntaxError& error) {
  pb::io::ArrayInputStream input(text.data(), static_cast<int>(text.size()));
  NoErrors ignored;
  Tokenizer words(&input, &ignored);
  words.set_comment_style(Tokenizer::SH_COMMENT_STYLE);
  words.set_require_space_after_number(false);
  words.set_allow_multiline_strings(true);
  Before before;
  std::string last;
  while (words.Next()) {
    const Tokenizer::Token& word = words.current();
    if (std::tie(word.line, word.column) >= std::tie(error.line, error.column)) {
      before.found = word.text;
      break;
    }
    if (word.text == "{" || word.text == "<") {
      before.blocks.push_back(before.field);
      before.field = {};
    } else if (word.text == "}" || word.text == ">") {
      if (!before.blocks.empty()) before.blocks.pop_back();
      before.field = {};
    } else if (word.type == Tokenizer::TYPE_IDENTIFIER && last != ":") {
      before.field = {.text = word.text, .line = word.line};
      before.value.clear();
    } else if (word.text != ":") {
      before.value += word.text;
    }
    last = word.text;
  }
  if (before.value.empty()) before.value = before.found;
  if (before.found == "-" && words.Next()) before.value += words.current().text;
  return before;
}

std::string PathOf(const Before& before) {
  std::string path;
  for (const Name& block : before.blocks) absl::StrAppend(&path, block.text, ".");
  return path;
}

// The type of the innermost block; null where that is of no known type.
const pb::Descriptor* TypeOf(const Before& before, const pb::Descriptor& whole) {
  const pb::Descriptor* type = &whole;
  for (const Name& block : before.blocks) {
    const pb::FieldDescriptor* const field = type->FindFieldByName(block.text);
    if (field == nullptr || field->message_type() == nullptr) return nullptr;
    type = field->message_type();
  }
  return type;
}

// Levenshtein's distance.
size_t DistanceOf(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string NoSuchField(const std::string& name, const pb::Descriptor& type,
                        const pb::Descriptor& whole) {
  if (&type != &whole && whole.FindFieldByName(name) != nullptr) {
    return absl::StrCat("is no field; ", name, " stands outside of blocks: is a } missing above?");
  }
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  const std::string nearest = *std::ranges::min_element(
      names, {}, [&](const std::string& known) { return DistanceOf(known, name); });
  const bool is_near = DistanceOf(nearest, name) <= name.size() / 2;
  return absl::StrCat("is no field; ", is_near ? absl::StrCat("did you mean ", nearest, "? ") : "",
                      "there are ", absl::StrJoin(names, ", "));
}

// What the tokenizer itself does not take; empty if it is something else.
std::string NoText(const std::string& message) {
  if (absl::StrContains(message, "control character")) {
    return "has a control character beside it; write plain text";
  }
  if (absl::StrContains(message, "non ascii")) {
    return "has a letter outside ASCII beside it, which is for text in quotes; write NAME: VALUE";
  }
  return "";
}

std::string KindOf(const pb::FieldDescriptor& field) {
  const FieldRule& rule = RuleOf(field);
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_STRING:
      return "text in quotes";
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      return "a block";
    case pb::FieldDescriptor::CPPTYPE_ENUM:
      return "a word";
    default:
      return absl::StrCat("a whole number from ", rule.least, " to ", rule.most);
  }
}

}  // namespace

std::string SyntaxWords(absl::string_view text, const SyntaxError& error,
                        const pb::Descriptor& whole) {
  const Before before = Walk(text, error);
  const pb::Descriptor* const type = TypeOf(before, whole);
  const pb::FieldDescriptor* const field =
      type == nullptr ? nullptr : type->FindFieldByName(before.field.text);
  const std::string path = absl::StrCat(PathOf(before), base::Escaped(before.field.text));
  if (absl::StrContains(error.message, "no field named") && type != nullptr) {
    return absl::StrCat(before.field.line + 1, ": ", path, " ",
                        NoSuchField(before.field.text, *type, whole));
  }
  const int line = error.line + 1;
  if (const std::string no_text = NoText(error.message); !no_text.empty()) {
    return absl::StrCat(line, ": ", path.empty() ? "the text" : path, " ", no_text);
  }
  if (absl::StrContains(error.message, "specified multiple times")) {
    return absl::StrCat(line, ": ", path, " is written twice; leave one of the two");
  }
  const bool wants_name = absl::StartsWith(error.message, "Expected identifier");
  if (before.found.empty() && !before.blocks.empty()) {
    return absl::StrCat(before.blocks.back().line + 1, ": ", before.blocks.back().text,
                        " is not closed; write the } that is missing");
  }
  if (field != nullptr && absl::StartsWith(error.message, "Expected \":\"")) {
    return absl::StrCat(line, ": ", path, " has no colon; write ", RuleOf(*field).example);
  }
  if (field != nullptr && !wants_name) {
    return absl::StrCat(line, ": ", path, " is ", KindOf(*field), ", and cannot be `",
                        base::Escaped(before.value, 40), "`; write ", RuleOf(*field).example);
  }
  return absl::StrCat(line, ": ", path, path.empty() ? "" : ": ", "`",
                      base::Escaped(before.found, 40),
                      "` is not expected here; write NAME: VALUE or NAME { ... }");
}

}  // namespace mig::sim
