// Handing a Status on, in one line. Debian's Abseil has no such macros.

#ifndef MIG_BASE_STATUS_MACROS_H_
#define MIG_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Leaves the function with the Status of `expression` unless it is ok.
#define MIG_RETURN_IF_ERROR(expression)                               \
  do {                                                                \
    if (::absl::Status mig_status = (expression); !mig_status.ok()) { \
      return mig_status;                                              \
    }                                                                 \
  } while (false)

// Leaves the function with the StatusOr's error, or gives its value to `target`, which may be a
// declaration:  MIG_ASSIGN_OR_RETURN(auto file, directory.OpenRead("journal"));
#define MIG_ASSIGN_OR_RETURN(target, ...) \
  MIG_ASSIGN_OR_RETURN_AS(MIG_STATUS_NAME(mig_result_, __LINE__), target, __VA_ARGS__)

#define MIG_ASSIGN_OR_RETURN_AS(result, target, ...) \
  auto result = (__VA_ARGS__);                       \
  if (!result.ok()) {                                \
    return std::move(result).status();               \
  }                                                  \
  target = *std::move(result)

#define MIG_STATUS_NAME(prefix, line) MIG_STATUS_JOIN(prefix, line)
#define MIG_STATUS_JOIN(prefix, line) prefix##line

#endif  // MIG_BASE_STATUS_MACROS_H_
