#include "coordinator/handlers/loaders/host_keys.h"

namespace mig::coordinator {

AllowedKeys AfterRenewal(const AllowedKeys& keys, const base::Digest& shown,
                         const base::Digest& wanted) {
  AllowedKeys after = keys;
  if (keys.current != shown) {
    after.former = keys.current;
    after.current = shown;
    after.next = std::nullopt;
  }
  if (wanted != shown) after.next = wanted;
  return after;
}

}  // namespace mig::coordinator
