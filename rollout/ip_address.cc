#include "rollout/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/text.h"

namespace mig::rollout {
namespace {

constexpr size_t kV4Bytes = 4;
constexpr int kMappedPrefixBits = 96;
constexpr uint8_t kMappedPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

int BitsOf(IpAddress::Family family) { return family == IpAddress::Family::kV4 ? 32 : 128; }

// The first `bits` bits of `bytes`, the others zero.
std::array<uint8_t, 16> Masked(std::array<uint8_t, 16> bytes, int bits) {
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(bits - 8 * i, 0, 8);
    bytes[i] &= static_cast<uint8_t>(0xff00u >> kept);
  }
  return bytes;
}

// A prefix length in decimal without leading zeros, at most `most`.
std::optional<int> ParsePrefix(absl::string_view text, int most) {
  int bits = 0;
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(),
                   [](unsigned char c) { return absl::ascii_isdigit(c); }))
    return std::nullopt;
  if (!absl::SimpleAtoi(text, &bits) || bits > most) return std::nullopt;
  return bits;
}

}  // namespace

absl::StatusOr<IpAddress> IpAddress::Parse(absl::string_view text) {
  const std::string terminated(text.substr(0, INET6_ADDRSTRLEN + 1));
  std::array<uint8_t, 16> bytes = {};
  const bool whole = terminated.size() == text.size() && !absl::StrContains(text, '\0');
  if (whole && inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) {
    return IpAddress(Family::kV4, bytes);
  }
  bytes = {};
  if (whole && inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) {
    if (std::memcmp(bytes.data(), kMappedPrefix, sizeof(kMappedPrefix)) != 0) {
      return IpAddress(Family::kV6, bytes);
    }
    std::array<uint8_t, 16> inner = {};
    std::copy(bytes.end() - kV4Bytes, bytes.end(), inner.begin());
    return IpAddress(Family::kV4, inner);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", base::Escaped(text, 60), "\" is no IPv4 or IPv6 address"));
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(family_ == Family::kV4 ? AF_INET : AF_INET6, bytes_.data(), text, sizeof(text));
  return text;
}

absl::StatusOr<IpNetwork> IpNetwork::Parse(absl::string_view text) {
  const size_t slash = text.find('/');
  const absl::string_view address_text = text.substr(0, slash);
  MIG_ASSIGN_OR_RETURN(IpAddress address, IpAddress::Parse(address_text));
  const int family_bits = BitsOf(address.family());
  if (slash == absl::string_view::npos) return IpNetwork(address, family_bits);

  // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
  const bool mapped =
      address.family() == IpAddress::Family::kV4 && absl::StrContains(address_text, ':');
  const int most = mapped ? 128 : family_bits;
  const int least = mapped ? kMappedPrefixBits : 0;
  const std::optional<int> written = ParsePrefix(text.substr(slash + 1), most);
  if (!written.has_value() || *written < least) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", base::Escaped(text, 60), "\": after the / must stand a number from ",
                     least, " to ", most, ", the network's length in bits"));
  }
  const int bits = *written - least;
  const IpAddress first(address.family(), Masked(address.bytes_, bits));
  if (first != address) {
    return absl::InvalidArgumentError(absl::StrCat("\"", base::Escaped(text, 60),
                                                   "\" has bits after its first ", bits, "; write ",
                                                   first.ToString(), "/", bits));
  }
  return IpNetwork(first, bits);
}

bool IpNetwork::Contains(const IpAddress& address) const {
  return address.family() == first_.family() &&
         Masked(address.bytes_, prefix_bits_) == first_.bytes_;
}

}  // namespace mig::rollout
