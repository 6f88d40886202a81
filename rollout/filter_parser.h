// The reading half of filter.h; nothing outside of filter.cc includes it.

#ifndef MIG_ROLLOUT_FILTER_PARSER_H_
#define MIG_ROLLOUT_FILTER_PARSER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rollout/filter.h"

namespace mig::rollout {

// One text, read once from left to right by recursive descent:
//   expr = not {AND not} | not {OR not}    not = [NOT] atom    atom = "(" expr ")" | field op value
// What comes out is already in its canonical shape: no group inside a group of the same kind, no
// group of one, no double NOT. `text` must outlive it.
class FilterParser {
 public:
  FilterParser(absl::string_view text, FieldSet fields) : text_(text), fields_(fields) {}

  // The whole text, which is not empty.
  absl::StatusOr<Filter::Node> Parse();

 private:
  using Node = Filter::Node;
  using Operator = Filter::Operator;
  enum class TokenKind { kWord, kString, kOperator, kOpen, kClose, kEnd };
  struct Token {
    TokenKind kind = TokenKind::kEnd;
    size_t begin = 0;        // byte offset
    absl::string_view text;  // as it is written
    std::string value;       // kString: without quotes and escapes
  };

  // Makes the next token current.
  absl::Status Advance();
  absl::Status ReadString();
  bool CurrentIsWord(absl::string_view upper_case) const;

  absl::StatusOr<Node> ParseExpression();
  absl::StatusOr<Node> ParseNot();
  absl::StatusOr<Node> ParseAtom();
  absl::StatusOr<Node> ParseTerm();
  absl::StatusOr<Operator> ParseOperator(const Field& field);
  // Sets what the term's field compares with, and its canonical text.
  absl::Status ParseValue(Filter::Term& term);
  absl::Status SetText(Filter::Term& term);
  absl::Status SetNetwork(Filter::Term& term);
  absl::Status SetAge(Filter::Term& term);

  absl::Status Deeper();
  // Where the current token stands: "column 14".
  absl::Status ErrorHere(absl::string_view what) const;
  absl::Status ExpectedHere(absl::string_view what) const;
  absl::Status ErrorAt(size_t offset, absl::string_view what) const;

  absl::string_view text_;
  FieldSet fields_;
  size_t next_ = 0;  // byte offset of what is not read yet
  Token current_;
  int terms_ = 0;
  int depth_ = 0;
};

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_FILTER_PARSER_H_
