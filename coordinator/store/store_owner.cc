#include "coordinator/store/store_owner.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "trust/public_key.h"

namespace mig::coordinator {

std::string ToText(const StoreOwner& owner) {
  return absl::StrCat("coordinator '", owner.name, "' of ", owner.trust_domain, ", online key ",
                      trust::ShortId(owner.online_key));
}

bool IsOwn(const StoreClaim& claim, const StoreOwner& owner) {
  if (owner.trust_domain != claim.self.trust_domain) return false;
  if (owner.online_key == claim.self.online_key) return true;
  return owner.name == claim.self.name &&
         std::ranges::find(claim.keys_of_the_roots, owner.online_key) !=
             claim.keys_of_the_roots.end();
}

}  // namespace mig::coordinator
