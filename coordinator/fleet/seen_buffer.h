// Last check-ins that are not in the store yet: kept in memory, written in batches. What a crash
// may lose is this, and never more than kSeenFlushAfter of it.

#ifndef MIG_COORDINATOR_FLEET_SEEN_BUFFER_H_
#define MIG_COORDINATOR_FLEET_SEEN_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "coordinator/store/host_record.h"
#include "coordinator/store/ids.h"
#include "coordinator/store/store.h"

namespace mig::coordinator {

// Written at the latest this long after the first one that waits, if Tick is called as often.
inline constexpr absl::Duration kSeenFlushAfter = absl::Seconds(20);
// Or as soon as this many wait.
inline constexpr size_t kSeenFlushRows = 256;

// Any thread may call. Memory: at most kSeenFlushRows records and those under way; while the store
// takes none, one for each host that checks in.
class SeenBuffer {
 public:
  // `store` must outlive it, and call no `done` after it is gone (Flush, then commit).
  explicit SeenBuffer(Store& store) : store_(store) {}

  SeenBuffer(const SeenBuffer&) = delete;
  SeenBuffer& operator=(const SeenBuffer&) = delete;

  // The newest check-in of its host. Writes if kSeenFlushRows wait, or the first one is old. A part
  // beyond the store's bound is left out: it would stand in the way of all others.
  void Put(HostSeenRecord seen, absl::Time now);
  // Writes what is old enough.
  void Tick(absl::Time now);
  // Writes everything that waits.
  void Flush();

  // What is not durable yet.
  std::optional<HostSeenRecord> Find(const HostId& host) const;
  std::map<HostId, HostSeenRecord> All() const;
  size_t waiting() const;

 private:
  enum class Stage { kFresh, kUnderWay, kRefused };
  struct Pending {
    HostSeenRecord seen;
    uint64_t number = 0;  // tells a newer one of the same host
    Stage stage = Stage::kUnderWay;
  };
  using Numbers = std::map<HostId, uint64_t>;

  // What became of a batch: durable, or refused and to be written again.
  void Settle(const Numbers& numbers, const absl::Status& written);

  Store& store_;
  mutable absl::Mutex mutex_;
  std::map<HostId, Pending> pending_ ABSL_GUARDED_BY(mutex_);
  size_t fresh_ ABSL_GUARDED_BY(mutex_) = 0;    // of pending_
  size_t refused_ ABSL_GUARDED_BY(mutex_) = 0;  // of pending_; written again by Tick
  uint64_t next_number_ ABSL_GUARDED_BY(mutex_) = 1;
  absl::Time oldest_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();  // of the fresh ones
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_FLEET_SEEN_BUFFER_H_
