#include "tests/tidy/arrows.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "tests/tidy/includes.h"

namespace mig::tests {

namespace {

//   base x proto <- trust <- rollout <- loader x coordinator <- sim <- ctl x bench <- tests
struct Room {
  absl::string_view name;
  absl::string_view may_include;  // besides itself
};
constexpr Room kRooms[] = {
    {"base", ""},
    {"proto", ""},
    {"trust", "base proto"},
    {"rollout", "base proto trust"},
    {"loader", "base proto trust rollout"},
    {"coordinator", "base proto trust rollout"},
    {"sim", "base proto trust rollout loader coordinator"},
    {"ctl", "base proto trust rollout loader coordinator sim"},
    {"bench", "base proto trust rollout loader coordinator sim"},
    {"tests", "base proto trust rollout loader coordinator sim ctl bench"},
};

// Stand-ins that lie beside their seam rather than in a folder testing/.
constexpr absl::string_view kStandIns =
    "*/testing/* base/memory_* base/disk_image.h base/chunk_pool.h base/file_contents.h";
// Who may include them: tests, and stand-ins themselves.
constexpr absl::string_view kMayStandIn =
    "*_test.cc *_conformance.h *_conformance.cc */testing/* sim/* bench/* tests/* "
    "base/memory_* base/disk_image.* base/chunk_pool.* base/file_contents.*";

// The first folder of `path`; empty if it has none.
absl::string_view FirstFolder(absl::string_view path) {
  const size_t slash = path.find('/');
  return slash == absl::string_view::npos ? "" : path.substr(0, slash);
}

const Room* FindRoom(absl::string_view name) {
  const auto found = std::ranges::find(kRooms, name, &Room::name);
  return found == std::end(kRooms) ? nullptr : &*found;
}

bool MayInclude(const Room& from, absl::string_view to) {
  const std::vector<absl::string_view> allowed = absl::StrSplit(from.may_include, ' ');
  return to == from.name || std::ranges::find(allowed, to) != allowed.end();
}

}  // namespace

Findings CheckArrows(const Source& source) {
  Findings findings;
  if (!IsCpp(source)) return findings;
  const Room* const from = FindRoom(FirstFolder(source.path));
  if (from == nullptr) {
    findings.push_back({source.path, 1, "C++ outside the rooms",
                        "move it to a room, or name its room in tests/tidy/arrows.cc"});
    return findings;
  }
  for (const Include& include : IncludesOf(source)) {
    const absl::string_view to = FirstFolder(include.header);
    if (include.quoted && (to.empty() || absl::StartsWith(include.header, "."))) {
      findings.push_back({source.path, include.line,
                          absl::StrCat("\"", include.header, "\" is no path from the root"),
                          "write the room and its folders too"});
    } else if (FindRoom(to) != nullptr && !MayInclude(*from, to)) {
      findings.push_back(
          {source.path, include.line, absl::StrCat(from->name, "/ includes ", include.header),
           absl::StrCat("an include goes to the left only; move what both need to a room that both "
                        "may use, or pass it in as an interface")});
    }
  }
  return findings;
}

Findings CheckStandIns(const Source& source) {
  Findings findings;
  if (!IsCpp(source) || MatchesOneOf(source.path, kMayStandIn)) return findings;
  for (const Include& include : IncludesOf(source)) {
    if (FindRoom(FirstFolder(include.header)) == nullptr) continue;
    if (!MatchesOneOf(include.header, kStandIns)) continue;
    findings.push_back({source.path, include.line,
                        absl::StrCat("what ships includes the stand-in ", include.header),
                        "take the interface of the seam, and let the caller pass it in"});
  }
  return findings;
}

}  // namespace mig::tests
