#include "loader/install/testing/invariants.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/path.h"

namespace mig::loader::testing {

namespace {

std::string Describe(const FileSet& set) {
  std::string text;
  for (const auto& [path, facts] : set) {
    absl::StrAppend(&text, "\n  ", path, " ", facts.digest.ToHex().substr(0, 8), " ",
                    facts.size_bytes, " bytes, mode ", facts.mode, ", ", facts.uid, ":", facts.gid);
  }
  return text.empty() ? "\n  (no file)" : text;
}

std::optional<FileFacts> FactsAt(base::FileSystem& disk, absl::string_view path) {
  const absl::StatusOr<base::OpenedParent> parent = base::OpenParent(disk, path);
  if (!parent.ok()) return std::nullopt;
  const absl::StatusOr<std::optional<FileFacts>> facts =
      ReadFacts(*parent->directory, parent->name);
  return facts.ok() ? *facts : std::nullopt;
}

}  // namespace

FileSet ReadFileSet(base::FileSystem& disk, const std::vector<std::string>& paths) {
  FileSet set;
  for (const std::string& path : paths) {
    if (const std::optional<FileFacts> facts = FactsAt(disk, path)) set[path] = *facts;
  }
  return set;
}

DiskWeight WeightOf(const base::DiskImage& image) {
  DiskWeight weight;
  for (const auto& [inode, node] : image.nodes) {
    ++weight.nodes;
    weight.bytes += node.contents.size_bytes();
  }
  return weight;
}

Invariants::Invariants(FileSet before, FileSet after)
    : before_(std::move(before)), after_(std::move(after)) {
  std::set<std::string> paths;
  for (const auto& [path, facts] : before_) paths.insert(path);
  for (const auto& [path, facts] : after_) paths.insert(path);
  paths_.assign(paths.begin(), paths.end());
}

::testing::AssertionResult Invariants::IsOneSet(base::FileSystem& disk) const {
  const FileSet now = ReadFileSet(disk, paths_);
  if (now == before_ || now == after_) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "I1: neither the old nor the new set:" << Describe(now) << "\nold:" << Describe(before_)
         << "\nnew:" << Describe(after_);
}

::testing::AssertionResult Invariants::RunsWhatIsOnDisk(const FileSet& running,
                                                        base::FileSystem& disk) const {
  const FileSet now = ReadFileSet(disk, paths_);
  if (now == running) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "I2: the agent was started with" << Describe(running)
                                       << "\nbut on disk is" << Describe(now);
}

::testing::AssertionResult Invariants::SeenIsNotBehind(const std::optional<base::Digest>& seen,
                                                       const base::Digest& release,
                                                       base::FileSystem& disk) const {
  if (seen == release) return ::testing::AssertionSuccess();
  const FileSet now = ReadFileSet(disk, paths_);
  for (const auto& [path, facts] : now) {
    const auto old = before_.find(path);
    const auto fresh = after_.find(path);
    const bool is_old = old != before_.end() && old->second == facts;
    const bool is_new = fresh != after_.end() && fresh->second == facts;
    if (!is_new || is_old) continue;
    return ::testing::AssertionFailure() << "I3: " << path << " is of release " << release
                                         << " already, but the trusted state has not seen that";
  }
  return ::testing::AssertionSuccess();
}

::testing::AssertionResult Invariants::ReportedIsDurable(const FileSet& reported,
                                                         base::FileSystem& durable) const {
  const FileSet now = ReadFileSet(durable, paths_);
  if (now == reported) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "I4: reported as installed:" << Describe(reported)
                                       << "\nbut a power cut leaves" << Describe(now);
}

::testing::AssertionResult Invariants::HasWayBack(base::FileSystem& disk,
                                                  absl::string_view kept_directory) const {
  for (const auto& [path, facts] : before_) {
    if (FactsAt(disk, path) == facts) continue;
    const std::optional<FileFacts> kept =
        FactsAt(disk, base::JoinPath(kept_directory, facts.digest.ToHex()));
    if (kept && kept->content() == facts.content()) continue;
    return ::testing::AssertionFailure()
           << "I5: the old " << path << " is neither on disk nor kept in " << kept_directory;
  }
  return ::testing::AssertionSuccess();
}

::testing::AssertionResult Invariants::NothingIsMissing(base::FileSystem& disk) const {
  for (const auto& [path, facts] : before_) {
    if (!after_.contains(path) || FactsAt(disk, path).has_value()) continue;
    return ::testing::AssertionFailure() << "I6: " << path << " is missing";
  }
  return ::testing::AssertionSuccess();
}

::testing::AssertionResult Invariants::IsUnchanged(const base::DiskImage& once,
                                                   const base::DiskImage& again) {
  const std::vector<std::string> first = once.Describe();
  const std::vector<std::string> second = again.Describe();
  if (first == second) return ::testing::AssertionSuccess();
  std::vector<std::string> differing;
  std::set_symmetric_difference(first.begin(), first.end(), second.begin(), second.end(),
                                std::back_inserter(differing));
  ::testing::AssertionResult result = ::testing::AssertionFailure();
  result << "I7: recovering again changed the disk:";
  for (const std::string& line : differing) result << "\n  " << line;
  return result;
}

::testing::AssertionResult Invariants::HasNotGrown(const DiskWeight& first,
                                                   const DiskWeight& last) {
  if (last.nodes <= first.nodes && last.bytes <= first.bytes) {
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure()
         << "I8: the disk grew from " << first.nodes << " nodes with " << first.bytes
         << " bytes to " << last.nodes << " nodes with " << last.bytes << " bytes";
}

}  // namespace mig::loader::testing
