// One file as the rules see it, and what a rule has to say about it.

#ifndef MIG_TESTS_TIDY_SOURCE_H_
#define MIG_TESTS_TIDY_SOURCE_H_

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mig::tests {

// A file of the repository. For C++ the same text is there in two more views, of the same length,
// in which what is blanked out is spaces: so offsets and lines agree.
struct Source {
  std::string path;      // from the repository's root
  std::string contents;  // as it is
  std::string prose;     // C++ without literals, comments kept; else `contents`
  std::string code;      // C++ without literals and comments; else `contents`
};

Source MakeSource(absl::string_view path, absl::string_view contents);

// A line that breaks a rule. Prints as `path:line: what; way_out`.
struct Finding {
  std::string path;
  int line = 1;
  std::string what;
  std::string way_out;

  friend bool operator==(const Finding&, const Finding&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Finding& finding);
};
using Findings = std::vector<Finding>;

// The shell patterns of fnmatch(3), separated by spaces, in which `*` matches `/` too:
// "base/* */main.cc". True if one of them matches.
bool MatchesOneOf(absl::string_view path, absl::string_view patterns);

// By any of the endings that are in use in the world; ours are .h and .cc.
bool IsCpp(const Source& source);
bool IsHeader(const Source& source);
// A script, by its first line.
bool IsShellScript(const Source& source);
// BUILD.bazel and *.BUILD.
bool IsBuildFile(const Source& source);

// The line, from 1, at which `offset` lies.
int LineAt(absl::string_view text, size_t offset);

// Where `word` begins in `text`, not earlier than `from`: not as a part of a longer identifier, and
// with any space before its parenthesis. `name(` is a call of a function: a member of that name
// or a variable that is declared there does not count. npos if it is not there.
size_t FindWord(absl::string_view text, absl::string_view word, size_t from);

}  // namespace mig::tests

#endif  // MIG_TESTS_TIDY_SOURCE_H_
