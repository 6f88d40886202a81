// Contents in a directory: ab/abcdef..., one file each, mode 0600.

#ifndef MIG_COORDINATOR_BLOBS_DIRECTORY_BLOB_STORE_H_
#define MIG_COORDINATOR_BLOBS_DIRECTORY_BLOB_STORE_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "base/sizes.h"
#include "coordinator/blobs/blob_store.h"

namespace mig::coordinator {

struct DirectoryBlobOptions {
  // Sum of all contents.
  uint64_t quota_bytes = 100 * base::kGiB;
  // Of one.
  uint64_t max_blob_bytes = base::kMaxComponentBytes;
  // How many.
  uint64_t max_blobs = 1'000'000;
};

// Opens the store in directory `path`, which must be there, and reads what it holds (names and
// sizes; contents are checked when they are opened). What interrupted uploads left is removed.
// `disk` must outlive the result. Memory: about 150 bytes per content.
//
// Errors: Unavailable         another process has it open
//         FailedPrecondition  a symbolic link in the path
//         ResourceExhausted   more contents than `max_blobs`
//         NotFound, PermissionDenied, DataLoss   the disk's
absl::StatusOr<std::unique_ptr<BlobStore>> OpenDirectoryBlobStore(
    base::FileSystem& disk, absl::string_view path, const DirectoryBlobOptions& options);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_BLOBS_DIRECTORY_BLOB_STORE_H_
