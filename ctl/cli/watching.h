// Following a rollout: until it is final, or until something comes true.

#ifndef MIG_CTL_CLI_WATCHING_H_
#define MIG_CTL_CLI_WATCHING_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ctl/cli/session.h"
#include "ctl/transport/admin_client.h"

namespace mig::ctl {

// Redraws at a terminal, else one line (JSON: one object) for each change; ends when the rollout is
// final or halted. 0, or 10 if it is halted.
absl::StatusOr<int> Watch(Session& session, AdminClient& admin, const std::string& name);

// What `wait` waits for.
struct WaitFor {
  enum class Kind { kDone, kWavePassed, kHealthy, kState };
  Kind kind = Kind::kDone;
  std::string wave;      // its name, or its number from 1
  uint64_t healthy = 0;  // hosts
  v1::Rollout::State state = v1::Rollout::STATE_UNSPECIFIED;

  // "done", "wave=1", "wave=canary", "healthy=20", "state=running".
  static absl::StatusOr<WaitFor> Parse(absl::string_view text);
  bool IsTrueFor(const v1::Rollout& rollout) const;
};

// What a rollout's state means to somebody who waits: an exit status, or nothing yet.
std::optional<int> ExitOf(const WaitFor& wanted, const v1::Rollout& rollout);

}  // namespace mig::ctl

#endif  // MIG_CTL_CLI_WATCHING_H_
