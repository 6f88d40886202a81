#include "trust/wire_reader.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "trust/refusal.h"

namespace mig::trust {

namespace {
constexpr uint64_t kMaxFieldNumber = (uint64_t{1} << 29) - 1;
}  // namespace

absl::Status WireReader::Malformed(absl::string_view what) const {
  return Refuse(v1::Refusal::MALFORMED,
                absl::StrCat(what, " at byte ", size_ - rest_.size(), " of ", size_));
}

absl::StatusOr<uint64_t> WireReader::Varint() {
  uint64_t number = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (rest_.empty()) return Malformed("truncated");
    const auto byte = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    if (shift == 63 && byte > 1) return Malformed("a number above 64 bits");
    number |= uint64_t{byte & 0x7fu} << shift;
    if ((byte & 0x80) == 0) return number;
  }
  return Malformed("a number above 64 bits");
}

absl::StatusOr<absl::string_view> WireReader::Take(uint64_t count) {
  if (count > rest_.size()) return Malformed("truncated");
  const absl::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

absl::StatusOr<WireField> WireReader::Next() {
  MIG_ASSIGN_OR_RETURN(const uint64_t tag, Varint());
  const uint64_t number = tag >> 3;
  if (number == 0 || number > kMaxFieldNumber) return Malformed("a field number out of range");
  WireField field;
  field.number = static_cast<uint32_t>(number);
  switch (tag & 7) {
    case 0: {
      field.type = WireType::kVarint;
      MIG_ASSIGN_OR_RETURN(field.varint, Varint());
      return field;
    }
    case 1: {
      field.type = WireType::kFixed64;
      MIG_RETURN_IF_ERROR(Take(8).status());
      return field;
    }
    case 2: {
      field.type = WireType::kBytes;
      MIG_ASSIGN_OR_RETURN(const uint64_t length, Varint());
      MIG_ASSIGN_OR_RETURN(field.bytes, Take(length));
      return field;
    }
    case 5: {
      field.type = WireType::kFixed32;
      MIG_RETURN_IF_ERROR(Take(4).status());
      return field;
    }
    default:
      return Malformed("a group or unknown wire type");
  }
}

}  // namespace mig::trust
