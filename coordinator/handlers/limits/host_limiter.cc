#include "coordinator/handlers/limits/host_limiter.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

absl::string_view WordOf(HostCall call) {
  switch (call) {
    case HostCall::kCheckIn:
      return "check-ins";
    case HostCall::kFetch:
      return "fetches";
    case HostCall::kReport:
      return "reports";
    case HostCall::kRenew:
      break;
  }
  return "certificates";
}

}  // namespace

const Rate& HostLimits::of(HostCall call) const {
  switch (call) {
    case HostCall::kCheckIn:
      return check_in;
    case HostCall::kFetch:
      return fetch;
    case HostCall::kReport:
      return report;
    case HostCall::kRenew:
      break;
  }
  return renew;
}

void HostLimiter::Sweep(Shard& shard, base::MonotonicTime now) {
  absl::erase_if(shard.hosts, [now](const auto& known) {
    return std::ranges::all_of(known.second,
                               [now](const Bucket& bucket) { return bucket.IsWhole(now); });
  });
  // Not again before as many came as there are: each newcomer pays for a few others.
  shard.sweep_at = std::max(kLeastBeforeSweep, 2 * shard.hosts.size());
}

absl::Status HostLimiter::Admit(const HostId& host, HostCall call, base::MonotonicTime now) {
  const Rate& rate = limits_.of(call);
  Shard& shard = shards_[static_cast<unsigned char>(host.bytes().front()) % kShards];
  absl::MutexLock lock(&shard.mutex);
  const bool is_new = !shard.hosts.contains(host);
  if (is_new && shard.hosts.size() >= shard.sweep_at) Sweep(shard, now);
  Bucket& bucket = shard.hosts[host][static_cast<size_t>(call)];
  const absl::Duration wait = bucket.WaitFor(rate, now);
  if (wait == absl::ZeroDuration()) {
    bucket.Take(rate, now);
    return absl::OkStatus();
  }
  return trust::Refuse(v1::Refusal::RATE_LIMIT,
                       absl::StrCat("this host asks for too many ", WordOf(call), "; come back in ",
                                    absl::FormatDuration(absl::Ceil(wait, absl::Seconds(1)))));
}

size_t HostLimiter::size() const {
  size_t size = 0;
  for (const Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex);
    size += shard.hosts.size();
  }
  return size;
}

}  // namespace mig::coordinator
