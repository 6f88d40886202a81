// The directory behind directory_blob_store.h, which opens it.

#ifndef MIG_COORDINATOR_BLOBS_BLOB_DIRECTORY_H_
#define MIG_COORDINATOR_BLOBS_BLOB_DIRECTORY_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/file_system.h"
#include "coordinator/blobs/blob_index.h"
#include "coordinator/blobs/blob_store.h"
#include "coordinator/blobs/directory_blob_store.h"

namespace mig::coordinator {

// "ab": where contents whose digest begins so lie.
std::string FanOutName(const base::Digest& digest);
bool IsFanOutName(absl::string_view name);
// What an upload is called before it is finished: never a content's name.
std::string UnfinishedName(const base::Digest& digest, uint64_t upload);
bool IsUnfinishedName(absl::string_view name);
// The digest that file `name` in `fan_out` says it has; none: it is no content's name, or not one
// of this directory.
std::optional<base::Digest> DigestOfName(absl::string_view fan_out, absl::string_view name);

class BlobDirectory final : public BlobStore {
 public:
  BlobDirectory(std::unique_ptr<base::Directory> root, std::unique_ptr<base::FileLock> lock,
                const DirectoryBlobOptions& options)
      : options_(options),
        root_(std::move(root)),
        lock_(std::move(lock)),
        index_(options.quota_bytes, options.max_blobs) {}

  // Once, before anything else.
  absl::Status ReadNames();

  absl::StatusOr<std::unique_ptr<BlobUpload>> Begin(const base::Digest& digest,
                                                    uint64_t size_bytes) override;
  absl::StatusOr<std::unique_ptr<Blob>> Open(const base::Digest& digest) override;
  absl::StatusOr<uint64_t> Size(const base::Digest& digest) override { return index_.Size(digest); }
  absl::Status Remove(const base::Digest& digest) override;
  absl::StatusOr<std::vector<BlobInfo>> List(const std::optional<base::Digest>& after,
                                             size_t limit) override {
    return index_.List(after, limit);
  }
  absl::StatusOr<ScrubPage> Scrub(const std::optional<base::Digest>& after,
                                  size_t max_blobs) override;
  BlobStats stats() const override { return index_.stats(); }

 private:
  // Makes it, durably, where it is missing.
  absl::StatusOr<std::unique_ptr<base::Directory>> OpenFanOut(const base::Digest& digest);
  absl::StatusOr<std::unique_ptr<base::File>> OpenFile(const base::Digest& digest);
  // What is wrong with the contents; empty: nothing. An error: it could not be found out.
  absl::StatusOr<std::string> DefectOf(base::File& file, const base::Digest& digest) const;
  // Reads it all and tells the index, where the check was begun. DataLoss: it is damaged.
  absl::Status CheckNow(base::File& file, const base::Digest& digest, const base::FileStat& stat);

  // The names on the disk of the next contents, sorted.
  absl::StatusOr<std::vector<base::Digest>> NextOnDisk(const std::optional<base::Digest>& after,
                                                       size_t limit, ScrubPage& page);
  void ScrubOne(const base::Digest& digest, ScrubPage& page);

  const DirectoryBlobOptions options_;
  std::unique_ptr<base::Directory> root_;
  std::unique_ptr<base::FileLock> lock_;
  BlobIndex index_;
  std::atomic<uint64_t> uploads_ = 0;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_BLOBS_BLOB_DIRECTORY_H_
