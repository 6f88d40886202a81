// How a handler answers.

#ifndef MIG_COORDINATOR_HANDLERS_DONE_H_
#define MIG_COORDINATOR_HANDLERS_DONE_H_

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

namespace mig::coordinator {

// Called exactly once: by the caller's thread before the handler returns, or later by the thread
// that commits the store, when what the answer rests on is durable. It must not block. An error
// carries a Refusal (trust::RefusalOf), except the store's own.
template <typename Answer>
using Done = absl::AnyInvocable<void(absl::StatusOr<Answer>)>;

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_DONE_H_
