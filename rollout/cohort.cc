#include "rollout/cohort.h"

#include <algorithm>

#include "absl/strings/string_view.h"
#include "base/check.h"
#include "base/digest.h"
#include "base/endian.h"
#include "base/sha256.h"
#include "base/sizes.h"

namespace mig::rollout {
namespace {

using Wide = unsigned __int128;

constexpr absl::string_view kLabel("MIG cohort v1\0", 14);
constexpr uint64_t kWhole = base::kWholePpm;

Wide CeilDiv(Wide a, Wide b) { return (a + b - 1) / b; }

void CheckRamp(const Ramp& ramp) {
  MIG_CHECK(ramp.lo_ppm <= ramp.hi_ppm && ramp.hi_ppm <= kWhole)
      << "wave from " << ramp.lo_ppm << " to " << ramp.hi_ppm << " ppm";
}

}  // namespace

uint64_t CohortOf(const trust::CohortSeed& seed, const trust::HostId& host_id) {
  const base::Digest hash = base::Sha256()
                                .Add(kLabel)
                                .AddWithLength(seed.bytes())
                                .AddWithLength(host_id.bytes())
                                .Finish();
  return base::ReadU64Be(hash.bytes()) >> 1;
}

// Nothing overflows: shares are below 2^20 and the ramp below 2^32, so the share-milliseconds are
// below 2^52, and 2^63 times that is below 2^115.
uint64_t Threshold(const Ramp& ramp, int64_t elapsed_ms) {
  CheckRamp(ramp);
  if (ramp.ramp_ms == 0) {
    return static_cast<uint64_t>(Wide{kCohortEnd} * ramp.hi_ppm / kWhole);
  }
  const uint64_t elapsed =
      static_cast<uint64_t>(std::clamp<int64_t>(elapsed_ms, 0, int64_t{ramp.ramp_ms}));
  const Wide share_ms =
      Wide{ramp.lo_ppm} * ramp.ramp_ms + Wide{ramp.hi_ppm - ramp.lo_ppm} * elapsed;
  return static_cast<uint64_t>(Wide{kCohortEnd} * share_ms / (Wide{kWhole} * ramp.ramp_ms));
}

// The inverse of Threshold: floor(x / d) > cohort iff x >= (cohort + 1) * d.
std::optional<int64_t> AdmittedAfterMs(const Ramp& ramp, uint64_t cohort) {
  CheckRamp(ramp);
  MIG_CHECK(cohort < kCohortEnd) << cohort;
  if (cohort < Threshold(ramp, 0)) return 0;
  if (cohort >= Threshold(ramp, ramp.ramp_ms)) return std::nullopt;

  // From here on lo < hi and ramp > 0.
  const Wide needed_share_ms =
      CeilDiv((Wide{cohort} + 1) * kWhole * ramp.ramp_ms, Wide{kCohortEnd});
  const Wide from_lo = needed_share_ms - Wide{ramp.lo_ppm} * ramp.ramp_ms;
  return static_cast<int64_t>(CeilDiv(from_lo, Wide{ramp.hi_ppm - ramp.lo_ppm}));
}

bool IsHeldBack(uint64_t cohort, uint32_t holdback_ppm) {
  MIG_CHECK(holdback_ppm <= kWhole) << holdback_ppm << " ppm held back";
  const Wide first = Wide{kCohortEnd} * (kWhole - holdback_ppm) / kWhole;
  return Wide{cohort} >= first;
}

uint32_t CohortPpm(uint64_t cohort) {
  return static_cast<uint32_t>(Wide{cohort} * kWhole / kCohortEnd);
}

}  // namespace mig::rollout
