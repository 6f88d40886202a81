// The table of bounds: what it says of a constant, and that a page with another one is found.

#include "tests/tidy/bounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "tests/tidy/planted.h"
#include "tests/tidy/source.h"

namespace mig::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::string_view kSizes = R"(// Bounds.
inline constexpr uint64_t kKiB = uint64_t{1} << 10;
inline constexpr size_t kMaxWaves = 32;
inline constexpr size_t kMaxRootBytes = 64 * kKiB;  // of the payload
inline constexpr absl::Duration kMaxLife = absl::Hours(24 * 30);
inline constexpr absl::Duration kMaxAssignmentLife = absl::Seconds(60);
inline constexpr uint32_t kMaxTokenUses = 100'000;
inline constexpr uint64_t kMaxRampMs = (uint64_t{1} << 32) - 1;
)";

std::string Page() { return absl::StrCat("# Page\n\n", BoundsTable(kSizes), "\nMore.\n"); }

Findings Check(absl::string_view sizes, absl::string_view page) {
  return CheckBounds(sizes, MakeSource("docs/protocol.md", page));
}

TEST(BoundsTableTest, SaysEachConstantAsPeopleRead) {
  const std::string table = BoundsTable(kSizes);
  for (const char* row : {"| `kKiB` | 2^10 | |", "| `kMaxWaves` | 32 | |",
                          "| `kMaxRootBytes` | 64 KiB | of the payload |",
                          "| `kMaxLife` | 30 d | |", "| `kMaxAssignmentLife` | 60 s | |",
                          "| `kMaxTokenUses` | 100,000 | |", "| `kMaxRampMs` | 2^32 - 1 | |"}) {
    EXPECT_THAT(table, HasSubstr(absl::StrCat(row, "\n")));
  }
  EXPECT_THAT(table, Not(HasSubstr("Bounds")));
}

TEST(BoundsTest, APageThatHasThemAllIsFine) { EXPECT_THAT(Check(kSizes, Page()), FindsNothing()); }

TEST(BoundsTest, ANewBoundAnotherValueAndALeftOverRowAreFound) {
  const std::string one_more = absl::StrCat(kSizes, "inline constexpr size_t kMaxNew = 3;\n");
  EXPECT_THAT(Check(one_more, Page()), Finds(12, "| `kMaxNew` | 3 | |"));
  const std::string other = absl::StrReplaceAll(kSizes, {{"kMaxWaves = 32", "kMaxWaves = 33"}});
  EXPECT_THAT(Check(other, Page()), Finds(6, "| `kMaxWaves` | 33 | |"));
  const std::string fewer =
      absl::StrReplaceAll(kSizes, {{"inline constexpr size_t kMaxWaves = 32;\n", ""}});
  EXPECT_THAT(Check(fewer, Page()), Finds(6, "| `kMaxRootBytes` | 64 KiB"));
  EXPECT_THAT(Check(kSizes, "# Page\n"), Finds(1, "missing"));
}

}  // namespace
}  // namespace mig::tests
