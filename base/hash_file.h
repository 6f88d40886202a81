// SHA-256 of a file, at the speed of hashing memory.

#ifndef MIG_BASE_HASH_FILE_H_
#define MIG_BASE_HASH_FILE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "base/digest.h"
#include "base/file.h"

namespace mig::base {

struct FileDigest {
  Digest digest;
  uint64_t size_bytes = 0;

  friend bool operator==(const FileDigest&, const FileDigest&) = default;
};

// Hashes `file` from its start. ResourceExhausted if it has more than `max_bytes`.
absl::StatusOr<FileDigest> HashFile(File& file, uint64_t max_bytes);

}  // namespace mig::base

#endif  // MIG_BASE_HASH_FILE_H_
