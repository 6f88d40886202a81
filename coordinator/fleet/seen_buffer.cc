#include "coordinator/fleet/seen_buffer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/sizes.h"

namespace mig::coordinator {

void SeenBuffer::Put(HostSeenRecord seen, absl::Time now) {
  // One row beyond its bound would have the store refuse everybody's, again and again.
  if (seen.summary.size() > base::kMaxCheckInSummaryBytes) seen.summary.clear();
  if (seen.environment.size() > base::kMaxEnvironmentBytes) seen.environment.clear();
  seen.seen_address.resize(std::min(seen.seen_address.size(), base::kMaxAddressTextBytes));
  {
    absl::MutexLock lock(&mutex_);
    const HostId id = seen.id;
    Pending& pending = pending_[id];
    if (pending.stage == Stage::kRefused) --refused_;
    if (pending.stage != Stage::kFresh) ++fresh_;
    pending = Pending{.seen = std::move(seen), .number = next_number_++, .stage = Stage::kFresh};
    oldest_ = std::min(oldest_, now);
    if (fresh_ < kSeenFlushRows && now - oldest_ < kSeenFlushAfter) return;
  }
  Flush();
}

void SeenBuffer::Tick(absl::Time now) {
  {
    absl::MutexLock lock(&mutex_);
    const bool is_old = fresh_ > 0 && now - oldest_ >= kSeenFlushAfter;
    if (!is_old && refused_ == 0) return;
  }
  Flush();
}

void SeenBuffer::Flush() {
  // All batches are taken before the first one is given away: one that is refused at once is not
  // tried again in the same turn.
  std::vector<std::pair<Numbers, WriteBatch>> batches;
  {
    absl::MutexLock lock(&mutex_);
    for (auto& [id, pending] : pending_) {
      if (pending.stage == Stage::kUnderWay) continue;
      pending.stage = Stage::kUnderWay;
      if (batches.empty() || batches.back().second.size() == kMaxBatchRows) batches.emplace_back();
      batches.back().first.emplace(id, pending.number);
      batches.back().second.push_back(RecordSeen{pending.seen});
    }
    fresh_ = 0;
    refused_ = 0;
    oldest_ = absl::InfiniteFuture();
  }
  for (auto& [numbers, batch] : batches) {
    store_.Append(std::move(batch),
                  [this, numbers = std::move(numbers)](const absl::StatusOr<Written>& written) {
                    Settle(numbers, written.status());
                  });
  }
}

void SeenBuffer::Settle(const Numbers& numbers, const absl::Status& written) {
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, number] : numbers) {
    const auto found = pending_.find(id);
    const bool replaced = found == pending_.end() || found->second.number != number;
    if (replaced) continue;
    if (written.ok()) {
      pending_.erase(found);
    } else {
      found->second.stage = Stage::kRefused;
      ++refused_;
    }
  }
}

std::optional<HostSeenRecord> SeenBuffer::Find(const HostId& host) const {
  absl::MutexLock lock(&mutex_);
  const auto found = pending_.find(host);
  if (found == pending_.end()) return std::nullopt;
  return found->second.seen;
}

std::map<HostId, HostSeenRecord> SeenBuffer::All() const {
  absl::MutexLock lock(&mutex_);
  std::map<HostId, HostSeenRecord> all;
  for (const auto& [id, pending] : pending_) all.emplace(id, pending.seen);
  return all;
}

size_t SeenBuffer::waiting() const {
  absl::MutexLock lock(&mutex_);
  return pending_.size();
}

}  // namespace mig::coordinator
