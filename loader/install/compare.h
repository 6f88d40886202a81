// Step 6 of a run: what has to change so that the host has a release. Pure.

#ifndef MIG_LOADER_INSTALL_COMPARE_H_
#define MIG_LOADER_INSTALL_COMPARE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/hash_file.h"
#include "loader/config/target.h"
#include "loader/install/file_facts.h"
#include "loader/scan/local_manifest.h"

namespace mig::loader {

// One file of a release, as this host would have it.
struct Component {
  Target target;
  base::FileDigest content;

  FileFacts facts() const {
    return {.digest = content.digest,
            .size_bytes = content.size_bytes,
            .mode = target.mode,
            .uid = target.uid,
            .gid = target.gid,
            .attributes = target.attributes};
  }
};

// One product's release on this host: the variant's components, and the targets of its `retired`
// names that the dictionary has. Names are unique; Dictionary::Resolve gave the targets.
struct ReleaseFiles {
  std::vector<Component> components;
  std::vector<Target> retired;
};

// One file that has to be replaced, added or removed.
struct FileChange {
  Target target;
  // Absent: the file is removed.
  std::optional<FileFacts> after;
  // What the installed release says lies there. Absent: it has no such component, or no manifest
  // put there what is installed (a foreign agent).
  std::optional<base::FileDigest> installed;
};

struct Comparison {
  std::vector<FileChange> changes;  // sorted by component name; empty: all is right
  // Files that differ and are left alone: changed by an operator where the dictionary says
  // local_change = "keep"; owned by others where it says observe. Sorted.
  std::vector<std::string> kept_local;
  std::vector<std::string> observed;
};

// `installed`: the components of the installed release; empty for a foreign agent or none.
// `local` is of the same dictionary.
//
// Errors, each naming component and path:
//   FailedPrecondition  a target is a link, a directory or a device, or cannot be read
//   ResourceExhausted   a component is larger than the dictionary's max_bytes
absl::StatusOr<Comparison> Compare(const ReleaseFiles& wanted,
                                   const std::vector<Component>& installed,
                                   const LocalManifest& local);

}  // namespace mig::loader

#endif  // MIG_LOADER_INSTALL_COMPARE_H_
