// Asking an agent whether it is well, as a seam below health_watch.h.

#ifndef MIG_LOADER_SERVICES_PROBE_H_
#define MIG_LOADER_SERVICES_PROBE_H_

#include <string>

#include "base/time_point.h"
#include "loader/services/agent_spec.h"

namespace mig::loader {

struct ProbeAnswer {
  enum class Verdict { kWell, kNotWell, kNoAnswerInTime };
  Verdict verdict = Verdict::kWell;
  std::string text;  // why not, one escaped line: "PROBE_STATUS_503: GET http://... said 503"
};

// One thread at a time. Blocks only in base::Event, not beyond `deadline` (and the moment that
// ending a command takes).
class Probe {
 public:
  virtual ~Probe() = default;

  virtual ProbeAnswer Ask(const AgentSpec& spec, base::MonotonicTime deadline) = 0;

  // Whether the agent that runs is of spec.expected_version, by spec.version_command. Well where
  // one of the two is empty.
  virtual ProbeAnswer AskVersion(const AgentSpec& spec, base::MonotonicTime deadline) = 0;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_PROBE_H_
