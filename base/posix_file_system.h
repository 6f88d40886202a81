// The disk of this machine.

#ifndef MIG_BASE_POSIX_FILE_SYSTEM_H_
#define MIG_BASE_POSIX_FILE_SYSTEM_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"

namespace mig::base {

// Linux: openat2 with RESOLVE_NO_SYMLINKS (an older kernel, or a sandbox without it: openat with
// O_NOFOLLOW, one component at a time). All descriptors are close-on-exec; EINTR is tried again.
class PosixFileSystem : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<Directory>> OpenRoot(absl::string_view path) override;
};

}  // namespace mig::base

#endif  // MIG_BASE_POSIX_FILE_SYSTEM_H_
