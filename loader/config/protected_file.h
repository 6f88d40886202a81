// A file that decides what runs on the host: read only if nobody else can change it.

#ifndef MIG_LOADER_CONFIG_PROTECTED_FILE_H_
#define MIG_LOADER_CONFIG_PROTECTED_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"

namespace mig::loader {

// All of it, at most base::kMaxConfigurationFileBytes. FailedPrecondition: somebody else than root
// and `owner_uid` could change it, or it is a link. All errors are one line and name the path.
absl::StatusOr<std::string> ReadProtectedFile(base::FileSystem& disk, absl::string_view path,
                                              uint32_t owner_uid);

}  // namespace mig::loader

#endif  // MIG_LOADER_CONFIG_PROTECTED_FILE_H_
