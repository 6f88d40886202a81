// Contents by their SHA-256, as a seam: what manifests name and hosts fetch. Real:
// directory_blob_store.h.
//
// What is served is what was stored: a content that is damaged, cut or under a wrong name is
// found before its first byte goes out (ADVERSARY.md 174), refused with DataLoss, and counted.

#ifndef MIG_COORDINATOR_BLOBS_BLOB_STORE_H_
#define MIG_COORDINATOR_BLOBS_BLOB_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/byte_stream.h"
#include "base/digest.h"

namespace mig::coordinator {

// One content that is open for reading; stays readable when it is removed or replaced meanwhile.
// One thread at a time.
class Blob {
 public:
  virtual ~Blob() = default;

  virtual uint64_t size_bytes() const = 0;

  // Fills `into` from `offset`; returns how many bytes: fewer only at the end. DataLoss if the
  // content became shorter meanwhile.
  virtual absl::StatusOr<size_t> ReadAt(uint64_t offset, std::span<char> into) = 0;
};

// One content on its way in. What is not finished leaves nothing. One thread at a time.
class BlobUpload : public base::ByteSink {
 public:
  // InvalidArgument as soon as there is more than was announced; nothing may follow an error.
  absl::Status Write(absl::string_view bytes) override = 0;

  // The content is durable and served from now on. DataLoss: size or digest is not what was
  // announced (the message has both); nothing was stored.
  virtual absl::Status Finish() = 0;
};

// A content that is not what its name says.
struct BlobDefect {
  // The name it has in the store, for messages.
  std::string name;
  // Its digest, if the name is one.
  std::optional<base::Digest> digest;
  // One line: what is wrong with it.
  std::string what;
};

// Some of the store, checked.
struct ScrubPage {
  uint64_t blobs_checked = 0;
  uint64_t bytes_checked = 0;
  std::vector<BlobDefect> defects;
  // Go on after it; none: that was the last page.
  std::optional<base::Digest> next;
};

struct BlobInfo {
  base::Digest digest;
  uint64_t size_bytes = 0;

  friend bool operator==(const BlobInfo&, const BlobInfo&) = default;
};

struct BlobStats {
  uint64_t blobs = 0;
  uint64_t bytes = 0;
  // Found damaged since the start and not replaced yet.
  uint64_t damaged = 0;

  friend bool operator==(const BlobStats&, const BlobStats&) = default;
};

// Any thread may call; no lock is held across I/O (over a disk in memory: one thread).
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  // Begins to store a content of this digest and size. One that is there already may be stored
  // again, which mends it if it is damaged.
  // ResourceExhausted: larger than one content may be, or beyond the quota with what is stored and
  // under way; the disk is full. The upload must not outlive the store.
  virtual absl::StatusOr<std::unique_ptr<BlobUpload>> Begin(const base::Digest& digest,
                                                            uint64_t size_bytes) = 0;

  // NotFound. DataLoss: damaged; it is not served until it was stored again. The first time a
  // content is opened, and after its file changed, all of it is read and hashed first; who comes
  // meanwhile waits for that.
  virtual absl::StatusOr<std::unique_ptr<Blob>> Open(const base::Digest& digest) = 0;

  // Its size, from memory. NotFound, also for one that is known to be damaged.
  virtual absl::StatusOr<uint64_t> Size(const base::Digest& digest) = 0;

  // Removes a content. NotFound.
  virtual absl::Status Remove(const base::Digest& digest) = 0;

  // Those that come after `after` by digest (nullopt: from the start), at most `limit`, sorted.
  virtual absl::StatusOr<std::vector<BlobInfo>> List(const std::optional<base::Digest>& after,
                                                     size_t limit) = 0;

  // Reads and hashes up to `max_blobs` contents after `after`, from the disk. What it finds damaged
  // is not served any more. The first page also names what is no content at all.
  virtual absl::StatusOr<ScrubPage> Scrub(const std::optional<base::Digest>& after,
                                          size_t max_blobs) = 0;

  virtual BlobStats stats() const = 0;
};

// Stores everything that `contents` yields: Begin, Write and Finish in 64 KiB pieces.
absl::Status PutBlob(BlobStore& store, const base::Digest& digest, uint64_t size_bytes,
                     base::ByteSource& contents);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_BLOBS_BLOB_STORE_H_
