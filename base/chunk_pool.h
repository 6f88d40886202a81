// Contents of memory disks, shared: thousands of virtual hosts hold one copy of an agent.

#ifndef MIG_BASE_CHUNK_POOL_H_
#define MIG_BASE_CHUNK_POOL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/synchronization/mutex.h"

namespace mig::base {

// Bytes that do not change any more, of at most kChunkBytes.
using Chunk = std::shared_ptr<const std::string>;

inline constexpr size_t kChunkBytes = 64 * 1024;

// Gives equal bytes the same Chunk. Any thread may call: machines that share it may run on several.
class ChunkPool {
 public:
  // `chunk` itself, or the one with the same bytes that is here already.
  Chunk Intern(Chunk chunk);

  // Forgets what nobody else holds; Intern does it when the pool has doubled.
  void Sweep();

  size_t size() const;

 private:
  struct HashBytes {
    size_t operator()(const Chunk& chunk) const { return absl::Hash<std::string>()(*chunk); }
  };
  struct EqualBytes {
    bool operator()(const Chunk& a, const Chunk& b) const { return a == b || *a == *b; }
  };

  void SweepLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  absl::flat_hash_set<Chunk, HashBytes, EqualBytes> chunks_ ABSL_GUARDED_BY(mutex_);
  size_t sweep_at_ ABSL_GUARDED_BY(mutex_) = 1024;
};

}  // namespace mig::base

#endif  // MIG_BASE_CHUNK_POOL_H_
