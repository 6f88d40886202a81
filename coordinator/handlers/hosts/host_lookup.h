// Which host somebody means.

#ifndef MIG_COORDINATOR_HANDLERS_HOSTS_HOST_LOOKUP_H_
#define MIG_COORDINATOR_HANDLERS_HOSTS_HOST_LOOKUP_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/store/ids.h"

namespace mig::coordinator {

// `name` is an id, a prefix of at least 4 digits of one, or a hostname. Where several are called so
// and only one of them is not revoked, that one is meant. NOT_FOUND; EXISTS, which lists some,
// where several are. Reads the inventory, unless it is a whole id.
absl::StatusOr<HostId> FindHost(Fleet& fleet, absl::string_view name);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_HOSTS_HOST_LOOKUP_H_
