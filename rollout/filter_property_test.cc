// Filters made at random: what is printed can be read again, means the same, and is canonical; and
// no text whatever does more than be refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "base/testing/status_matchers.h"
#include "rollout/filter.h"
#include "rollout/testing/test_facts.h"

namespace mig::rollout {
namespace {

using base::testing::IsOk;
using base::testing::Seed;
using base::testing::SeededRandom;

// Writes a random filter in a random spelling, and knows by a way of its own what it means.
class FilterWriter {
 public:
  explicit FilterWriter(SeededRandom& random) : random_(random) {}

  struct Written {
    std::string text;
    Truth truth;
  };

  Written Expression(int depth) {
    Written first = Negation(depth);
    const uint64_t more = depth == 0 ? 0 : random_.Below(4);
    const bool conjunction = random_.Below(2) == 0;
    for (uint64_t i = 0; i < more; ++i) {
      const Written next = Negation(depth);
      first.text = absl::StrCat(first.text, Space(), conjunction ? Word("AND") : Word("OR"),
                                Space(), next.text);
      first.truth =
          conjunction ? std::min(first.truth, next.truth) : std::max(first.truth, next.truth);
    }
    return first;
  }

 private:
  Written Negation(int depth) {
    if (random_.Below(3) != 0) return Atom(depth);
    Written inner = Atom(depth);
    inner.text = absl::StrCat(Word("NOT"), Space(), inner.text);
    if (inner.truth != Truth::kUnknown) {
      inner.truth = inner.truth == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
    }
    return inner;
  }

  Written Atom(int depth) {
    if (depth > 0 && random_.Below(2) == 0) {
      Written inner = Expression(depth - 1);
      inner.text = absl::StrCat("(", inner.text, ")");
      return inner;
    }
    static const Written kTerms[] = {
        {"os = \"linux\"", Truth::kTrue},
        {"os!=\"linux\"", Truth::kFalse},
        {"kernel  >=\"6.1\"", Truth::kTrue},
        {"kernel < \"6\"", Truth::kFalse},
        {"address : \"10.0.0.0/8\"", Truth::kTrue},
        {"tags.role:\"*\"", Truth::kTrue},
        {"tags.site = \"\\\"\\\\\"", Truth::kFalse},
        {"model = \"(x) AND NOT\"", Truth::kUnknown},
    };
    return kTerms[random_.Below(std::size(kTerms))];
  }

  std::string Space() { return std::string(1 + random_.Below(2), ' '); }

  std::string Word(std::string word) {
    for (char& c : word) {
      if (random_.Below(2) == 0) c = static_cast<char>(c - 'A' + 'a');
    }
    return word;
  }

  SeededRandom& random_;
};

TEST(FilterPropertyTest, CanonicalTextReadsBackAsItselfAndMeansTheSame) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  SeededRandom random(seed);
  const Facts facts = testing::TestFacts();
  int read = 0;
  for (int i = 0; i < 20'000; ++i) {
    const FilterWriter::Written written = FilterWriter(random).Expression(3);
    const absl::StatusOr<Filter> filter = Filter::Parse(written.text, FieldSet::kPlan);
    if (!filter.ok()) {
      // Only a bound may stand in the way of what the grammar allows.
      ASSERT_EQ(filter.status().code(), absl::StatusCode::kResourceExhausted) << filter.status();
      continue;
    }
    ++read;
    ASSERT_EQ(filter->Evaluate(facts), written.truth) << written.text;

    const absl::StatusOr<Filter> again = Filter::ParseSigned(filter->text(), FieldSet::kPlan);
    ASSERT_THAT(again, IsOk()) << written.text;
    ASSERT_EQ(again->text(), filter->text());
    ASSERT_EQ(again->Evaluate(facts), written.truth) << filter->text();
    ASSERT_EQ(again->Explain(facts).size(), filter->Explain(facts).size());
  }
  EXPECT_GT(read, 10'000);
}

TEST(FilterPropertyTest, ChangedBytesAreRefusedOrReadBackAsThemselves) {
  const Seed seed = Seed::FromEnvironmentOrRandom();
  SCOPED_TRACE(seed);
  SeededRandom random(seed);
  const Facts facts = testing::TestFacts();
  for (int i = 0; i < 50'000; ++i) {
    std::string text = FilterWriter(random).Expression(2).text;
    for (uint64_t n = 1 + random.Below(3); n > 0; --n) {
      const size_t at = random.Below(text.size() + 1);
      const uint64_t what = random.Below(3);
      if (what == 0) text.insert(at, 1, static_cast<char>(random.Below(256)));
      if (what == 1) text.erase(at, 1);
      if (what == 2) text.resize(at);
    }
    const absl::StatusOr<Filter> filter = Filter::Parse(text, FieldSet::kPlan);
    if (!filter.ok()) continue;
    const absl::StatusOr<Filter> again = Filter::ParseSigned(filter->text(), FieldSet::kPlan);
    ASSERT_THAT(again, IsOk()) << text;
    ASSERT_EQ(again->Evaluate(facts), filter->Evaluate(facts)) << text;
  }
}

}  // namespace
}  // namespace mig::rollout
