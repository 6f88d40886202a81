// The right to fetch what an assignment names, so that any replica can authorise a fetch without a
// look-up: made and read by coordinators only, opaque to hosts.
//   u8 1 | u32be key id | host id | u64be expires_s | u8 n (1..8) | n x (manifest digest, u8
//   variant) | HMAC-SHA256(key, "MIG ticket v1\0" || all before)

#ifndef MIG_TRUST_TICKET_H_
#define MIG_TRUST_TICKET_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "trust/host_id.h"
#include "trust/ids.h"
#include "trust/trusted_state.h"

namespace mig::trust {

using TicketSecret = FixedBytes<struct TicketSecretTag, 32>;

// A coordinator's, shared by its replicas; the current and the previous one are valid.
struct TicketKey {
  uint32_t id = 0;
  TicketSecret secret;
};

struct Ticket {
  HostId host;
  absl::Time expires;               // whole seconds, rounded down
  std::vector<Installed> releases;  // 1 to 8: whose contents may be fetched, in any form
};

// `ticket.releases` has 1 to 8 entries and variants of at most 31, else BOUND.
absl::StatusOr<std::string> MintTicket(const TicketKey& key, const Ticket& ticket);

// TICKET, with one and the same message, unless `bytes` is a ticket by one of `keys`, for `host`,
// and not expired at `now`. The MAC is compared in constant time.
absl::StatusOr<Ticket> OpenTicket(absl::string_view bytes, std::span<const TicketKey> keys,
                                  const HostId& host, absl::Time now);

}  // namespace mig::trust

#endif  // MIG_TRUST_TICKET_H_
