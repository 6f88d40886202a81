#include "rollout/filter_parser.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "trust/refusal.h"

namespace mig::rollout {
namespace {

// Characters, from 1: UTF-8's continuation bytes do not count.
size_t ColumnOf(absl::string_view text, size_t offset) {
  size_t column = 1;
  for (const char c : text.substr(0, offset)) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) ++column;
  }
  return column;
}

bool IsWordByte(char c) {
  return !absl::ascii_isspace(static_cast<unsigned char>(c)) &&
         absl::string_view("()=!<>:\"").find(c) == absl::string_view::npos;
}

std::string Quoted(absl::string_view value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return quoted;
}

bool IsInteger(absl::string_view word) {
  for (const char c : word) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return !word.empty();
}

// "24h", "1d12h": integers with the units w d h m s, each number below 100,000.
std::optional<absl::Duration> ParseAge(absl::string_view word) {
  constexpr size_t kMaxDigits = 5;
  absl::Duration sum;
  if (word.empty()) return std::nullopt;
  while (!word.empty()) {
    size_t digits = 0;
    while (digits < word.size() && absl::ascii_isdigit(static_cast<unsigned char>(word[digits]))) {
      ++digits;
    }
    int64_t number = 0;
    if (digits == 0 || digits > kMaxDigits || digits == word.size() ||
        !absl::SimpleAtoi(word.substr(0, digits), &number)) {
      return std::nullopt;
    }
    switch (word[digits]) {
      case 'w':
        sum += absl::Hours(24 * 7 * number);
        break;
      case 'd':
        sum += absl::Hours(24 * number);
        break;
      case 'h':
        sum += absl::Hours(number);
        break;
      case 'm':
        sum += absl::Minutes(number);
        break;
      case 's':
        sum += absl::Seconds(number);
        break;
      default:
        return std::nullopt;
    }
    word.remove_prefix(digits + 1);
  }
  return sum;
}

absl::string_view OperatorsOf(FieldType type) {
  switch (type) {
    case FieldType::kText:
      return "= != :";
    case FieldType::kVersion:
      return "= != < <= > >= :";
    case FieldType::kAddresses:
      return ":";
    case FieldType::kAge:
      return "< <= > >=";
  }
  return "";
}

absl::string_view TypeName(FieldType type) {
  switch (type) {
    case FieldType::kText:
      return "text";
    case FieldType::kVersion:
      return "a version";
    case FieldType::kAddresses:
      return "a list of addresses";
    case FieldType::kAge:
      return "a time ago";
  }
  return "";
}

}  // namespace

absl::Status FilterParser::ErrorAt(size_t offset, absl::string_view what) const {
  return trust::Refuse(v1::Refusal::FILTER,
                       absl::StrCat("filter, column ", ColumnOf(text_, offset), ": ", what));
}

absl::Status FilterParser::ErrorHere(absl::string_view what) const {
  return ErrorAt(current_.begin, what);
}

absl::Status FilterParser::ExpectedHere(absl::string_view what) const {
  const std::string found = current_.kind == TokenKind::kEnd
                                ? "the filter ends"
                                : absl::StrCat("there is '", base::Escaped(current_.text, 40), "'");
  return ErrorHere(absl::StrCat("expected ", what, ", but ", found));
}

absl::Status FilterParser::Deeper() {
  if (++depth_ > base::kMaxFilterDepth) {
    return trust::Refuse(
        v1::Refusal::BOUND,
        absl::StrCat("filter, column ", ColumnOf(text_, current_.begin), ": more than ",
                     base::kMaxFilterDepth, " parentheses and NOTs inside each other"));
  }
  return absl::OkStatus();
}

absl::Status FilterParser::Advance() {
  while (next_ < text_.size() && text_[next_] == ' ') ++next_;
  current_ = Token{.kind = TokenKind::kEnd, .begin = next_, .text = "", .value = ""};
  if (next_ == text_.size()) return absl::OkStatus();

  const char c = text_[next_];
  size_t size = 1;
  if (c == '"') return ReadString();
  if (c == '(') {
    current_.kind = TokenKind::kOpen;
  } else if (c == ')') {
    current_.kind = TokenKind::kClose;
  } else if (absl::StrContains("=!<>:", c)) {
    current_.kind = TokenKind::kOperator;
    const bool two = absl::StrContains("!<>", c) && absl::StartsWith(text_.substr(next_ + 1), "=");
    if (two) size = 2;
  } else if (IsWordByte(c)) {
    current_.kind = TokenKind::kWord;
    while (next_ + size < text_.size() && IsWordByte(text_[next_ + size])) ++size;
  } else {
    return ErrorHere("only single spaces may stand between words, no tabs or line breaks");
  }
  current_.text = text_.substr(next_, size);
  next_ += size;
  return absl::OkStatus();
}

absl::Status FilterParser::ReadString() {
  current_.kind = TokenKind::kString;
  for (size_t i = next_ + 1; i < text_.size(); ++i) {
    if (text_[i] == '"') {
      current_.text = text_.substr(next_, i + 1 - next_);
      next_ = i + 1;
      return absl::OkStatus();
    }
    if (text_[i] == '\\') {
      const absl::string_view after = text_.substr(i + 1, 1);
      if (after != "\"" && after != "\\") {
        return ErrorAt(i, "after a backslash expected \\ or \", nothing else is escaped");
      }
      ++i;
    }
    current_.value.push_back(text_[i]);
  }
  return ErrorHere("expected a closing \" for the value that begins here, but the filter ends");
}

bool FilterParser::CurrentIsWord(absl::string_view upper_case) const {
  return current_.kind == TokenKind::kWord && absl::EqualsIgnoreCase(current_.text, upper_case);
}

absl::StatusOr<Filter::Node> FilterParser::Parse() {
  MIG_RETURN_IF_ERROR(Advance());
  MIG_ASSIGN_OR_RETURN(Node root, ParseExpression());
  if (current_.kind != TokenKind::kEnd) return ExpectedHere("AND, OR, or the end");
  return root;
}

absl::StatusOr<Filter::Node> FilterParser::ParseExpression() {
  MIG_ASSIGN_OR_RETURN(Node first, ParseNot());
  if (!CurrentIsWord("AND") && !CurrentIsWord("OR")) return first;

  const Node::Kind kind = CurrentIsWord("AND") ? Node::Kind::kAnd : Node::Kind::kOr;
  const absl::string_view word = kind == Node::Kind::kAnd ? "AND" : "OR";
  Node group{.kind = kind, .children = {}, .term = std::nullopt};
  const auto add = [&group](Node child) {
    if (child.kind != group.kind) {
      group.children.push_back(std::move(child));
      return;
    }
    for (Node& inner : child.children) group.children.push_back(std::move(inner));
  };
  add(std::move(first));
  while (CurrentIsWord(word)) {
    MIG_RETURN_IF_ERROR(Advance());
    MIG_ASSIGN_OR_RETURN(Node next, ParseNot());
    add(std::move(next));
  }
  if (CurrentIsWord("AND") || CurrentIsWord("OR")) {
    return ErrorHere("AND and OR side by side: expected parentheses around one of the groups");
  }
  return group;
}

absl::StatusOr<Filter::Node> FilterParser::ParseNot() {
  if (!CurrentIsWord("NOT")) return ParseAtom();

  MIG_RETURN_IF_ERROR(Deeper());
  MIG_RETURN_IF_ERROR(Advance());
  MIG_ASSIGN_OR_RETURN(Node inner, ParseAtom());
  --depth_;
  if (inner.kind == Node::Kind::kNot) {
    Node twice = std::move(inner.children.front());
    return twice;
  }
  Node negated{.kind = Node::Kind::kNot, .children = {}, .term = std::nullopt};
  negated.children.push_back(std::move(inner));
  return negated;
}

absl::StatusOr<Filter::Node> FilterParser::ParseAtom() {
  if (current_.kind != TokenKind::kOpen) return ParseTerm();

  MIG_RETURN_IF_ERROR(Deeper());
  MIG_RETURN_IF_ERROR(Advance());
  MIG_ASSIGN_OR_RETURN(Node inner, ParseExpression());
  if (current_.kind != TokenKind::kClose) return ExpectedHere("AND, OR, or )");
  MIG_RETURN_IF_ERROR(Advance());
  --depth_;
  return inner;
}

absl::StatusOr<Filter::Node> FilterParser::ParseTerm() {
  if (current_.kind != TokenKind::kWord || CurrentIsWord("AND") || CurrentIsWord("OR") ||
      CurrentIsWord("NOT")) {
    return ExpectedHere("a field or (");
  }
  if (++terms_ > base::kMaxFilterTerms) {
    return trust::Refuse(v1::Refusal::BOUND,
                         absl::StrCat("filter, column ", ColumnOf(text_, current_.begin),
                                      ": more than ", base::kMaxFilterTerms, " comparisons"));
  }
  absl::StatusOr<Field> field = Field::Parse(current_.text, fields_);
  if (!field.ok()) {
    return ErrorHere(absl::StrCat("expected a field; ", field.status().message()));
  }
  MIG_RETURN_IF_ERROR(Advance());

  Filter::Term term;
  term.field = *std::move(field);
  MIG_ASSIGN_OR_RETURN(term.op, ParseOperator(term.field));
  MIG_RETURN_IF_ERROR(ParseValue(term));
  return Node{.kind = Node::Kind::kTerm, .children = {}, .term = std::move(term)};
}

absl::StatusOr<Filter::Operator> FilterParser::ParseOperator(const Field& field) {
  const absl::string_view allowed = OperatorsOf(field.type());
  const std::string expected = absl::StrCat("one of the operators ", allowed, " (",
                                            field.ToString(), " is ", TypeName(field.type()), ")");
  // "!" alone is in nobody's list, though it is a part of one.
  const bool known =
      current_.kind == TokenKind::kOperator && current_.text != "!" &&
      absl::StrContains(absl::StrCat(" ", allowed, " "), absl::StrCat(" ", current_.text, " "));
  if (!known) return ExpectedHere(expected);

  constexpr std::pair<absl::string_view, Operator> kOperators[] = {
      {"=", Operator::kEqual},   {"!=", Operator::kNotEqual},
      {"<", Operator::kLess},    {"<=", Operator::kLessOrEqual},
      {">", Operator::kGreater}, {">=", Operator::kGreaterOrEqual},
      {":", Operator::kHas},
  };
  Operator found = Operator::kEqual;
  for (const auto& [text, op] : kOperators) {
    if (text == current_.text) found = op;
  }
  MIG_RETURN_IF_ERROR(Advance());
  return found;
}

absl::Status FilterParser::ParseValue(Filter::Term& term) {
  const FieldType type = term.field.type();
  if (current_.kind == TokenKind::kString) {
    if (absl::Status text = base::CheckText(current_.value); !text.ok()) {
      return ErrorHere(absl::StrCat("expected a value of plain text: ", text.message()));
    }
  }
  if (type == FieldType::kAge) return SetAge(term);
  return type == FieldType::kAddresses ? SetNetwork(term) : SetText(term);
}

absl::Status FilterParser::SetText(Filter::Term& term) {
  const bool bare_integer =
      fields_ == FieldSet::kWhere && current_.kind == TokenKind::kWord && IsInteger(current_.text);
  if (current_.kind != TokenKind::kString && !bare_integer) {
    return ExpectedHere("a value in double quotes");
  }
  std::string value = bare_integer ? std::string(current_.text) : std::move(current_.value);
  if (term.op == Operator::kHas) {
    if (value != "*")
      return ErrorHere("expected \"*\" after the : (it is present), or another operator");
    term.text = absl::StrCat(term.field.ToString(), ":\"*\"");
    term.value = Filter::Present{};
    return Advance();
  }
  if (term.field.type() == FieldType::kVersion && value.empty()) {
    return ErrorHere("expected a version, but the value is empty");
  }
  constexpr absl::string_view kTexts[] = {"=", "!=", "<", "<=", ">", ">="};
  term.text = absl::StrCat(term.field.ToString(), " ", kTexts[static_cast<int>(term.op)], " ",
                           Quoted(value));
  term.value = std::move(value);
  return Advance();
}

absl::Status FilterParser::SetNetwork(Filter::Term& term) {
  if (current_.kind != TokenKind::kString) {
    return ExpectedHere("an address or network in double quotes, like \"10.0.0.0/8\"");
  }
  absl::StatusOr<IpNetwork> network = IpNetwork::Parse(current_.value);
  if (!network.ok()) {
    return ErrorHere(absl::StrCat("expected an address or network; ", network.status().message()));
  }
  term.text = absl::StrCat(term.field.ToString(), ":", Quoted(current_.value));
  term.value = *network;
  return Advance();
}

absl::Status FilterParser::SetAge(Filter::Term& term) {
  const std::optional<absl::Duration> age =
      current_.kind == TokenKind::kWord ? ParseAge(current_.text) : std::nullopt;
  if (!age.has_value()) {
    return ExpectedHere("a duration without quotes, like 24h or 7d (units w d h m s)");
  }
  constexpr absl::string_view kTexts[] = {"=", "!=", "<", "<=", ">", ">="};
  term.text = absl::StrCat(term.field.ToString(), " ", kTexts[static_cast<int>(term.op)], " ",
                           current_.text);
  term.value = *age;
  return Advance();
}

}  // namespace mig::rollout
