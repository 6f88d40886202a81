#include "tests/tidy/bounds.h"

#include <regex>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace mig::tests {

namespace {

constexpr absl::string_view kHead = "| bound | value | |\n|---|---|---|\n";

struct Words {
  std::regex code;
  const char* people;
};

// "8 * kKiB" as "8 KiB", "absl::Hours(24 * 30)" as "30 d", "1'000" as "1,000".
std::string ValueWords(std::string value) {
  static const std::vector<Words>* const kWords = new std::vector<Words>{
      {std::regex("'"), ","},
      {std::regex(R"(uint64_t\{1\} << (\d+))"), "2^$1"},
      {std::regex(R"(\(2\^(\d+)\))"), "2^$1"},
      {std::regex(R"((\d+) \* k([KMG]iB))"), "$1 $2"},
      {std::regex(R"(absl::Hours\(24 \* (\d+)\))"), "$1 d"},
      {std::regex(R"(absl::Hours\((\d+)\))"), "$1 h"},
      {std::regex(R"(absl::Minutes\((\d+)\))"), "$1 min"},
      {std::regex(R"(absl::Seconds\((\d+)\))"), "$1 s"},
      {std::regex(R"(absl::Milliseconds\((\d+)\))"), "$1 ms"},
  };
  for (const Words& words : *kWords) value = std::regex_replace(value, words.code, words.people);
  return value;
}

}  // namespace

std::string BoundsTable(absl::string_view sizes) {
  static const std::regex* const kConstant =
      new std::regex(R"(^inline constexpr \S+ (k\w+) = ([^;]+);\s*(?:// (.*))?$)");
  std::string table(kHead);
  for (const absl::string_view line : absl::StrSplit(sizes, '\n')) {
    std::smatch found;
    const std::string text(line);
    if (!std::regex_match(text, found, *kConstant)) continue;
    const std::string note = absl::StrReplaceAll(found[3].str(), {{"|", "\\|"}});
    absl::StrAppend(&table, "| `", found[1].str(), "` | ", ValueWords(found[2].str()), " |",
                    note.empty() ? "" : absl::StrCat(" ", note), " |\n");
  }
  return table;
}

Findings CheckBounds(absl::string_view sizes, const Source& page) {
  const std::string table = BoundsTable(sizes);
  if (absl::StrContains(page.contents, table)) return {};
  // From where the table begins, or nowhere, the first line that is another one.
  const size_t begin = page.contents.find(std::string(kHead));
  if (begin == std::string::npos) {
    return {{page.path, 1, "the table of bounds is missing", "begin it with | bound | value | |"}};
  }
  const std::vector<absl::string_view> wanted = absl::StrSplit(table, '\n');
  const std::vector<absl::string_view> there =
      absl::StrSplit(absl::string_view(page.contents).substr(begin), '\n');
  size_t row = 0;
  while (row + 2 < wanted.size() && row < there.size() && wanted[row] == there[row]) ++row;
  return {{page.path, LineAt(page.contents, begin) + static_cast<int>(row),
           "this row of the table of bounds is not what base/sizes.h says",
           absl::StrCat("write ", wanted[row])}};
}

}  // namespace mig::tests
