// What a memory disk holds when nothing runs on it: a value.

#ifndef MIG_BASE_DISK_IMAGE_H_
#define MIG_BASE_DISK_IMAGE_H_

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/chunk_pool.h"
#include "base/file.h"

namespace mig::base {

// One inode.
struct DiskNode {
  FileKind kind = FileKind::kFile;
  uint32_t mode = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
  absl::Time modified;
  absl::Time changed;
  uint64_t size_bytes = 0;
  std::vector<Chunk> chunks;                // of a file; null: zeros
  std::map<std::string, uint64_t> entries;  // of a directory: name to inode
  std::map<std::string, std::string> attributes;
};

// Copying shares the contents, not the nodes.
struct DiskImage {
  static constexpr uint64_t kRootInode = 1;

  std::map<uint64_t, std::shared_ptr<const DiskNode>> nodes;
  uint64_t next_inode = kRootInode + 1;

  // One line per path, sorted, to compare and to print: "/a d 0755 0:0" or
  // "/a/f f 0644 0:0 5 <first 8 digits of SHA-256>".
  std::vector<std::string> Describe() const;
};

}  // namespace mig::base

#endif  // MIG_BASE_DISK_IMAGE_H_
