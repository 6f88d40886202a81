// The people and robots who may call the admin service, in memory: asked at every call.

#ifndef MIG_COORDINATOR_FLEET_OPERATOR_INDEX_H_
#define MIG_COORDINATOR_FLEET_OPERATOR_INDEX_H_

#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/store/operator_record.h"

namespace mig::coordinator {

// Any thread may call.
class OperatorIndex {
 public:
  OperatorIndex() = default;
  OperatorIndex(const OperatorIndex&) = delete;
  OperatorIndex& operator=(const OperatorIndex&) = delete;

  // The operator that `peer` is, at this moment. Notes that it was seen.
  // Errors (trust::RefusalOf): CERTIFICATE, UNRECORDED_KEY, REVOKED.
  absl::StatusOr<OperatorRecord> Identify(const Peer& peer, absl::string_view trust_domain,
                                          absl::Time now);

  // Follows what became durable.
  void Apply(const OperatorRecord& record);

  struct Known {
    OperatorRecord record;
    // Last call since the start; InfinitePast: none.
    absl::Time last_seen = absl::InfinitePast();
  };
  // Sorted by name.
  std::vector<Known> All() const;
  // NOT_FOUND.
  absl::StatusOr<Known> Find(absl::string_view name) const;

 private:
  mutable absl::Mutex mutex_;
  std::map<std::string, Known, std::less<>> operators_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_FLEET_OPERATOR_INDEX_H_
