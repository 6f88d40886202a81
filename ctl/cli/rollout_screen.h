// A rollout as people watch it.

#ifndef MIG_CTL_CLI_ROLLOUT_SCREEN_H_
#define MIG_CTL_CLI_ROLLOUT_SCREEN_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proto/mig/v1/admin_rollouts.pb.h"

namespace mig::ctl {

// "RUNNING".
std::string StateWord(v1::Rollout::State state);

// It ends there: nothing changes by itself any more.
bool IsFinal(v1::Rollout::State state);

// Head, one line a wave, failures, and the next command; several lines.
std::string RolloutScreen(const v1::Rollout& rollout, absl::Time now);

// The same in one line, for logs and pipes.
std::string RolloutLine(const v1::Rollout& rollout);

}  // namespace mig::ctl

#endif  // MIG_CTL_CLI_ROLLOUT_SCREEN_H_
