// Which hosts: the subset of AIP-160 in docs/protocol.md, "Filters", over a host's own facts.
//   distribution = "debian" AND tags.site = "ber" AND kernel >= "6.1"
// Typed, bounded, three-valued (Kleene): a comparison on a missing field is UNKNOWN, also :"*", and
// only TRUE matches. So a fact that a host keeps to itself never puts it among those a filter
// names, nor among those that a NOT leaves over.

#ifndef MIG_ROLLOUT_FILTER_H_
#define MIG_ROLLOUT_FILTER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rollout/facts.h"
#include "rollout/field.h"
#include "rollout/ip_address.h"

namespace mig::rollout {

// In Kleene's order: AND is the least of both, OR the greatest.
enum class Truth { kFalse, kUnknown, kTrue };

// "TRUE", "FALSE", "UNKNOWN".
absl::string_view TruthName(Truth truth);

// What one comparison saw.
struct TermEvidence {
  std::string term;  // canonical text: kernel >= "6.1"
  Truth truth = Truth::kUnknown;
  std::optional<std::string> seen;  // the host's value, escaped; nothing where it is missing
};

// A filter that has been parsed and checked. Immutable; copyable; any thread may read.
class Filter {
 public:
  // The empty filter, which is TRUE everywhere.
  Filter() = default;

  // Any spelling: operators in any case, spaces and parentheses as one likes. At most
  // base::kMaxFilterBytes, kMaxFilterTerms comparisons, and kMaxFilterDepth parentheses and NOTs
  // inside each other.
  //
  // Errors (trust::RefusalOf):
  //   FILTER  malformed, an unknown or unfit field, a value of another type; says at which column
  //           (characters, from 1), and what is expected there
  //   BOUND   too long, too many terms, too deep
  static absl::StatusOr<Filter> Parse(absl::string_view text, FieldSet fields);

  // What a signed document may carry: parses, and is its own canonical text; else FILTER, which
  // shows the canonical text.
  static absl::StatusOr<Filter> ParseSigned(absl::string_view text, FieldSet fields);

  // Upper-case operators, one space around words and operators (none around `:`), parentheses only
  // around a mixed or negated group, no double NOT, values in double quotes with \" and \\ only
  // (integers of --where too; its durations stay bare). Parsing it gives this filter again.
  const std::string& text() const { return text_; }
  bool empty() const { return !root_.has_value(); }

  // Allocates nothing; reads each term at most once.
  Truth Evaluate(const Facts& facts) const;

  // Every term with what it saw, left to right; none for the empty filter.
  std::vector<TermEvidence> Explain(const Facts& facts) const;

  // Every field that is read, sorted, each once.
  std::vector<Field> Fields() const;

 private:
  friend class FilterParser;

  enum class Operator { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kHas };
  struct Present {};  // :"*"
  struct Term {
    Field field;
    Operator op = Operator::kEqual;
    // What the field's type compares with: text or version, presence, network, age.
    std::variant<std::string, Present, IpNetwork, absl::Duration> value;
    std::string text;  // canonical
  };
  struct Node {
    enum class Kind { kTerm, kNot, kAnd, kOr };
    Kind kind = Kind::kTerm;
    std::vector<Node> children;  // one for kNot, two or more of other kinds for kAnd and kOr
    std::optional<Term> term;
  };

  static Truth EvaluateTerm(const Term& term, const Facts& facts);
  static Truth EvaluateNode(const Node& node, const Facts& facts);
  static void Print(const Node& node, std::string& out);
  template <typename Visit>
  static void ForEachTerm(const Node& node, const Visit& visit);

  std::optional<Node> root_;
  std::string text_;
};

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_FILTER_H_
