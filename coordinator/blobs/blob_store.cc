#include "coordinator/blobs/blob_store.h"

#include <array>

#include "base/status_macros.h"

namespace mig::coordinator {

absl::Status PutBlob(BlobStore& store, const base::Digest& digest, uint64_t size_bytes,
                     base::ByteSource& contents) {
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<BlobUpload> upload, store.Begin(digest, size_bytes));
  std::array<char, 64 * 1024> buffer;
  while (true) {
    MIG_ASSIGN_OR_RETURN(const size_t count, contents.Read(buffer));
    if (count == 0) return upload->Finish();
    MIG_RETURN_IF_ERROR(upload->Write(absl::string_view(buffer.data(), count)));
  }
}

}  // namespace mig::coordinator
