// Values that a store takes.

#ifndef MIG_COORDINATOR_STORE_ROW_BOUNDS_H_
#define MIG_COORDINATOR_STORE_ROW_BOUNDS_H_

#include "absl/status/status.h"
#include "coordinator/store/write_batch.h"

namespace mig::coordinator {

// InvalidArgument unless `batch` has 1 to kMaxBatchRows rows and every value of them is within the
// bound that its record states; the message names the row's kind, field, size and bound. Numbers
// are at most INT64_MAX, times neither before 1970 nor after 9999, unless InfinitePast stands for
// "never".
absl::Status CheckBounds(const WriteBatch& batch);

// Whether `row` can be refused for what the store holds: else it is written whatever is there.
bool CanBeRefused(const Row& row);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_STORE_ROW_BOUNDS_H_
