#include "sim/report/assertion.h"

#include <algorithm>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "sim/report/words.h"

namespace mig::sim {

namespace {

using Kind = Figure::Kind;
using Op = Assertion::Op;

constexpr size_t kMaxAssertionBytes = 200;
constexpr absl::string_view kGrammar =
    "write NAME OP NUMBER[UNIT], such as p99_check_in < 50ms, error_rate < 0.01 % or "
    "check_ins == 240";

struct OpName {
  absl::string_view text;
  Op op;
};
// The longer ones first.
constexpr OpName kOps[] = {{"<=", Op::kAtMost},
                           {">=", Op::kAtLeast},
                           {"==", Op::kEqual},
                           {"<", Op::kLess},
                           {">", Op::kMore}};

template <typename T>
bool Holds(Op op, const T& seen, const T& wanted) {
  switch (op) {
    case Op::kLess:
      return seen < wanted;
    case Op::kAtMost:
      return seen <= wanted;
    case Op::kEqual:
      return seen == wanted;
    case Op::kAtLeast:
      return seen >= wanted;
    case Op::kMore:
      return seen > wanted;
  }
  return false;
}

absl::Status Wrong(absl::string_view text, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("has \"", base::Escaped(text, kMaxAssertionBytes), "\": ", what));
}

// Digits, and a point between digits: no sign, no exponent, no "inf".
bool IsNumber(absl::string_view text) {
  const bool is_plain =
      std::ranges::all_of(text, [](char c) { return absl::ascii_isdigit(c) || c == '.'; });
  return is_plain && !text.empty() && absl::ascii_isdigit(text.front()) &&
         absl::ascii_isdigit(text.back()) && std::ranges::count(text, '.') <= 1 &&
         text.size() <= 20;
}

absl::Status ReadCount(absl::string_view value, Assertion& made) {
  if (absl::SimpleAtoi(value, &made.count) && absl::ascii_isdigit(value.front())) {
    return absl::OkStatus();
  }
  return Wrong(made.text, absl::StrCat(made.name,
                                       " is a count; compare it with a whole number "
                                       "without a unit"));
}

absl::Status ReadTime(absl::string_view value, Assertion& made) {
  absl::string_view number = value;
  const bool is_ms = absl::ConsumeSuffix(&number, "ms");
  const bool has_unit = is_ms || absl::ConsumeSuffix(&number, "s");
  number = absl::StripTrailingAsciiWhitespace(number);
  if (has_unit && IsNumber(number) &&
      absl::ParseDuration(absl::StrCat(number, is_ms ? "ms" : "s"), &made.time)) {
    return absl::OkStatus();
  }
  return Wrong(made.text,
               absl::StrCat(made.name, " is a time; compare it with one such as 50ms or 1.5s"));
}

absl::Status ReadShare(absl::string_view value, Assertion& made) {
  const bool has_unit = absl::ConsumeSuffix(&value, "%");
  value = absl::StripTrailingAsciiWhitespace(value);
  if (has_unit && IsNumber(value) && absl::SimpleAtod(value, &made.number) && made.number <= 100) {
    return absl::OkStatus();
  }
  return Wrong(made.text, absl::StrCat(made.name,
                                       " is a share; compare it with one of 0 to 100, "
                                       "such as 0.01 %"));
}

absl::Status ReadMemory(absl::string_view value, Assertion& made) {
  if (IsNumber(value) && absl::SimpleAtod(value, &made.number)) return absl::OkStatus();
  return Wrong(made.text,
               absl::StrCat(made.name, " is in MiB; compare it with a number without a unit"));
}

absl::Status ReadValue(absl::string_view value, Assertion& made) {
  switch (made.kind) {
    case Kind::kCount:
      return ReadCount(value, made);
    case Kind::kTime:
      return ReadTime(value, made);
    case Kind::kShare:
      return ReadShare(value, made);
    case Kind::kMemory:
      return ReadMemory(value, made);
  }
  return absl::OkStatus();
}

Verdict JudgeFigure(const Assertion& assertion, const Figure& figure) {
  Verdict verdict{.assertion = assertion};
  bool holds = false;
  switch (figure.kind) {
    case Kind::kCount:
      holds = Holds(assertion.op, figure.count, assertion.count);
      verdict.seen = CountWords(figure.count);
      verdict.value = static_cast<double>(figure.count);
      break;
    case Kind::kTime:
      holds = Holds(assertion.op, figure.time, assertion.time);
      verdict.seen = LatencyWords(figure.time);
      verdict.value = absl::ToDoubleMilliseconds(figure.time);
      break;
    case Kind::kShare:
      holds = Holds(assertion.op, figure.number, assertion.number);
      verdict.seen = PercentWords(figure.number);
      verdict.value = figure.number;
      break;
    case Kind::kMemory:
      holds = Holds(assertion.op, figure.number, assertion.number);
      verdict.seen = absl::StrCat(CountWords(static_cast<uint64_t>(figure.number)), " MiB");
      verdict.value = figure.number;
      break;
  }
  verdict.result = holds ? Verdict::Result::kHeld : Verdict::Result::kFailed;
  return verdict;
}

const Figure& FigureNamed(const std::vector<Figure>& figures, absl::string_view name) {
  const auto found = std::ranges::find(figures, name, &Figure::name);
  MIG_CHECK(found != figures.end()) << "no figure " << name;
  return *found;
}

}  // namespace

absl::StatusOr<Assertion> ParseAssertion(absl::string_view text) {
  if (text.size() > kMaxAssertionBytes || text.empty()) {
    return Wrong(text, kGrammar);
  }
  const size_t name_end = text.find_first_of(" <>=!");
  if (name_end == absl::string_view::npos || name_end == 0) return Wrong(text, kGrammar);
  Assertion made{.text = std::string(text), .name = std::string(text.substr(0, name_end))};
  const std::vector<Figure> figures = FiguresOf(Summary());
  const auto figure = std::ranges::find(figures, made.name, &Figure::name);
  if (figure == figures.end()) {
    return Wrong(text, absl::StrCat("there is no figure ", base::Escaped(made.name),
                                    "; docs/simulation.md names them, such as check_ins, "
                                    "error_rate, p99_check_in"));
  }
  made.kind = figure->kind;
  made.where = figure->where;
  absl::string_view rest = absl::StripLeadingAsciiWhitespace(text.substr(name_end));
  const auto op = std::ranges::find_if(
      kOps, [&](const OpName& known) { return absl::ConsumePrefix(&rest, known.text); });
  if (op == std::end(kOps)) return Wrong(text, "the comparison is one of < <= == >= >");
  made.op = op->op;
  rest = absl::StripAsciiWhitespace(rest);
  if (rest.empty()) return Wrong(text, kGrammar);
  MIG_RETURN_IF_ERROR(ReadValue(rest, made));
  return made;
}

Verdict Judge(const Assertion& assertion, const Summary& summary) {
  const std::vector<Figure> figures = FiguresOf(summary);
  const Figure& figure = FigureNamed(figures, assertion.name);
  if (figure.samples == 0) return {.assertion = assertion, .seen = "no samples"};
  Verdict verdict = JudgeFigure(assertion, figure);
  if (figure.kind == Kind::kShare) {
    absl::StrAppend(&verdict.seen, " (", CountWords(summary.errors()), " of ",
                    CountWords(summary.calls), ")");
  }
  return verdict;
}

std::vector<Verdict> JudgeAll(const std::vector<std::string>& assertions, const Summary& summary) {
  std::vector<Verdict> verdicts;
  for (const std::string& text : assertions) {
    const absl::StatusOr<Assertion> assertion = ParseAssertion(text);
    MIG_CHECK_OK(assertion) << "an assertion that was parsed before";
    verdicts.push_back(Judge(*assertion, summary));
  }
  return verdicts;
}

}  // namespace mig::sim
