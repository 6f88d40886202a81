// Writing DER (X.690), as much as a certificate needs. Contents in, encoding out.

#ifndef MIG_TRUST_X509_DER_H_
#define MIG_TRUST_X509_DER_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mig::trust::x509 {

// Identifier octets.
enum class DerTag : uint8_t {
  kBoolean = 0x01,
  kInteger = 0x02,
  kBitString = 0x03,
  kOctetString = 0x04,
  kObject = 0x06,
  kUtf8String = 0x0c,
  kUtcTime = 0x17,
  kGeneralizedTime = 0x18,
  kSequence = 0x30,
  kSet = 0x31,
  kContext0 = 0x80,             // [0] IMPLICIT, primitive; + n for [n]
  kContext0Constructed = 0xa0,  // [0], constructed; + n for [n]
};

// tag, length, contents.
std::string Der(DerTag tag, absl::string_view contents);
// [n] around `contents`.
std::string DerContext(uint8_t n, absl::string_view contents);             // primitive
std::string DerContextConstructed(uint8_t n, absl::string_view contents);  // constructed
// A non-negative number, big-endian, of any length.
std::string DerInteger(absl::string_view big_endian);
// Whole octets.
std::string DerBitString(absl::string_view octets);
// UTCTime before 2050, GeneralizedTime from then on (RFC 5280, section 4.1.2.5).
std::string DerTime(absl::Time time);

}  // namespace mig::trust::x509

#endif  // MIG_TRUST_X509_DER_H_
