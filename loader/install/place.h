// Where a transaction works: a disk, the loader's state directory, and who the loader is.

#ifndef MIG_LOADER_INSTALL_PLACE_H_
#define MIG_LOADER_INSTALL_PLACE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"

namespace mig::loader {

// `disk` is borrowed and outlives whatever is made from this. Callers hold the loader's lock.
struct Place {
  std::reference_wrapper<base::FileSystem> disk;
  std::string state_directory;
  uint32_t owner_uid = 0;  // whom the process runs as: root, except in tests and trials
};

// Opens the state directory; makes it (0700) if it is missing.
// FailedPrecondition: somebody else than root and the owner could change it, or it is a link.
absl::StatusOr<std::unique_ptr<base::Directory>> OpenStateDirectory(const Place& place);

// Opens a directory of targets. FailedPrecondition: it is missing, a link is in its path, or
// somebody else than root and the owner may change it or what is above it; says which.
absl::StatusOr<std::unique_ptr<base::Directory>> OpenTargetDirectory(const Place& place,
                                                                     absl::string_view directory);

}  // namespace mig::loader

#endif  // MIG_LOADER_INSTALL_PLACE_H_
