// A scenario in real time: virtual machines whose loaders are the shipped ones, each with its own
// key, certificate and mutual-TLS connection, against a coordinator that is a process of its own.

#ifndef MIG_SIM_LIVE_LIVE_RUN_H_
#define MIG_SIM_LIVE_LIVE_RUN_H_

#include "absl/status/statusor.h"
#include "sim/live/live_options.h"
#include "sim/report/summary.h"
#include "sim/scenario/scenario.h"

namespace mig::sim {

// Makes a coordinator's directory in a temporary one, starts the program on free loopback ports,
// and ends and removes all of it. Changes this process's environment (TLS 1.3 only, a quiet gRPC):
// to be called before anything of gRPC, and before other threads read it.
//
// Errors: InvalidArgument  what only a fleet shows: a wave without hosts; "FILE:LINE: FIELD ..."
//         NotFound         no program at coordinator_program
//         Internal         it does not start; has its last line
//         ResourceExhausted   open files, ports, disk
//         Cancelled        it was asked to stop before there was a fleet
absl::StatusOr<Summary> RunLive(const Scenario& scenario, LiveOptions options);

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_LIVE_RUN_H_
