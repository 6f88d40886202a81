#include "base/chunk_pool.h"

#include <algorithm>
#include <utility>

namespace mig::base {

Chunk ChunkPool::Intern(Chunk chunk) {
  if (chunks_.size() >= sweep_at_) Sweep();
  return *chunks_.insert(std::move(chunk)).first;
}

void ChunkPool::Sweep() {
  absl::erase_if(chunks_, [](const Chunk& chunk) { return chunk.use_count() == 1; });
  sweep_at_ = std::max<size_t>(1024, 2 * chunks_.size());
}

}  // namespace mig::base
