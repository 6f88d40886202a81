// Files that people name on the command line. What cannot be read is bad input: one line that names
// the file, and status 2. What is written is whole, or not there.

#ifndef MIG_CTL_FILES_LOCAL_FILES_H_
#define MIG_CTL_FILES_LOCAL_FILES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "base/path.h"

namespace mig::ctl {

// Paths may be relative and go through symbolic links, as in a shell: they are a person's. `disk`
// is borrowed; it must be this machine's, since links are resolved by realpath(3).
class LocalFiles {
 public:
  LocalFiles(base::FileSystem& disk, std::string working_directory);

  // All bytes. InvalidArgument, naming `what` ("the root's public key") and the file, for one that
  // is missing, unreadable, no regular file, or longer than `max_bytes`.
  absl::StatusOr<std::string> Read(absl::string_view path, uint64_t max_bytes,
                                   absl::string_view what) const;
  // The same for a secret: also refused if others than its owner may read it.
  absl::StatusOr<std::string> ReadSecret(absl::string_view path, uint64_t max_bytes,
                                         absl::string_view what) const;
  // Open for reading, for contents too large to hold.
  absl::StatusOr<std::unique_ptr<base::File>> Open(absl::string_view path,
                                                   absl::string_view what) const;
  // Whether there is anything at `path`.
  bool Exists(absl::string_view path) const;
  // Names of the regular files in a directory, sorted; at most 4,096.
  absl::StatusOr<std::vector<std::string>> List(absl::string_view directory) const;

  // Durable. AlreadyExists, with the way out, if there is anything at `path`.
  absl::Status WriteNew(absl::string_view path, absl::string_view bytes, uint32_t mode) const;
  // Durable; takes the place of what was there, as a whole.
  absl::Status Replace(absl::string_view path, absl::string_view bytes, uint32_t mode) const;
  // A file of ours that is not needed any more.
  absl::Status Remove(absl::string_view path) const;
  // A directory and what is missing above it.
  absl::Status MakeDirectory(absl::string_view path, uint32_t mode) const;

  // `path` from the root, with links resolved as far as it exists.
  absl::StatusOr<std::string> Absolute(absl::string_view path) const;

  // The directory in which `absolute` will lie; InvalidArgument if it is missing.
  absl::StatusOr<base::OpenedParent> OpenParent(absl::string_view absolute) const;

  base::FileSystem& disk() const { return disk_; }

 private:
  base::FileSystem& disk_;
  std::string working_directory_;
};

}  // namespace mig::ctl

#endif  // MIG_CTL_FILES_LOCAL_FILES_H_
