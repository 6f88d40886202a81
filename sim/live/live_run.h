// A scenario in real time: virtual machines whose loaders are the shipped ones, each with its own
// key, certificate and mutual-TLS connection, against a coordinator that is a process of its own.

#ifndef MIG_SIM_LIVE_LIVE_RUN_H_
#define MIG_SIM_LIVE_LIVE_RUN_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "sim/report/progress.h"
#include "sim/report/summary.h"
#include "sim/scenario/scenario.h"

namespace mig::sim {

struct LiveOptions {
  uint64_t seed = 0;
  std::string coordinator_program;  // mig-coordinator
  // Set by whoever catches Ctrl-C: ends the simulation with what was seen. Borrowed.
  const std::atomic<bool>* stop = nullptr;
  absl::AnyInvocable<void(const Progress&)> progress = nullptr;  // about ten times a second
};

// Makes a coordinator's directory in a temporary one, starts the program on free loopback ports,
// and ends and removes all of it.
//
// Errors: InvalidArgument  what only a fleet shows: a wave without hosts; "FILE:LINE: FIELD ..."
//         NotFound         no program at coordinator_program
//         Internal         it does not start; has its last line
absl::StatusOr<Summary> RunLive(const Scenario& scenario, LiveOptions options);

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_LIVE_RUN_H_
