// One content on its way to a host, message by message.

#ifndef MIG_COORDINATOR_HANDLERS_LOADERS_FETCH_STREAM_H_
#define MIG_COORDINATOR_HANDLERS_LOADERS_FETCH_STREAM_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "coordinator/blobs/blob_store.h"
#include "coordinator/fleet/host_index.h"
#include "coordinator/store/ids.h"
#include "proto/mig/v1/loader_service.pb.h"

namespace mig::coordinator {

// One thread at a time. Reads the disk: not for a thread that others wait for.
class FetchStream {
 public:
  // Of `blob`, from `offset` on, which is below its size. `hosts` must outlive it.
  FetchStream(const HostIndex& hosts, const HostId& host, std::unique_ptr<Blob> blob,
              uint64_t offset);

  // The next message: size and offset first, then at most base::kMaxFetchChunkBytes at a time;
  // nothing: that was all. Before each one the host is asked for again: REVOKED or DISABLED cuts
  // the stream. DataLoss: the content became shorter meanwhile.
  absl::StatusOr<std::optional<v1::FetchAnswer>> Next();

 private:
  const HostIndex& hosts_;
  const HostId host_;
  const std::unique_ptr<Blob> blob_;
  uint64_t offset_;
  bool started_ = false;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_LOADERS_FETCH_STREAM_H_
