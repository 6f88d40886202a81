#include "tests/tidy/tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mig::tests {

namespace {

namespace fs = std::filesystem;

// In the root; Bazel's own are links, which are skipped everywhere.
constexpr absl::string_view kNotOurs = ".git .deps bench-out bazel-*";
constexpr uintmax_t kMaxBytes = 1 << 20;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

absl::StatusOr<std::string> FindRoot(const std::string& link) {
  std::error_code error;
  const fs::path target = fs::canonical(link, error);
  for (fs::path folder = target.parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    if (fs::exists(folder / "WORKSPACE")) return folder.string();
  }
  return absl::NotFoundError(
      absl::StrCat(link, ": no WORKSPACE above it; run this test with Bazel"));
}

std::vector<Source> ReadTree(const std::string& root) {
  std::vector<Source> sources;
  fs::recursive_directory_iterator walk(root);
  for (const fs::directory_entry& entry : walk) {
    const std::string path = entry.path().lexically_relative(root).string();
    if (entry.is_symlink() || MatchesOneOf(path, kNotOurs)) {
      walk.disable_recursion_pending();
    } else if (entry.is_regular_file() && entry.file_size() <= kMaxBytes) {
      sources.push_back(MakeSource(path, ReadFile(entry.path())));
    }
  }
  std::ranges::sort(sources, {}, &Source::path);
  return sources;
}

}  // namespace mig::tests
