#include "tests/tidy/source.h"

#include <fnmatch.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace mig::tests {

namespace {

bool IsIdentifier(char c) { return absl::ascii_isalnum(c) || c == '_'; }

// How many characters from `at` on are one comment or literal, and which of the two.
enum class Kind { kCode, kComment, kLiteral };
struct Piece {
  Kind kind;
  size_t size;
};

size_t SizeTo(absl::string_view text, size_t at, absl::string_view end, size_t after) {
  const size_t found = text.find(end, at + after);
  return found == absl::string_view::npos ? text.size() - at : found + end.size() - at;
}

// A literal in `quote`s; ends at the line's end at the latest.
size_t QuotedSize(absl::string_view text, size_t at, char quote) {
  size_t end = at + 1;
  while (end < text.size() && text[end] != quote && text[end] != '\n') {
    end += text[end] == '\\' ? 2 : 1;
  }
  return std::min(end + 1, text.size()) - at;
}

Piece PieceAt(absl::string_view text, size_t at) {
  const absl::string_view rest = text.substr(at);
  const bool in_word = at > 0 && IsIdentifier(text[at - 1]);
  if (absl::StartsWith(rest, "//")) {
    const size_t end = rest.find('\n');
    return {Kind::kComment, std::min(end, rest.size())};
  }
  if (absl::StartsWith(rest, "/*")) return {Kind::kComment, SizeTo(text, at, "*/", 2)};
  if (absl::StartsWith(rest, "R\"") && !in_word) {
    const size_t open = rest.find('(');
    if (open != absl::string_view::npos) {
      const std::string close = absl::StrCat(")", rest.substr(2, open - 2), "\"");
      return {Kind::kLiteral, SizeTo(text, at, close, open)};
    }
  }
  if (rest[0] == '"') return {Kind::kLiteral, QuotedSize(text, at, '"')};
  // 1'000 is no character.
  if (rest[0] == '\'' && !in_word) return {Kind::kLiteral, QuotedSize(text, at, '\'')};
  return {Kind::kCode, 1};
}

void Blank(std::string& text, size_t at, size_t size) {
  for (size_t i = at; i < at + size; ++i) {
    if (text[i] != '\n') text[i] = ' ';
  }
}

}  // namespace

Source MakeSource(absl::string_view path, absl::string_view contents) {
  Source source{std::string(path), std::string(contents), std::string(contents),
                std::string(contents)};
  if (!IsCpp(source)) return source;
  for (size_t at = 0; at < contents.size();) {
    const Piece piece = PieceAt(contents, at);
    if (piece.kind != Kind::kCode) Blank(source.code, at, piece.size);
    if (piece.kind == Kind::kLiteral) Blank(source.prose, at, piece.size);
    at += piece.size;
  }
  return source;
}

std::ostream& operator<<(std::ostream& out, const Finding& finding) {
  return out << finding.path << ":" << finding.line << ": " << finding.what << "; "
             << finding.way_out;
}

bool MatchesOneOf(absl::string_view path, absl::string_view patterns) {
  for (const absl::string_view pattern : absl::StrSplit(patterns, ' ', absl::SkipEmpty())) {
    if (fnmatch(std::string(pattern).c_str(), std::string(path).c_str(), 0) == 0) return true;
  }
  return false;
}

bool IsCpp(const Source& source) {
  return IsHeader(source) || MatchesOneOf(source.path, "*.cc *.cpp *.cxx *.c *.C *.inc *.ipp");
}
bool IsHeader(const Source& source) {
  return MatchesOneOf(source.path, "*.h *.hh *.hpp *.hxx *.inl");
}
bool IsShellScript(const Source& source) {
  const std::string first = source.contents.substr(0, source.contents.find('\n'));
  return absl::StartsWith(first, "#!") && absl::EndsWith(first, "sh");
}
bool IsBuildFile(const Source& source) {
  return MatchesOneOf(source.path, "BUILD.bazel */BUILD.bazel *.BUILD");
}

int LineAt(absl::string_view text, size_t offset) {
  return 1 + static_cast<int>(std::ranges::count(text.substr(0, offset), '\n'));
}

namespace {

// Whether `word` stands at `at`, apart from what comes before it.
bool StandsAt(absl::string_view text, absl::string_view word, size_t at) {
  for (const char c : word) {
    if (c == '(') {
      while (at < text.size() && absl::ascii_isspace(text[at])) ++at;
    }
    if (at >= text.size() || text[at] != c) return false;
    ++at;
  }
  return !IsIdentifier(word.back()) || at >= text.size() || !IsIdentifier(text[at]);
}

// `SystemProbe system(clock)` declares a variable: a type stands before the name, which is a word
// that no expression can follow directly.
bool IsDeclaration(absl::string_view before) {
  before = absl::StripTrailingAsciiWhitespace(before);
  size_t begin = before.size();
  while (begin > 0 && IsIdentifier(before[begin - 1])) --begin;
  const absl::string_view word = before.substr(begin);
  return !word.empty() && !MatchesOneOf(word, "return else do case and or not co_return");
}

}  // namespace

size_t FindWord(absl::string_view text, absl::string_view word, size_t from) {
  const absl::string_view name = word.substr(0, word.find('('));
  for (size_t at = text.find(name, from); at != absl::string_view::npos;
       at = text.find(name, at + 1)) {
    const absl::string_view before = text.substr(0, at);
    const bool within = at > 0 && IsIdentifier(word[0]) && IsIdentifier(before.back());
    const bool member = absl::EndsWith(before, ".") || absl::EndsWith(before, "->");
    const bool call = word != name;
    if (within || (call && (member || IsDeclaration(before)))) continue;
    if (StandsAt(text, word, at)) return at;
  }
  return absl::string_view::npos;
}

}  // namespace mig::tests
