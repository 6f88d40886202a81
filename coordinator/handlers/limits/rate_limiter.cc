#include "coordinator/handlers/limits/rate_limiter.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "trust/refusal.h"

namespace mig::coordinator {

Bucket& RateLimiter::BucketOf(absl::string_view key) {
  const auto found = known_.find(key);
  if (found != known_.end()) {
    order_.splice(order_.end(), order_, found->second.place);
    return found->second.bucket;
  }
  if (known_.size() >= options_.max_keys) {
    known_.erase(order_.front());
    order_.pop_front();
  }
  order_.emplace_back(key);
  Known& known = known_[std::string(key)];
  known = Known{.bucket = {}, .place = std::prev(order_.end())};
  return known.bucket;
}

absl::Status RateLimiter::Admit(absl::string_view key, base::MonotonicTime now) {
  absl::MutexLock lock(&mutex_);
  // The sum first: who is refused by it takes no place among the keys.
  absl::Duration wait = sum_.WaitFor(options_.sum, now);
  if (wait == absl::ZeroDuration()) {
    Bucket& bucket = BucketOf(key);
    wait = bucket.WaitFor(options_.each, now);
    if (wait == absl::ZeroDuration()) {
      bucket.Take(options_.each, now);
      sum_.Take(options_.sum, now);
      return absl::OkStatus();
    }
  }
  return trust::Refuse(v1::Refusal::RATE_LIMIT,
                       absl::StrCat("too many calls; come back in ",
                                    absl::FormatDuration(absl::Ceil(wait, absl::Seconds(1)))));
}

size_t RateLimiter::size() const {
  absl::MutexLock lock(&mutex_);
  return known_.size();
}

}  // namespace mig::coordinator
