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
// and `owner_uid` could change it, or it is no file. All errors are one line, name the path and
// say what to do. `named_by`: how a person names another file, like "--config".
absl::StatusOr<std::string> ReadProtectedFile(base::FileSystem& disk, absl::string_view path,
                                              uint32_t owner_uid, absl::string_view named_by);

}  // namespace mig::loader

#endif  // MIG_LOADER_CONFIG_PROTECTED_FILE_H_
