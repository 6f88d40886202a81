// Contents of memory disks, shared: thousands of virtual hosts hold one copy of an agent.

#ifndef MIG_BASE_CHUNK_POOL_H_
#define MIG_BASE_CHUNK_POOL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"

namespace mig::base {

// Bytes that never change, of at most ChunkPool::kChunkBytes.
using Chunk = std::shared_ptr<const std::string>;

// Gives equal bytes the same Chunk, by SHA-256. One thread at a time.
class ChunkPool {
 public:
  static constexpr size_t kChunkBytes = 64 * 1024;

  Chunk Intern(absl::string_view bytes);

  // Forgets what nobody holds any more; also done by Intern now and then.
  void Sweep();

  // What is held now.
  uint64_t size_bytes() const { return size_bytes_; }
  size_t size() const { return chunks_.size(); }

 private:
  absl::flat_hash_map<Digest, Chunk> chunks_;
  uint64_t size_bytes_ = 0;
  size_t sweep_at_ = 1024;
};

}  // namespace mig::base

#endif  // MIG_BASE_CHUNK_POOL_H_
