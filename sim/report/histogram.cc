#include "sim/report/histogram.h"

#include <algorithm>
#include <bit>

namespace mig::sim {

namespace {

// Below 2^8 us each microsecond has a bucket of its own; from there each power of two has 2^7, so
// one is never wider than 1/128 of what lies in it.
constexpr int kExactBits = 8;
constexpr uint64_t kExact = uint64_t{1} << kExactBits;
constexpr uint64_t kPerPower = kExact / 2;
constexpr int kMaxBits = 32;
constexpr uint64_t kMaxUs = (uint64_t{1} << kMaxBits) - 1;  // 71 min 35 s
constexpr size_t kBuckets = kExact + (kMaxBits - kExactBits) * kPerPower;

constexpr unsigned __int128 kWhole = 100'000;

}  // namespace

Histogram::Histogram() : counts_(kBuckets, 0) {}

void Histogram::Add(absl::Duration value) {
  value = std::max(value, absl::ZeroDuration());
  // Up to the next microsecond: a quantile is never less than it was.
  const absl::Duration whole = absl::Ceil(value, absl::Microseconds(1));
  const auto us = static_cast<uint64_t>(absl::ToInt64Microseconds(whole));
  ++counts_[BucketOf(us)];
  ++count_;
  max_ = std::max(max_, value);
}

void Histogram::Merge(const Histogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

absl::Duration Histogram::Quantile(uint32_t per_hundred_thousand) const {
  if (count_ == 0) return absl::ZeroDuration();
  const unsigned __int128 share = (count_ * (unsigned __int128){per_hundred_thousand} + kWhole - 1);
  const auto rank = std::clamp<uint64_t>(static_cast<uint64_t>(share / kWhole), 1, count_);
  uint64_t below = 0;
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    below += counts_[bucket];
    if (below >= rank) {
      return std::min(max_, absl::Microseconds(static_cast<int64_t>(HighestOf(bucket))));
    }
  }
  return max_;
}

size_t Histogram::BucketOf(uint64_t us) {
  us = std::clamp<uint64_t>(us, 1, kMaxUs);
  if (us < kExact) return us;
  const int power = std::bit_width(us) - kExactBits;  // from 1
  return kExact + (power - 1) * kPerPower + ((us >> power) - kPerPower);
}

uint64_t Histogram::HighestOf(size_t bucket) {
  if (bucket < kExact) return bucket;
  const uint64_t power = (bucket - kExact) / kPerPower + 1;
  const uint64_t step = (bucket - kExact) % kPerPower + kPerPower;
  return ((step + 1) << power) - 1;
}

}  // namespace mig::sim
