#include "bench/compare/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mig::bench {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

using Verdict = ComparedRow::Verdict;

Comparison Sample() {
  return {.pairs = 16,
          .rows = {{.name = "scan",
                    .base = 1e-3,
                    .here = 1.2e-3,
                    .slowdown = {.estimate = 0.2, .low = 0.15, .high = 0.25},
                    .p = 0.00002,
                    .limit = 0.1,
                    .verdict = Verdict::kRegression},
                   {.name = "sha256",
                    .unit = Unit::kBytesPerSecond,
                    .base = 1600e6,
                    .here = 1610e6,
                    .slowdown = {.estimate = -0.006, .low = -0.02, .high = 0.01},
                    .p = 1,
                    .limit = 0.05}},
          .only_base = {"old"},
          .only_here = {"new", "newer"}};
}

TEST(ReportTest, TheTextHasEachRowTheRestAndTheVerdictAtItsEnd) {
  const std::string text = ToText(Sample());

  EXPECT_THAT(text, HasSubstr("1.00 ms      1.20 ms   +20.0 %  [+15.0 %, +25.0 %]"));
  EXPECT_THAT(text, HasSubstr("<0.0001 +10.0 %  REGRESSION\n"));
  EXPECT_THAT(text, HasSubstr("1600 MB/s    1610 MB/s    -0.6 %"));
  EXPECT_THAT(text, HasSubstr("only in the base: old\nonly here: new, newer\n"));
  EXPECT_THAT(text, EndsWith("REGRESSION: scan (16 pairs, 2 rows, p < 0.01 over all rows "
                             "together)\n"));
}

TEST(ReportTest, WithoutARegressionTheLastLineSaysSo) {
  Comparison comparison = Sample();
  comparison.rows[0].verdict = Verdict::kSlower;

  EXPECT_THAT(ToText(comparison), HasSubstr("slower, within its limit\n"));
  EXPECT_THAT(ToText(comparison), HasSubstr("\nno regression (16 pairs"));
  EXPECT_THAT(ToText(comparison), Not(HasSubstr("REGRESSION")));
}

TEST(ReportTest, OfTheSameProgramTwiceItSaysThat) {
  Comparison comparison = Sample();
  comparison.programs = Programs::kSameBytes;
  comparison.rows[0].verdict = Verdict::kSame;

  EXPECT_THAT(ToText(comparison), HasSubstr("no regression: the two programs are the same bytes"));
  EXPECT_THAT(ToJson(comparison), HasSubstr("\"verdict\": \"none\", \"same_program\": true"));
}

TEST(ReportTest, TheJsonIsOneObjectWithAllOfIt) {
  EXPECT_EQ(ToJson(Sample()),
            "{\"verdict\": \"regression\", \"same_program\": false, \"pairs\": 16, \"alpha\": "
            "0.01, \"confidence\": 0.95, "
            "\"rows\": [\n"
            "  {\"name\": \"scan\", \"unit\": \"seconds\", \"base\": 0.001, \"here\": 0.0012, "
            "\"slower_by\": 0.2, \"low\": 0.15, \"high\": 0.25, \"p\": 2e-05, \"limit\": 0.1, "
            "\"verdict\": \"regression\"},\n"
            "  {\"name\": \"sha256\", \"unit\": \"bytes_per_second\", \"base\": 1.6e+09, "
            "\"here\": 1.61e+09, \"slower_by\": -0.006, \"low\": -0.02, \"high\": 0.01, \"p\": 1, "
            "\"limit\": 0.05, \"verdict\": \"same\"}\n"
            "], \"only_base\": [\"old\"], \"only_here\": [\"new\", \"newer\"]}\n");
}

}  // namespace
}  // namespace mig::bench
