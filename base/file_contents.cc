#include "base/file_contents.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "base/check.h"

namespace mig::base {

namespace {

// No bug may make a test machine swap: real disks have files this large, memory disks do not.
constexpr uint64_t kMaxFileBytes = uint64_t{1} << 33;

size_t ChunksFor(uint64_t size_bytes) {
  return static_cast<size_t>((size_bytes + kChunkBytes - 1) / kChunkBytes);
}

absl::string_view Zeros() {
  static constexpr char kZeros[kChunkBytes] = {};
  return absl::string_view(kZeros, kChunkBytes);
}

// The bytes of `chunk`, to be changed: its own ones if nobody else has them, else a copy.
std::string& Changeable(Chunk& chunk) {
  if (chunk == nullptr) {
    chunk = std::make_shared<std::string>();
  } else if (chunk.use_count() > 1) {
    chunk = std::make_shared<std::string>(*chunk);
  }
  return const_cast<std::string&>(*chunk);  // made as a std::string, and only ours
}

// Zeros at a chunk's end need no memory, and are as if they were never written.
constexpr size_t kLeastZerosBytes = 1'024;

void DropZerosAtEnd(Chunk& chunk) {
  const size_t end = chunk->find_last_not_of('\0') + 1;  // all zeros: 0
  if (chunk->size() - end < kLeastZerosBytes) return;
  chunk = end == 0 ? nullptr : std::make_shared<std::string>(*chunk, 0, end);
}

}  // namespace

absl::string_view FileContents::Written(size_t index) const {
  return chunks_[index] == nullptr ? absl::string_view() : absl::string_view(*chunks_[index]);
}

size_t FileContents::Read(uint64_t offset, std::span<char> into) const {
  if (offset >= size_bytes_) return 0;
  const size_t count = static_cast<size_t>(std::min<uint64_t>(into.size(), size_bytes_ - offset));
  for (size_t done = 0; done < count;) {
    const size_t begin = static_cast<size_t>((offset + done) % kChunkBytes);
    const absl::string_view written = Written(static_cast<size_t>((offset + done) / kChunkBytes));
    const size_t wanted = std::min(count - done, kChunkBytes - begin);
    const size_t there = begin < written.size() ? std::min(wanted, written.size() - begin) : 0;
    if (there > 0) std::copy_n(written.data() + begin, there, into.data() + done);
    std::fill_n(into.data() + done + there, wanted - there, '\0');
    done += wanted;
  }
  return count;
}

void FileContents::ForEachPiece(absl::FunctionRef<void(absl::string_view)> take) const {
  for (size_t i = 0; i < chunks_.size(); ++i) {
    const size_t size =
        static_cast<size_t>(std::min<uint64_t>(kChunkBytes, size_bytes_ - i * kChunkBytes));
    const absl::string_view written = Written(i).substr(0, size);
    if (!written.empty()) take(written);
    if (written.size() < size) take(Zeros().substr(0, size - written.size()));
  }
}

void FileContents::Write(uint64_t offset, absl::string_view bytes) {
  if (bytes.empty()) return;
  pool_ = nullptr;
  if (offset + bytes.size() > size_bytes_) Resize(offset + bytes.size());
  while (!bytes.empty()) {
    const size_t begin = static_cast<size_t>(offset % kChunkBytes);
    const absl::string_view piece = bytes.substr(0, kChunkBytes - begin);
    Chunk& chunk = chunks_[static_cast<size_t>(offset / kChunkBytes)];
    if (piece.size() == kChunkBytes) {
      chunk = std::make_shared<std::string>(piece);
    } else {
      std::string& changed = Changeable(chunk);
      if (changed.size() < begin + piece.size()) changed.resize(begin + piece.size());
      std::copy(piece.begin(), piece.end(), changed.begin() + static_cast<ptrdiff_t>(begin));
    }
    offset += piece.size();
    bytes.remove_prefix(piece.size());
  }
}

void FileContents::Resize(uint64_t size_bytes) {
  MIG_CHECK(size_bytes <= kMaxFileBytes) << size_bytes << " bytes on a memory disk";
  chunks_.resize(ChunksFor(size_bytes));
  const size_t rest = static_cast<size_t>(size_bytes % kChunkBytes);
  const bool cuts_a_chunk = size_bytes < size_bytes_ && rest != 0 && chunks_.back() != nullptr &&
                            chunks_.back()->size() > rest;
  if (cuts_a_chunk) {
    pool_ = nullptr;
    Changeable(chunks_.back()).resize(rest);  // growing again must show zeros
  }
  size_bytes_ = size_bytes;
}

void FileContents::Overlay(const FileContents& other, uint64_t begin, uint64_t end) {
  end = std::min({end, other.size_bytes_, size_bytes_});
  std::string piece;
  for (uint64_t offset = begin; offset < end; offset += piece.size()) {
    const uint64_t chunk_end = (offset / kChunkBytes + 1) * kChunkBytes;
    piece.resize(static_cast<size_t>(std::min(end, chunk_end) - offset));
    other.Read(offset, piece);
    Write(offset, piece);
  }
}

void FileContents::Intern(ChunkPool& pool) {
  if (pool_ == &pool) return;
  pool_ = &pool;
  for (Chunk& chunk : chunks_) {
    if (chunk != nullptr) DropZerosAtEnd(chunk);
    if (chunk != nullptr) chunk = pool.Intern(std::move(chunk));
  }
}

bool operator==(const FileContents& a, const FileContents& b) {
  if (a.size_bytes_ != b.size_bytes_) return false;
  for (size_t i = 0; i < a.chunks_.size(); ++i) {
    if (a.chunks_[i] == b.chunks_[i]) continue;
    absl::string_view less = a.Written(i);
    absl::string_view more = b.Written(i);
    if (less.size() > more.size()) std::swap(less, more);
    // What was not written is zeros.
    if (more.substr(0, less.size()) != less ||
        more.substr(less.size()) != Zeros().substr(0, more.size() - less.size())) {
      return false;
    }
  }
  return true;
}

}  // namespace mig::base
