// How the allow-list of a host's or operator's keys moves (CONTRACT.md 3).

#ifndef MIG_COORDINATOR_HANDLERS_LOADERS_HOST_KEYS_H_
#define MIG_COORDINATOR_HANDLERS_LOADERS_HOST_KEYS_H_

#include "base/digest.h"
#include "coordinator/store/allowed_keys.h"

namespace mig::coordinator {

// The keys after a renewal: who shows `shown` asks for a certificate for `wanted`. What was shown
// is the current one from now on, and what it replaced the former one; `wanted`, if it is another,
// is the next one. The same renewal again changes nothing.
AllowedKeys AfterRenewal(const AllowedKeys& keys, const base::Digest& shown,
                         const base::Digest& wanted);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_LOADERS_HOST_KEYS_H_
