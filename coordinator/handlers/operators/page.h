// Pages of lists: by key, so that nothing is skipped or shown twice when rows come and go.

#ifndef MIG_COORDINATOR_HANDLERS_OPERATORS_PAGE_H_
#define MIG_COORDINATOR_HANDLERS_OPERATORS_PAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proto/mig/v1/admin_common.pb.h"

namespace mig::coordinator {

inline constexpr size_t kDefaultPageRows = 100;

// 1 to base::kMaxPageRows; BOUND above.
absl::StatusOr<size_t> PageRows(const v1::Page& page);

// A token that is one number; 0 for an empty one. MALFORMED.
absl::StatusOr<uint64_t> NumberToken(const v1::Page& page);

// "t-19" with prefix "t-": 19. NOT_FOUND for anything else.
absl::StatusOr<uint64_t> NumberedName(absl::string_view name, absl::string_view prefix);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_OPERATORS_PAGE_H_
