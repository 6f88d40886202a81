// Protobuf's wire format, field by field, without allocation: what must be looked at before a
// general parser may (bounds, repeated singular fields, groups).

#ifndef MIG_TRUST_WIRE_READER_H_
#define MIG_TRUST_WIRE_READER_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mig::trust {

enum class WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct WireField {
  uint32_t number = 0;
  WireType type = WireType::kVarint;
  uint64_t varint = 0;      // kVarint only
  absl::string_view bytes;  // kBytes only; a view into the input
};

// Reads the fields of one message. `bytes` must outlive the reader and its fields.
class WireReader {
 public:
  explicit WireReader(absl::string_view bytes) : rest_(bytes), size_(bytes.size()) {}

  bool done() const { return rest_.empty(); }
  // MALFORMED with the offset: truncated, a varint of more than 10 bytes, field number 0 or above
  // 2^29 - 1, a group, an unknown wire type. Not when done().
  absl::StatusOr<WireField> Next();

 private:
  absl::StatusOr<uint64_t> Varint();
  absl::StatusOr<absl::string_view> Take(uint64_t count);
  absl::Status Malformed(absl::string_view what) const;

  absl::string_view rest_;
  size_t size_;
};

}  // namespace mig::trust

#endif  // MIG_TRUST_WIRE_READER_H_
