#include "coordinator/handlers/loaders/fetch_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"

namespace mig::coordinator {

FetchStream::FetchStream(const HostIndex& hosts, const HostId& host, std::unique_ptr<Blob> blob,
                         uint64_t offset)
    : hosts_(hosts), host_(host), blob_(std::move(blob)), offset_(offset) {}

absl::StatusOr<std::optional<v1::FetchAnswer>> FetchStream::Next() {
  MIG_RETURN_IF_ERROR(hosts_.StillWelcome(host_));
  v1::FetchAnswer answer;
  if (!started_) {
    started_ = true;
    answer.mutable_start()->set_size_bytes(blob_->size_bytes());
    answer.mutable_start()->set_offset(offset_);
    return answer;
  }
  if (offset_ >= blob_->size_bytes()) return std::nullopt;

  std::string& chunk = *answer.mutable_chunk();
  chunk.resize(std::min<uint64_t>(base::kMaxFetchChunkBytes, blob_->size_bytes() - offset_));
  MIG_ASSIGN_OR_RETURN(const size_t read, blob_->ReadAt(offset_, chunk));
  if (read == 0) {
    return absl::DataLossError(absl::StrCat("a content of ", blob_->size_bytes(),
                                            " bytes ended at ", offset_,
                                            "; store it again with migctl release publish"));
  }
  chunk.resize(read);
  offset_ += read;
  return answer;
}

}  // namespace mig::coordinator
