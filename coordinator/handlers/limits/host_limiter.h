// How often one host may call (ADVERSARY.md 161): by its proved id, since many stand behind one
// address. Whoever is in a loop is told when to come back, and costs the others nothing.

#ifndef MIG_COORDINATOR_HANDLERS_LIMITS_HOST_LIMITER_H_
#define MIG_COORDINATOR_HANDLERS_LIMITS_HOST_LIMITER_H_

#include <array>
#include <cstddef>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/time_point.h"
#include "coordinator/handlers/limits/rate.h"
#include "coordinator/store/ids.h"

namespace mig::coordinator {

enum class HostCall { kCheckIn, kFetch, kReport, kRenew };
inline constexpr size_t kHostCalls = 4;

// The defaults are more than the largest run makes: base::kMaxCheckInsPerRun check-ins at the
// shortest interval, every content of 8 products with 256 components each and as many resumptions,
// a full spool of the largest outcomes.
struct HostLimits {
  Rate check_in = {.burst = 128, .interval = absl::Seconds(5)};
  Rate fetch = {.burst = 4'096, .interval = absl::Milliseconds(250)};
  Rate report = {.burst = 256, .interval = absl::Seconds(5)};
  Rate renew = {.burst = 8, .interval = absl::Hours(1)};

  const Rate& of(HostCall call) const;

  friend bool operator==(const HostLimits&, const HostLimits&) = default;
};

// Any thread may call. Memory: about 100 bytes for each host that called so lately that forgetting
// it would give it something; whoever is let in by the index alone is a key, so at most one for
// each enrolled host.
class HostLimiter {
 public:
  explicit HostLimiter(const HostLimits& limits) : limits_(limits) {}

  HostLimiter(const HostLimiter&) = delete;
  HostLimiter& operator=(const HostLimiter&) = delete;

  // RATE_LIMIT, which says when to come back; a call that is refused counts nothing. `host` has
  // been identified.
  absl::Status Admit(const HostId& host, HostCall call, base::MonotonicTime now);

  // Hosts remembered.
  size_t size() const;

 private:
  using Buckets = std::array<Bucket, kHostCalls>;
  // Hosts are spread by their id, which is a digest, so that few wait for the same mutex.
  static constexpr size_t kShards = 16;
  static constexpr size_t kLeastBeforeSweep = 1'024;
  struct Shard {
    mutable absl::Mutex mutex;
    absl::flat_hash_map<HostId, Buckets> hosts ABSL_GUARDED_BY(mutex);
    // As many as may be there before those with whole buckets are forgotten.
    size_t sweep_at ABSL_GUARDED_BY(mutex) = kLeastBeforeSweep;
  };

  static void Sweep(Shard& shard, base::MonotonicTime now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);

  const HostLimits limits_;
  std::array<Shard, kShards> shards_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_LIMITS_HOST_LIMITER_H_
