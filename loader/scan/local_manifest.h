// What lies on the host, by component: step 2 of a run.

#ifndef MIG_LOADER_SCAN_LOCAL_MANIFEST_H_
#define MIG_LOADER_SCAN_LOCAL_MANIFEST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "loader/config/attributes.h"
#include "loader/config/target.h"

namespace mig::loader {

enum class LocalState {
  kPresent,     // a regular file; the fields below say what it is
  kMissing,     // nothing has the path
  kNotAFile,    // a link, directory or device, or behind a link: nothing is written there
  kUnreadable,  // could not be read, or is larger than the dictionary's max_bytes
};

struct LocalFile {
  Target target;
  LocalState state = LocalState::kMissing;
  // Unless kPresent, all zero or empty.
  uint64_t size_bytes = 0;
  uint32_t mode = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
  base::Digest digest;
  Attributes attributes;  // of those that the target names; an empty value: it has none
  // Of kNotAFile and kUnreadable: why, for people.
  std::string why;

  friend bool operator==(const LocalFile&, const LocalFile&) = default;
};

// "user:group" for a report: the dictionary's spelling if it is that owner, else numbers.
std::string OwnerText(const LocalFile& file);

struct LocalManifest {
  std::vector<LocalFile> files;  // sorted by (product, name)

  // nullptr: neither in the dictionary nor on the disk.
  const LocalFile* Find(absl::string_view product, absl::string_view name) const;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_SCAN_LOCAL_MANIFEST_H_
