// What became of an agent that was watched.

#ifndef MIG_LOADER_SERVICES_HEALTH_H_
#define MIG_LOADER_SERVICES_HEALTH_H_

#include <cstdint>
#include <string>

#include "proto/mig/v1/refusal.pb.h"

namespace mig::loader {

// Healthy iff code is NONE. Else EXIT, PROBE, PROBE_TIMEOUT or START, in the words of reports.
struct Health {
  v1::Refusal::Code code = v1::Refusal::NONE;

  // With EXIT: the exit status, 128 + n for signal n. 0 too where `text` says that it is unknown
  // (a process that another run, or the system, had started).
  uint32_t exit_status = 0;

  // One line for people, escaped, at most base::kMaxReportTextBytes; empty if healthy.
  std::string text;

  // The end of what the agent wrote to its standard output and error, valid UTF-8, at most
  // AgentSpec::max_output_bytes. Only where we started it. Not for messages: may hold secrets.
  std::string output;

  bool ok() const { return code == v1::Refusal::NONE; }
  v1::Refusal ToRefusal() const {
    v1::Refusal refusal;
    refusal.set_code(code);
    refusal.set_exit_status(exit_status);
    refusal.set_text(text);
    return refusal;
  }
};

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_HEALTH_H_
