// What must hold of a host's files whatever is cut, killed or full (ADVERSARY.md 9), once, for
// every test that installs something: of this folder, of loader/run, of the simulator.

#ifndef MIG_LOADER_INSTALL_TESTING_INVARIANTS_H_
#define MIG_LOADER_INSTALL_TESTING_INVARIANTS_H_

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/disk_image.h"
#include "base/file_system.h"
#include "loader/install/file_facts.h"

namespace mig::loader::testing {

// Managed files by absolute path. A path that is not in it has no file.
using FileSet = std::map<std::string, FileFacts>;

// What lies at `paths` now. Something that is no file counts as missing.
FileSet ReadFileSet(base::FileSystem& disk, const std::vector<std::string>& paths);

// What a disk weighs: files and directories, and bytes of contents.
struct DiskWeight {
  size_t nodes = 0;
  uint64_t bytes = 0;

  friend bool operator==(const DiskWeight&, const DiskWeight&) = default;
};
DiskWeight WeightOf(const base::DiskImage& image);

// The invariants of one change from a set `before` to a set `after`. A value.
class Invariants {
 public:
  Invariants(FileSet before, FileSet after);

  // Every path of either set, sorted.
  const std::vector<std::string>& paths() const { return paths_; }
  const FileSet& before() const { return before_; }
  const FileSet& after() const { return after_; }

  // I1: the set is the old one or the new one, each digest, mode and owner.
  ::testing::AssertionResult IsOneSet(base::FileSystem& disk) const;

  // I2: the agent was started with exactly the files that are on disk.
  ::testing::AssertionResult RunsWhatIsOnDisk(const FileSet& running, base::FileSystem& disk) const;

  // I3: a file of the new set is on disk only if the trusted state has seen that release.
  // `seen`: the manifest in the trusted state; `release`: that of the new set.
  ::testing::AssertionResult SeenIsNotBehind(const std::optional<base::Digest>& seen,
                                             const base::Digest& release,
                                             base::FileSystem& disk) const;

  // I4: what was reported as installed is what a power cut now would leave.
  ::testing::AssertionResult ReportedIsDurable(const FileSet& reported,
                                               base::FileSystem& durable) const;

  // I5: each old file is still on disk, or a whole kept copy of it is in `kept_directory`.
  ::testing::AssertionResult HasWayBack(base::FileSystem& disk,
                                        absl::string_view kept_directory) const;

  // I6: no path that both sets have is missing.
  ::testing::AssertionResult NothingIsMissing(base::FileSystem& disk) const;

  // I7: recovering again changed nothing: names, kinds, modes, owners, contents.
  static ::testing::AssertionResult IsUnchanged(const base::DiskImage& once,
                                                const base::DiskImage& again);

  // I8: after many cycles the disk weighs what it weighed after the first.
  static ::testing::AssertionResult HasNotGrown(const DiskWeight& first, const DiskWeight& last);

 private:
  FileSet before_;
  FileSet after_;
  std::vector<std::string> paths_;
};

}  // namespace mig::loader::testing

#endif  // MIG_LOADER_INSTALL_TESTING_INVARIANTS_H_
