#include "trust/half_file.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/endian.h"
#include "base/sha256.h"
#include "trust/refusal.h"

namespace mig::trust {

namespace {

constexpr size_t kMagicBytes = 8;
constexpr size_t kHeaderBytes = kMagicBytes + 8 + 4;
constexpr size_t kSumOffset = base::kTrustHalfBytes - base::Digest::kSizeBytes;

absl::string_view MagicOf(HalfFileKind kind) {
  return kind == HalfFileKind::kTrust ? "MIGTRST1" : "MIGSTAT1";
}

struct Half {
  uint64_t generation;
  absl::string_view payload;
};

// The first byte is, and each other one is like the one before it: memcmp looks at many at once.
bool IsAllZero(absl::string_view bytes) {
  return bytes.empty() ||
         (bytes[0] == '\0' && bytes.substr(1) == bytes.substr(0, bytes.size() - 1));
}

std::optional<Half> Decode(HalfFileKind kind, absl::string_view bytes) {
  if (bytes.size() != base::kTrustHalfBytes) return std::nullopt;
  if (bytes.substr(0, kMagicBytes) != MagicOf(kind)) return std::nullopt;
  if (base::Sha256Of(bytes.substr(0, kSumOffset)).bytes() != bytes.substr(kSumOffset)) {
    return std::nullopt;
  }
  const uint64_t generation = base::ReadU64Le(bytes.substr(kMagicBytes));
  const uint32_t length = base::ReadU32Le(bytes.substr(kMagicBytes + 8));
  if (generation == 0 || generation == std::numeric_limits<uint64_t>::max()) return std::nullopt;
  if (length > kMaxHalfPayloadBytes) return std::nullopt;
  const absl::string_view zeros =
      bytes.substr(kHeaderBytes + length, kSumOffset - kHeaderBytes - length);
  if (!IsAllZero(zeros)) return std::nullopt;
  return Half{.generation = generation, .payload = bytes.substr(kHeaderBytes, length)};
}

HalfFileReading Reading(const Half& newest, uint64_t next_offset) {
  return {.payload = std::string(newest.payload),
          .generation = newest.generation,
          .next_generation = newest.generation + 1,
          .next_offset = next_offset,
          .damaged = false};
}

}  // namespace

HalfFileReading ReadHalfFile(HalfFileKind kind, absl::string_view first, absl::string_view second) {
  const std::optional<Half> a = Decode(kind, first);
  const std::optional<Half> b = Decode(kind, second);
  HalfFileReading reading;
  if (a && b && a->generation == b->generation && first != second) {
    reading.next_generation = a->generation + 1;
    reading.damaged = true;
    return reading;
  }
  if (a && (!b || a->generation >= b->generation)) {
    reading = Reading(*a, base::kTrustSecondHalfOffset);
  } else if (b) {
    reading = Reading(*b, 0);
  }
  reading.damaged = (!a && !IsAllZero(first)) || (!b && !IsAllZero(second));
  return reading;
}

absl::StatusOr<std::string> EncodeHalf(HalfFileKind kind, uint64_t generation,
                                       absl::string_view payload) {
  MIG_CHECK(generation > 0 && generation < std::numeric_limits<uint64_t>::max());
  if (payload.size() > kMaxHalfPayloadBytes) {
    return Refuse(v1::Refusal::BOUND, absl::StrCat("the state has ", payload.size(),
                                                   " bytes, at most ", kMaxHalfPayloadBytes));
  }
  std::string half(MagicOf(kind));
  base::AppendU64Le(half, generation);
  base::AppendU32Le(half, static_cast<uint32_t>(payload.size()));
  half.append(payload.data(), payload.size());
  half.resize(kSumOffset, '\0');
  const base::Digest sum = base::Sha256Of(half);
  half.append(sum.bytes().data(), sum.bytes().size());
  return half;
}

}  // namespace mig::trust
