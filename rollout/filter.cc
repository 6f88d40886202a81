#include "rollout/filter.h"

#include <algorithm>
#include <compare>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "rollout/filter_parser.h"
#include "rollout/version.h"
#include "trust/refusal.h"

namespace mig::rollout {
namespace {

Truth TruthOf(bool holds) { return holds ? Truth::kTrue : Truth::kFalse; }

absl::Status TooLong(size_t size) {
  return trust::Refuse(v1::Refusal::BOUND, absl::StrCat("a filter of ", size, " bytes, at most ",
                                                        base::kMaxFilterBytes, " are taken"));
}

Truth Not(Truth truth) {
  if (truth == Truth::kUnknown) return truth;
  return TruthOf(truth == Truth::kFalse);
}

}  // namespace

absl::string_view TruthName(Truth truth) {
  switch (truth) {
    case Truth::kFalse:
      return "FALSE";
    case Truth::kUnknown:
      return "UNKNOWN";
    case Truth::kTrue:
      return "TRUE";
  }
  return "UNKNOWN";
}

absl::StatusOr<Filter> Filter::Parse(absl::string_view text, FieldSet fields) {
  if (text.size() > base::kMaxFilterBytes) return TooLong(text.size());
  Filter filter;
  if (text.find_first_not_of(' ') == absl::string_view::npos) return filter;

  MIG_ASSIGN_OR_RETURN(filter.root_, FilterParser(text, fields).Parse());
  Print(*filter.root_, filter.text_);
  if (filter.text_.size() > base::kMaxFilterBytes) return TooLong(filter.text_.size());
  return filter;
}

absl::StatusOr<Filter> Filter::ParseSigned(absl::string_view text, FieldSet fields) {
  MIG_ASSIGN_OR_RETURN(Filter filter, Parse(text, fields));
  if (filter.text() != text) {
    return trust::Refuse(v1::Refusal::FILTER,
                         absl::StrCat("a signed filter must be canonical text; write '",
                                      base::Escaped(filter.text(), 400), "' instead of '",
                                      base::Escaped(text, 400), "'"));
  }
  return filter;
}

void Filter::Print(const Node& node, std::string& out) {
  switch (node.kind) {
    case Node::Kind::kTerm:
      out += node.term->text;
      return;
    case Node::Kind::kNot: {
      const Node& inner = node.children.front();
      const bool group = inner.kind != Node::Kind::kTerm;
      out += group ? "NOT (" : "NOT ";
      Print(inner, out);
      if (group) out += ")";
      return;
    }
    case Node::Kind::kAnd:
    case Node::Kind::kOr: {
      const absl::string_view word = node.kind == Node::Kind::kAnd ? " AND " : " OR ";
      for (size_t i = 0; i < node.children.size(); ++i) {
        const Node& child = node.children[i];
        const bool mixed = child.kind == Node::Kind::kAnd || child.kind == Node::Kind::kOr;
        if (i > 0) absl::StrAppend(&out, word);
        if (mixed) out += "(";
        Print(child, out);
        if (mixed) out += ")";
      }
      return;
    }
  }
}

Truth Filter::EvaluateTerm(const Term& term, const Facts& facts) {
  if (const auto* network = std::get_if<IpNetwork>(&term.value)) {
    const std::vector<IpAddress>& addresses = facts.Addresses(term.field);
    if (addresses.empty()) return Truth::kUnknown;
    return TruthOf(std::any_of(addresses.begin(), addresses.end(),
                               [&](const IpAddress& a) { return network->Contains(a); }));
  }

  std::strong_ordering order = std::strong_ordering::equal;
  if (const auto* age = std::get_if<absl::Duration>(&term.value)) {
    const std::optional<absl::Duration> seen = facts.Age(term.field);
    if (!seen.has_value()) return Truth::kUnknown;
    order = *seen < *age   ? std::strong_ordering::less
            : *seen > *age ? std::strong_ordering::greater
                           : std::strong_ordering::equal;
  } else {
    const std::optional<absl::string_view> seen = facts.Text(term.field);
    if (!seen.has_value()) return Truth::kUnknown;
    if (std::holds_alternative<Present>(term.value)) return Truth::kTrue;
    // Its order is by bytes where it says equal, so `=` and `!=` of texts may ask it too.
    order = CompareVersions(*seen, std::get<std::string>(term.value));
  }

  switch (term.op) {
    case Operator::kEqual:
      return TruthOf(order == 0);
    case Operator::kNotEqual:
      return TruthOf(order != 0);
    case Operator::kLess:
      return TruthOf(order < 0);
    case Operator::kLessOrEqual:
      return TruthOf(order <= 0);
    case Operator::kGreater:
      return TruthOf(order > 0);
    case Operator::kGreaterOrEqual:
      return TruthOf(order >= 0);
    case Operator::kHas:
      break;
  }
  return Truth::kUnknown;
}

Truth Filter::EvaluateNode(const Node& node, const Facts& facts) {
  switch (node.kind) {
    case Node::Kind::kTerm:
      return EvaluateTerm(*node.term, facts);
    case Node::Kind::kNot:
      return Not(EvaluateNode(node.children.front(), facts));
    case Node::Kind::kAnd: {
      Truth least = Truth::kTrue;
      for (const Node& child : node.children) {
        least = std::min(least, EvaluateNode(child, facts));
        if (least == Truth::kFalse) break;
      }
      return least;
    }
    case Node::Kind::kOr: {
      Truth greatest = Truth::kFalse;
      for (const Node& child : node.children) {
        greatest = std::max(greatest, EvaluateNode(child, facts));
        if (greatest == Truth::kTrue) break;
      }
      return greatest;
    }
  }
  return Truth::kUnknown;
}

Truth Filter::Evaluate(const Facts& facts) const {
  return root_.has_value() ? EvaluateNode(*root_, facts) : Truth::kTrue;
}

template <typename Visit>
void Filter::ForEachTerm(const Node& node, const Visit& visit) {
  if (node.term.has_value()) visit(*node.term);
  for (const Node& child : node.children) ForEachTerm(child, visit);
}

std::vector<TermEvidence> Filter::Explain(const Facts& facts) const {
  std::vector<TermEvidence> evidence;
  if (!root_.has_value()) return evidence;
  ForEachTerm(*root_, [&](const Term& term) {
    evidence.push_back(TermEvidence{
        .term = term.text, .truth = EvaluateTerm(term, facts), .seen = facts.Shown(term.field)});
  });
  return evidence;
}

std::vector<Field> Filter::Fields() const {
  std::vector<Field> fields;
  if (!root_.has_value()) return fields;
  ForEachTerm(*root_, [&](const Term& term) { fields.push_back(term.field); });
  std::sort(fields.begin(), fields.end());
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  return fields;
}

}  // namespace mig::rollout
