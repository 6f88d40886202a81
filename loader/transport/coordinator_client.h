// The coordinator, as the loader's logic sees it: typed calls. Real: typed_client.h over a
// Transport.

#ifndef MIG_LOADER_TRANSPORT_COORDINATOR_CLIENT_H_
#define MIG_LOADER_TRANSPORT_COORDINATOR_CLIENT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "proto/mig/v1/checkin.pb.h"
#include "proto/mig/v1/loader_service.pb.h"
#include "proto/mig/v1/report.pb.h"

namespace mig::loader {

struct FetchWant {
  std::string ticket;       // of the assignment
  base::Digest digest;      // what a signed manifest names
  uint64_t size_bytes = 0;  // as signed; never 0 (an empty content needs no fetch)
  uint64_t offset = 0;      // first byte wanted, below size_bytes
};

// Where fetched bytes go. An error from here ends the fetch and is its result.
class FetchSink {
 public:
  virtual ~FetchSink() = default;
  // Once, first. `offset`: where the next byte belongs; the wanted one, or less where the source
  // cannot resume there: then what was there before is overwritten.
  virtual absl::Status Begin(uint64_t offset) = 0;
  // In order; never past size_bytes. 1 to kMaxFetchChunkBytes.
  virtual absl::Status Write(absl::string_view bytes) = 0;
};

// Answers are within all bounds of docs/protocol.md, and what must be there is; what is signed in
// them is not yet verified. One caller at a time; each call has a deadline of its own; nothing is
// tried twice here. Errors: those of transport.h, and MALFORMED or BOUND for an answer that is not
// as it must be.
class CoordinatorClient {
 public:
  virtual ~CoordinatorClient() = default;

  virtual absl::StatusOr<v1::CheckInAnswer> CheckIn(const v1::CheckInRequest& request) = 0;

  // All of [offset, size_bytes) went to `sink`, in order, when this is ok; their digest is the
  // caller's to check. Otherwise a prefix did, which can be resumed.
  //   LENGTH  the source's size is not the wanted one, it ended early, or it sent more
  //   SLOW    stalled, or below the least rate (typed_client.h)
  virtual absl::Status Fetch(const FetchWant& want, FetchSink& sink) = 0;

  // What a ReportAnswer lists was in the request.
  virtual absl::StatusOr<v1::ReportAnswer> Report(const v1::ReportRequest& request) = 0;

  virtual absl::StatusOr<v1::RenewCertificateAnswer> Renew(
      const v1::RenewCertificateRequest& request) = 0;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_TRANSPORT_COORDINATOR_CLIENT_H_
