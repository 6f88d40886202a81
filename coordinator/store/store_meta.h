// What a store says of itself; the signed head is made of it (CONTRACT.md 1).

#ifndef MIG_COORDINATOR_STORE_STORE_META_H_
#define MIG_COORDINATOR_STORE_STORE_META_H_

#include <cstdint>

#include "coordinator/store/audit_record.h"
#include "coordinator/store/ids.h"

namespace mig::coordinator {

struct StoreMeta {
  // Layout of the tables.
  uint32_t schema = 0;
  // Random, made with the store, kept over restores.
  StoreId store_id;
  // How often a person confirmed a store that was behind.
  uint64_t generation = 0;
  // The change counter: one more for each batch that was written, except those that hold nothing
  // but RecordSeen. What a head carries as its sequence.
  uint64_t change = 0;
  AuditHead audit;

  friend bool operator==(const StoreMeta&, const StoreMeta&) = default;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_STORE_META_H_
