// The frame of the host's files `trust` and `status`: two halves of 8,192 bytes at 0 and 65,536, so
// that a torn write damages one and leaves the other. Bytes in, bytes out.
//   8 bytes magic | u64le generation | u32le length | payload | zeros | SHA-256 of all before
// Write = one half, in place, then fdatasync; the newest is never overwritten.

#ifndef MIG_TRUST_HALF_FILE_H_
#define MIG_TRUST_HALF_FILE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/sizes.h"

namespace mig::trust {

enum class HalfFileKind { kTrust, kStatus };  // "MIGTRST1", "MIGSTAT1"

// Largest payload of a half.
inline constexpr size_t kMaxHalfPayloadBytes = base::kTrustHalfBytes - 8 - 8 - 4 - 32;

// What two halves say together.
struct HalfFileReading {
  // The payload that counts; nothing if neither half does.
  std::optional<std::string> payload;
  uint64_t generation = 0;
  // What to write next: generation, and where: 0 or 65,536.
  uint64_t next_generation = 1;
  uint64_t next_offset = 0;
  // A half has bytes that are neither a valid half nor all zeros, or two of one generation differ.
  // One damaged half beside a good one is what a power cut leaves.
  bool damaged = false;
};

// `first` and `second` are what lies at 0 and at 65,536: whole halves, shorter where the file ends.
// Never fails: whatever is not a valid half does not count. The valid half of the highest
// generation does; of equal generations with other bytes neither.
HalfFileReading ReadHalfFile(HalfFileKind kind, absl::string_view first, absl::string_view second);

// 8,192 bytes. BOUND for a payload that does not fit. `generation` is at least 1.
absl::StatusOr<std::string> EncodeHalf(HalfFileKind kind, uint64_t generation,
                                       absl::string_view payload);

}  // namespace mig::trust

#endif  // MIG_TRUST_HALF_FILE_H_
