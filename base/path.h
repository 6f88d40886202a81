// Absolute paths of the local configuration, taken apart. Nothing from the network is a path.

#ifndef MIG_BASE_PATH_H_
#define MIG_BASE_PATH_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"

namespace mig::base {

// InvalidArgument unless `name` can be one entry of a directory: 1 to 255 bytes, no '/', no zero
// byte, not "." or "..".
absl::Status CheckName(absl::string_view name);

// The components of an absolute path; none for "/". InvalidArgument unless it begins with '/', is
// at most 4,095 bytes and each component is a name (one trailing '/' is let pass).
absl::StatusOr<std::vector<std::string>> SplitPath(absl::string_view path);

// directory + "/" + name, for messages.
std::string JoinPath(absl::string_view directory, absl::string_view name);

struct OpenedParent {
  std::unique_ptr<Directory> directory;
  std::string name;  // the last component
};

// Opens the directory in which `path` lies (FileSystem::OpenRoot); the name need not be there.
// InvalidArgument for "/".
absl::StatusOr<OpenedParent> OpenParent(FileSystem& disk, absl::string_view path);

// Makes `path` and what is missing above it, each with `mode`, each parent synced; opens it.
absl::StatusOr<std::unique_ptr<Directory>> MakeDirs(FileSystem& disk, absl::string_view path,
                                                    uint32_t mode);

}  // namespace mig::base

#endif  // MIG_BASE_PATH_H_
