#include "trust/root_chain.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "trust/refusal.h"

namespace mig::trust {

RootWalk WalkRoots(Verified<Root> current, std::span<const std::string> envelopes,
                   size_t max_steps) {
  RootWalk walk = {.root = std::move(current), .steps = 0, .stopped = absl::OkStatus()};
  for (const std::string& envelope : envelopes) {
    if (walk.steps == max_steps) {
      walk.stopped = absl::UnavailableError(
          absl::StrCat("root: ", max_steps, " successors were followed, up to version ",
                       walk.root->version(), "; the next run goes on from there"));
      return walk;
    }
    absl::StatusOr<Verified<Root>> next = VerifyNextRoot(envelope, walk.root);
    if (!next.ok()) {
      walk.stopped = next.status();
      return walk;
    }
    walk.root = *std::move(next);
    ++walk.steps;
  }
  return walk;
}

absl::Status CheckRootLives(const Root& root, absl::Time not_after_now) {
  if (not_after_now < root.expires()) return absl::OkStatus();
  return Refuse(
      v1::Refusal::ROOT_EXPIRED,
      absl::StrCat("root version ", root.version(), " expired at ",
                   absl::FormatTime(root.expires(), absl::UTCTimeZone()), " (it is ",
                   absl::FormatTime(not_after_now, absl::UTCTimeZone()),
                   "): nothing but its successor is accepted. If the clock is right, have "
                   "the root's holders sign a new one"));
}

}  // namespace mig::trust
