// Bytes that come or go piece by piece, so that nobody needs the whole in memory.

#ifndef MIG_BASE_BYTE_STREAM_H_
#define MIG_BASE_BYTE_STREAM_H_

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mig::base {

// One thread at a time. The end may never come: who reads has a bound.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Puts 1 to into.size() bytes (which is not 0) at the front of `into` and returns how many;
  // 0 at the end, and after it.
  virtual absl::StatusOr<size_t> Read(std::span<char> into) = 0;
};

// One thread at a time.
class ByteSink {
 public:
  virtual ~ByteSink() = default;

  // Takes all of `bytes`, or fails; after a failure nothing more may be written.
  virtual absl::Status Write(absl::string_view bytes) = 0;
};

// A source over bytes in memory, which must outlive it.
class StringSource : public ByteSource {
 public:
  explicit StringSource(absl::string_view bytes) : rest_(bytes) {}

  absl::StatusOr<size_t> Read(std::span<char> into) override {
    const size_t count = rest_.copy(into.data(), into.size());
    rest_.remove_prefix(count);
    return count;
  }

 private:
  absl::string_view rest_;
};

}  // namespace mig::base

#endif  // MIG_BASE_BYTE_STREAM_H_
