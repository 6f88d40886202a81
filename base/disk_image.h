// What a memory disk holds when nothing runs on it: a value.

#ifndef MIG_BASE_DISK_IMAGE_H_
#define MIG_BASE_DISK_IMAGE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/file.h"
#include "base/file_contents.h"

namespace mig::base {

// What an inode has beside its contents.
struct DiskMetadata {
  uint32_t mode = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
  absl::Time modified;
  absl::Time changed;
  std::map<std::string, std::string, std::less<>> attributes;
};

struct DiskNode {
  FileKind kind = FileKind::kFile;
  uint64_t mount = 0;
  DiskMetadata metadata;
  FileContents contents;                    // of a file
  std::map<std::string, uint64_t> entries;  // of a directory: name to inode number
};

// A tree of inodes; a copy shares the files' bytes.
struct DiskImage {
  static constexpr uint64_t kRootInode = 1;

  std::map<uint64_t, DiskNode> nodes;
  uint64_t next_inode = kRootInode + 1;

  // One line per path, sorted, to compare and to print; times and inode numbers are not in it:
  //   /etc d 0755 0:0
  //   /etc/agent f 0644 0:0 5 2cf24dba        (size, first 8 digits of SHA-256)
  std::vector<std::string> Describe() const;

  // The file at an absolute path, or null. Symbolic links are not followed.
  const DiskNode* Find(absl::string_view path) const;
};

}  // namespace mig::base

#endif  // MIG_BASE_DISK_IMAGE_H_
