// Roots that follow one another.

#ifndef MIG_TRUST_ROOT_CHAIN_H_
#define MIG_TRUST_ROOT_CHAIN_H_

#include <cstddef>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/sizes.h"
#include "trust/root.h"
#include "trust/verified.h"

namespace mig::trust {

struct RootWalk {
  // The last good root: where the walk began, if no step held.
  Verified<Root> root;
  // Successors accepted.
  size_t steps = 0;
  // Why it ended before the last candidate: the refusal of the next one, or Unavailable at
  // `max_steps` (progress is kept; the next run goes on). Ok if all were followed.
  absl::Status stopped;
};

// Follows `envelopes`, in order of version, from `current` on; stops at the first that does not
// follow. Intermediate roots may have expired; judge the last one with CheckRootLives.
RootWalk WalkRoots(Verified<Root> current, std::span<const std::string> envelopes,
                   size_t max_steps = base::kMaxRootsPerRun);

// ROOT_EXPIRED once `not_after_now` (trust/times.h) is not before the root's expiry: from then on
// nothing but its successor is accepted.
absl::Status CheckRootLives(const Root& root, absl::Time not_after_now);

}  // namespace mig::trust

#endif  // MIG_TRUST_ROOT_CHAIN_H_
