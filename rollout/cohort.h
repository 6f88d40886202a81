// A host's place in a rollout: computed, not rolled, so that anyone can compute it again
// (docs/protocol.md, "Cohorts and slots"). Integers only; the same on every machine.

#ifndef MIG_ROLLOUT_COHORT_H_
#define MIG_ROLLOUT_COHORT_H_

#include <compare>
#include <cstdint>
#include <optional>

#include "trust/host_id.h"
#include "trust/ids.h"

namespace mig::rollout {

// All cohorts lie in [0, kCohortEnd).
inline constexpr uint64_t kCohortEnd = uint64_t{1} << 63;

// The first 63 bits of SHA-256("MIG cohort v1\0" || u32be 32 || seed || u32be 32 || host id).
// `seed` is the rollout's 32 random bytes: another rollout, other places, so the same people are
// not always first.
uint64_t CohortOf(const trust::CohortSeed& seed, const trust::HostId& host_id);

// The range of cohorts that one wave opens over time.
struct Ramp {
  uint32_t lo_ppm = 0;   // at the opening; <= hi_ppm
  uint32_t hi_ppm = 0;   // at its end and later; <= 1,000,000
  uint32_t ramp_ms = 0;  // 0: hi at once
};

// theta(t): a wave that opened `elapsed_ms` ago (clamped to [0, ramp]) admits cohorts below it.
// floor(2^63 * (lo * ramp + (hi - lo) * elapsed) / (10^6 * ramp)); 0 admits nobody, 2^63 everybody.
uint64_t Threshold(const Ramp& ramp, int64_t elapsed_ms);

// The least elapsed_ms >= 0 at which `cohort` is below the threshold; nothing: never.
std::optional<int64_t> AdmittedAfterMs(const Ramp& ramp, uint64_t cohort);

// Held back as controls: cohort >= floor(2^63 * (10^6 - holdback_ppm) / 10^6).
bool IsHeldBack(uint64_t cohort, uint32_t holdback_ppm);

// The cohort as a part of the whole in parts per million, rounded down: for people only.
uint32_t CohortPpm(uint64_t cohort);

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_COHORT_H_
