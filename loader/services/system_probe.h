// The dictionary's probe, asked of this machine.

#ifndef MIG_LOADER_SERVICES_SYSTEM_PROBE_H_
#define MIG_LOADER_SERVICES_SYSTEM_PROBE_H_

#include "base/clock.h"
#include "base/time_point.h"
#include "loader/services/agent_spec.h"
#include "loader/services/probe.h"

namespace mig::loader {

// The clock is borrowed. Words at the start of an answer's text: PROBE_STATUS_503 (http),
// PROBE_EXIT_3 (command), PROBE_REFUSED (nobody listens), PROBE_MISSING (file), PROBE_TIMEOUT,
// PROBE_INVALID (the probe itself cannot be run), PROBE_VERSION (another version runs).
class SystemProbe : public Probe {
 public:
  explicit SystemProbe(base::Clock& clock) : clock_(clock) {}

  ProbeAnswer Ask(const AgentSpec& spec, base::MonotonicTime deadline) override;
  ProbeAnswer AskVersion(const AgentSpec& spec, base::MonotonicTime deadline) override;

 private:
  base::Clock& clock_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_SYSTEM_PROBE_H_
