// Whose store it is: one coordinator must not take another one's for its own, and go on with its
// hosts and halts.

#ifndef MIG_COORDINATOR_STORE_STORE_OWNER_H_
#define MIG_COORDINATOR_STORE_STORE_OWNER_H_

#include <string>
#include <vector>

#include "trust/ids.h"

namespace mig::coordinator {

// Who had a store open last; kept in the store.
struct StoreOwner {
  std::string trust_domain;
  std::string name;         // in its SPIFFE id
  trust::KeyId online_key;  // that it signed with

  friend bool operator==(const StoreOwner&, const StoreOwner&) = default;
};

// "coordinator 'berlin' of corp.example, online key 1a2b.."
std::string ToText(const StoreOwner& owner);

// Who asks for a store.
struct StoreClaim {
  StoreOwner self;
  // Online keys that any root of its chain names, from the first one to the newest.
  std::vector<trust::KeyId> keys_of_the_roots;
};

// Whether the store that `owner` had open last is the claimant's own: of its trust domain, and of
// its online key; or, after it got another key, of its name and of a key that its roots name.
//
// So a backup of its own passes on another machine, with other CAs, other addresses, a later root
// and a later key; and under another name, as long as the key is the same. A coordinator beside it,
// which the same roots name, has another name; a trial of the same names has other roots.
bool IsOwn(const StoreClaim& claim, const StoreOwner& owner);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_STORE_OWNER_H_
