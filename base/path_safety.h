// Who else could change what lies at a path.

#ifndef MIG_BASE_PATH_SAFETY_H_
#define MIG_BASE_PATH_SAFETY_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"

namespace mig::base {

// Ok iff only root and user `owner_uid` can change what `path` (a file or directory that exists)
// is or holds: it and each directory above it belong to one of them, and neither others nor a
// group (but root's) may write. A sticky directory above it, as /tmp, is let pass: there others
// may add names, not move these. FailedPrecondition names the first path that is unsafe, who may
// write there, and the command that ends it. Symbolic links: refused (FileSystem::OpenRoot).
absl::Status CheckOnlyOwnerCanChange(FileSystem& disk, absl::string_view path, uint32_t owner_uid);

}  // namespace mig::base

#endif  // MIG_BASE_PATH_SAFETY_H_
