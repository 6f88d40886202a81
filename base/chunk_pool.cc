#include "base/chunk_pool.h"

#include <algorithm>
#include <utility>

namespace mig::base {

Chunk ChunkPool::Intern(Chunk chunk) {
  const absl::MutexLock lock(&mutex_);
  if (chunks_.size() >= sweep_at_) SweepLocked();
  return *chunks_.insert(std::move(chunk)).first;
}

void ChunkPool::Sweep() {
  const absl::MutexLock lock(&mutex_);
  SweepLocked();
}

size_t ChunkPool::size() const {
  const absl::MutexLock lock(&mutex_);
  return chunks_.size();
}

void ChunkPool::SweepLocked() {
  absl::erase_if(chunks_, [](const Chunk& chunk) { return chunk.use_count() == 1; });
  sweep_at_ = std::max<size_t>(1024, 2 * chunks_.size());
}

}  // namespace mig::base
