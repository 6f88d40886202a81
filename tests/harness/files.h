// Small acts on files, for arranging a world and for damaging it.

#ifndef MIG_TESTS_HARNESS_FILES_H_
#define MIG_TESTS_HARNESS_FILES_H_

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"

namespace mig::tests {

// At most 256 MiB. NotFound names the path.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Replaces what was there at once (rename), so that a running program is not written to.
absl::Status WriteFile(const std::string& path, absl::string_view bytes, mode_t mode = 0644);

absl::Status MakeDirectory(const std::string& path, mode_t mode = 0755);

// Turns one bit of the byte at `offset` over, in the file as it lies there.
absl::Status FlipByte(const std::string& path, uint64_t offset);

absl::StatusOr<base::Digest> DigestOf(const std::string& path);

// "0755 root:root 1234 bytes, sha256 ab12..": what a step saw.
std::string Describe(const std::string& path);

// Same inode, size, times: nobody touched it between two looks.
struct FileMark {
  ino_t inode = 0;
  off_t size = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;

  // All zero where there is no file.
  static FileMark Of(const std::string& path);
  friend bool operator==(const FileMark&, const FileMark&) = default;
};

// Paths of the regular files below `directory`, sorted.
std::vector<std::string> FilesBelow(const std::string& directory);

}  // namespace mig::tests

#endif  // MIG_TESTS_HARNESS_FILES_H_
