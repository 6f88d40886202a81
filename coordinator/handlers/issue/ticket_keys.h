// The secrets that fetch tickets are made with: the current one and the one before are good.

#ifndef MIG_COORDINATOR_HANDLERS_ISSUE_TICKET_KEYS_H_
#define MIG_COORDINATOR_HANDLERS_ISSUE_TICKET_KEYS_H_

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/random.h"
#include "trust/ticket.h"

namespace mig::coordinator {

// How long one secret makes tickets; each is good for twice as long at most.
inline constexpr absl::Duration kTicketKeyLife = absl::Hours(12);

// Made anew with each start: a ticket of a coordinator that is gone is refused, and its host checks
// in again. Any thread may call.
class TicketKeys {
 public:
  TicketKeys(base::Random& random, absl::Time now);

  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  // For `releases` (1 to 8), good until now + base::kTicketLife.
  absl::StatusOr<std::string> Mint(const trust::HostId& host,
                                   std::vector<trust::Installed> releases, absl::Time now) const;
  // TICKET, always with the same message.
  absl::StatusOr<trust::Ticket> Open(absl::string_view bytes, const trust::HostId& host,
                                     absl::Time now) const;

  // Makes a new secret when it is time.
  void Tick(absl::Time now);

 private:
  base::Random& random_;
  mutable absl::Mutex mutex_;
  // The current one first; at most two.
  std::vector<trust::TicketKey> keys_ ABSL_GUARDED_BY(mutex_);
  absl::Time made_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_ISSUE_TICKET_KEYS_H_
