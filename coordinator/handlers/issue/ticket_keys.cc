#include "coordinator/handlers/issue/ticket_keys.h"

#include <utility>

#include "base/sizes.h"
#include "trust/ids.h"

namespace mig::coordinator {

TicketKeys::TicketKeys(base::Random& random, absl::Time now)
    : random_(random),
      keys_({{.id = 1, .secret = trust::TicketSecret::Random(random)}}),
      made_(now) {}

absl::StatusOr<std::string> TicketKeys::Mint(const trust::HostId& host,
                                             std::vector<trust::Installed> releases,
                                             absl::Time now) const {
  trust::TicketKey key;
  {
    absl::MutexLock lock(&mutex_);
    key = keys_.front();
  }
  return trust::MintTicket(
      key, {.host = host, .expires = now + base::kTicketLife, .releases = std::move(releases)});
}

absl::StatusOr<trust::Ticket> TicketKeys::Open(absl::string_view bytes, const trust::HostId& host,
                                               absl::Time now) const {
  std::vector<trust::TicketKey> keys;
  {
    absl::MutexLock lock(&mutex_);
    keys = keys_;
  }
  return trust::OpenTicket(bytes, keys, host, now);
}

void TicketKeys::Tick(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  const absl::Duration age = now - made_;
  if (age < kTicketKeyLife && age > -kTicketKeyLife) return;
  keys_.insert(keys_.begin(), trust::TicketKey{.id = keys_.front().id + 1,
                                               .secret = trust::TicketSecret::Random(random_)});
  keys_.resize(2);
  made_ = now;
}

}  // namespace mig::coordinator
