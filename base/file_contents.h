// The bytes of one file on a memory disk.

#ifndef MIG_BASE_FILE_CONTENTS_H_
#define MIG_BASE_FILE_CONTENTS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "base/chunk_pool.h"

namespace mig::base {

// A value: a copy shares the chunks, and a write makes new ones where they are shared. What was
// never written reads as zeros and takes no memory.
class FileContents {
 public:
  uint64_t size_bytes() const { return size_bytes_; }

  // Returns how many bytes there were from `offset` on, at most into.size().
  size_t Read(uint64_t offset, std::span<char> into) const;
  // All bytes, in order, in pieces of at most kChunkBytes.
  void ForEachPiece(absl::FunctionRef<void(absl::string_view)> take) const;
  void Write(uint64_t offset, absl::string_view bytes);
  void Resize(uint64_t size_bytes);

  // Writes what `other` has in [begin, end) and this one's size reaches.
  void Overlay(const FileContents& other, uint64_t begin, uint64_t end);

  // Shares the chunks with all that are in `pool`.
  void Intern(ChunkPool& pool);

  // Whether all chunks are interned, so that they change never and others have the same ones.
  bool IsInterned() const { return pool_ != nullptr; }
  // Whether these are the very same chunks: then the bytes are the same, at no cost.
  bool IsSharedWith(const FileContents& other) const {
    return size_bytes_ == other.size_bytes_ && chunks_ == other.chunks_;
  }
  // The same for all that it IsSharedWith.
  size_t SharedHash() const { return absl::HashOf(size_bytes_, chunks_); }

  // By bytes.
  friend bool operator==(const FileContents& a, const FileContents& b);

 private:
  // The chunk's bytes that were written; zeros follow up to its end.
  absl::string_view Written(size_t index) const;

  uint64_t size_bytes_ = 0;
  std::vector<Chunk> chunks_;  // one per kChunkBytes begun; null: zeros; shorter: zeros follow
  const ChunkPool* pool_ = nullptr;  // whose chunks these all are; null: nobody's, some of them
};

}  // namespace mig::base

#endif  // MIG_BASE_FILE_CONTENTS_H_
