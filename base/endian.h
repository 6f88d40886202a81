// Integers in the byte layouts of docs/protocol.md, little- and big-endian.

#ifndef MIG_BASE_ENDIAN_H_
#define MIG_BASE_ENDIAN_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "base/check.h"

namespace mig::base {

namespace internal {

template <std::unsigned_integral T>
void AppendLe(std::string& out, T number) {
  for (size_t i = 0; i < sizeof(T); ++i) {
    out.push_back(static_cast<char>(static_cast<uint8_t>(number >> (8 * i))));
  }
}

template <std::unsigned_integral T>
void AppendBe(std::string& out, T number) {
  for (size_t i = sizeof(T); i-- > 0;) {
    out.push_back(static_cast<char>(static_cast<uint8_t>(number >> (8 * i))));
  }
}

template <std::unsigned_integral T>
T ReadLe(absl::string_view bytes) {
  MIG_CHECK(bytes.size() >= sizeof(T)) << bytes.size() << " bytes";
  T number = 0;
  for (size_t i = sizeof(T); i-- > 0;) number = (number << 8) | static_cast<uint8_t>(bytes[i]);
  return number;
}

template <std::unsigned_integral T>
T ReadBe(absl::string_view bytes) {
  MIG_CHECK(bytes.size() >= sizeof(T)) << bytes.size() << " bytes";
  T number = 0;
  for (size_t i = 0; i < sizeof(T); ++i) number = (number << 8) | static_cast<uint8_t>(bytes[i]);
  return number;
}

}  // namespace internal

inline void AppendU32Le(std::string& out, uint32_t number) { internal::AppendLe(out, number); }
inline void AppendU64Le(std::string& out, uint64_t number) { internal::AppendLe(out, number); }
inline void AppendU32Be(std::string& out, uint32_t number) { internal::AppendBe(out, number); }
inline void AppendU64Be(std::string& out, uint64_t number) { internal::AppendBe(out, number); }

// The integer at the start of `bytes`. Fewer bytes are our own bug: look at the size first.
inline uint32_t ReadU32Le(absl::string_view bytes) { return internal::ReadLe<uint32_t>(bytes); }
inline uint64_t ReadU64Le(absl::string_view bytes) { return internal::ReadLe<uint64_t>(bytes); }
inline uint32_t ReadU32Be(absl::string_view bytes) { return internal::ReadBe<uint32_t>(bytes); }
inline uint64_t ReadU64Be(absl::string_view bytes) { return internal::ReadBe<uint64_t>(bytes); }

}  // namespace mig::base

#endif  // MIG_BASE_ENDIAN_H_
