#include "sim/world/turn.h"

#include <algorithm>

#include "absl/numeric/int128.h"
#include "base/sha256.h"

namespace mig::sim {

namespace {

// cohort < floor(2^63 * (lo * ramp + (hi - lo) * elapsed) / (10^6 * ramp)).
bool Admits(const SignedPlan::Wave& wave, uint64_t cohort, int64_t elapsed_ms) {
  const int64_t ramp_ms = absl::ToInt64Milliseconds(wave.ramp);
  if (ramp_ms == 0) return IsBelow(cohort, wave.hi_ppm);
  const absl::uint128 share =
      absl::uint128(wave.lo_ppm) * static_cast<uint64_t>(ramp_ms) +
      absl::uint128(wave.hi_ppm - wave.lo_ppm) * static_cast<uint64_t>(elapsed_ms);
  const absl::uint128 threshold =
      (share << 63) / (absl::uint128(1'000'000) * static_cast<uint64_t>(ramp_ms));
  return absl::uint128(cohort) < threshold;
}

absl::Time TurnInWave(const SignedPlan::Wave& wave, uint64_t cohort) {
  int64_t last = absl::ToInt64Milliseconds(wave.ramp);
  if (!Admits(wave, cohort, last)) return absl::InfiniteFuture();
  int64_t first = 0;  // the least elapsed time at which it is admitted lies in [first, last]
  while (first < last) {
    const int64_t middle = first + (last - first) / 2;
    if (Admits(wave, cohort, middle)) {
      last = middle;
    } else {
      first = middle + 1;
    }
  }
  return wave.opens + absl::Milliseconds(first);
}

}  // namespace

uint64_t CohortIn(const SignedPlan& plan, const trust::HostId& host) {
  constexpr absl::string_view kLabel("MIG cohort v1\0", 14);
  const base::Digest hash = base::Sha256()
                                .Add(kLabel)
                                .AddWithLength(plan.cohort_seed.bytes())
                                .AddWithLength(host.bytes())
                                .Finish();
  uint64_t place = 0;
  for (const char byte : hash.bytes().substr(0, 8)) {
    place = place << 8 | static_cast<unsigned char>(byte);
  }
  return place >> 1;
}

bool IsBelow(uint64_t cohort, uint32_t share_ppm) {
  return absl::uint128(cohort) < (absl::uint128(share_ppm) << 63) / 1'000'000;
}

absl::Time TurnIn(const SignedPlan& plan, const trust::HostId& host) {
  absl::Time turn = absl::InfiniteFuture();
  if (std::binary_search(plan.canaries.begin(), plan.canaries.end(), host)) {
    turn = plan.canaries_open;
  }
  const uint64_t cohort = CohortIn(plan, host);
  for (const SignedPlan::Wave& wave : plan.waves) turn = std::min(turn, TurnInWave(wave, cohort));
  return turn;
}

}  // namespace mig::sim
