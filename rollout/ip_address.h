// Addresses and networks as filters compare them: address:"10.0.0.0/8". Text in, comparison out;
// no name is ever resolved.

#ifndef MIG_ROLLOUT_IP_ADDRESS_H_
#define MIG_ROLLOUT_IP_ADDRESS_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mig::rollout {

// One IPv4 or IPv6 address, a value. An IPv4 address that is written inside IPv6
// (::ffff:10.0.0.1) is that IPv4 address.
class IpAddress {
 public:
  enum class Family { kV4, kV6 };

  // Dotted quads without leading zeros, or RFC 4291 text without a zone; else InvalidArgument.
  static absl::StatusOr<IpAddress> Parse(absl::string_view text);

  Family family() const { return family_; }
  // The form of RFC 5952, or dotted quads.
  std::string ToString() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  friend class IpNetwork;
  IpAddress(Family family, const std::array<uint8_t, 16>& bytes) : family_(family), bytes_(bytes) {}

  Family family_;
  std::array<uint8_t, 16> bytes_;  // IPv4: the first four, the others zero
};

// The addresses of one family that begin with the same bits, a value.
class IpNetwork {
 public:
  // "10.0.0.0/8", "2001:db8::/32", or an address alone, which is a network of one. InvalidArgument
  // if it is none, or if bits after the prefix are set (the message says how to write it).
  static absl::StatusOr<IpNetwork> Parse(absl::string_view text);

  bool Contains(const IpAddress& address) const;

 private:
  IpNetwork(const IpAddress& first, int prefix_bits) : first_(first), prefix_bits_(prefix_bits) {}

  IpAddress first_;
  int prefix_bits_;  // of the family's 32 or 128
};

}  // namespace mig::rollout

#endif  // MIG_ROLLOUT_IP_ADDRESS_H_
