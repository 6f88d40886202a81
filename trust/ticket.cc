#include "trust/ticket.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/mem.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/endian.h"
#include "base/sizes.h"
#include "trust/refusal.h"

#ifndef OPENSSL_IS_BORINGSSL
#error "these are OpenSSL's headers: add @boringssl//:crypto to deps"
#endif

namespace mig::trust {

namespace {

constexpr absl::string_view kTag("MIG ticket v1\0", 14);
constexpr uint8_t kFormat = 1;
constexpr size_t kMacBytes = 32;
constexpr size_t kHeaderBytes = 1 + 4 + 32 + 8 + 1;
constexpr size_t kReleaseBytes = 32 + 1;

const uint8_t* Data(absl::string_view bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

std::string MacOf(const TicketSecret& secret, absl::string_view body) {
  const std::string message = absl::StrCat(kTag, body);
  std::string mac(kMacBytes, '\0');
  unsigned int size = 0;
  MIG_CHECK(HMAC(EVP_sha256(), secret.bytes().data(), secret.bytes().size(), Data(message),
                 message.size(), reinterpret_cast<uint8_t*>(mac.data()), &size) != nullptr);
  MIG_CHECK(size == kMacBytes);
  return mac;
}

// One message for all: unknown and forbidden look the same.
absl::Status NoRight() {
  return Refuse(v1::Refusal::TICKET, "no right to this content, or no such content");
}

bool MacHolds(absl::string_view body, absl::string_view mac, std::span<const TicketKey> keys) {
  const uint32_t key_id = base::ReadU32Be(body.substr(1));
  for (const TicketKey& key : keys) {
    if (key.id != key_id) continue;
    const std::string right = MacOf(key.secret, body);
    if (CRYPTO_memcmp(right.data(), mac.data(), kMacBytes) == 0) return true;
  }
  return false;
}

// Of a body whose MAC holds: made by MintTicket.
std::optional<Ticket> Read(absl::string_view body) {
  const auto count = static_cast<uint8_t>(body[kHeaderBytes - 1]);
  if (count == 0 || count > base::kMaxTicketManifests ||
      body.size() != kHeaderBytes + count * kReleaseBytes) {
    return std::nullopt;
  }
  Ticket ticket;
  ticket.host = *HostId::FromBytes(body.substr(5, 32));
  ticket.expires = absl::FromUnixSeconds(static_cast<int64_t>(base::ReadU64Be(body.substr(37))));
  for (absl::string_view rest = body.substr(kHeaderBytes); !rest.empty();
       rest.remove_prefix(kReleaseBytes)) {
    ticket.releases.push_back({.manifest = *base::Digest::FromBytes(rest.substr(0, 32)),
                               .variant = static_cast<uint8_t>(rest[32])});
  }
  return ticket;
}

}  // namespace

absl::StatusOr<std::string> MintTicket(const TicketKey& key, const Ticket& ticket) {
  const size_t count = ticket.releases.size();
  if (count == 0 || count > base::kMaxTicketManifests) {
    return Refuse(v1::Refusal::BOUND,
                  absl::StrCat("a ticket for ", count, " releases, must be 1 to ",
                               base::kMaxTicketManifests));
  }
  std::string ticket_bytes(1, static_cast<char>(kFormat));
  base::AppendU32Be(ticket_bytes, key.id);
  absl::StrAppend(&ticket_bytes, ticket.host.bytes());
  base::AppendU64Be(ticket_bytes, static_cast<uint64_t>(absl::ToUnixSeconds(ticket.expires)));
  ticket_bytes.push_back(static_cast<char>(count));
  for (const Installed& release : ticket.releases) {
    if (release.variant >= base::kMaxVariants) {
      return Refuse(v1::Refusal::BOUND, absl::StrCat("a ticket for variant ", release.variant,
                                                     ", at most ", base::kMaxVariants - 1));
    }
    absl::StrAppend(&ticket_bytes, release.manifest.bytes());
    ticket_bytes.push_back(static_cast<char>(release.variant));
  }
  ticket_bytes += MacOf(key.secret, ticket_bytes);
  return ticket_bytes;
}

absl::StatusOr<Ticket> OpenTicket(absl::string_view bytes, std::span<const TicketKey> keys,
                                  const HostId& host, absl::Time now) {
  if (bytes.size() < kHeaderBytes + kReleaseBytes + kMacBytes ||
      bytes.size() > base::kMaxTicketBytes || static_cast<uint8_t>(bytes[0]) != kFormat) {
    return NoRight();
  }
  const absl::string_view body = bytes.substr(0, bytes.size() - kMacBytes);
  if (!MacHolds(body, bytes.substr(body.size()), keys)) return NoRight();
  std::optional<Ticket> ticket = Read(body);
  if (!ticket.has_value() || ticket->host != host || now >= ticket->expires) return NoRight();
  return *std::move(ticket);
}

}  // namespace mig::trust
