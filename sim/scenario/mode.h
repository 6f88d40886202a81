// The two ways in which a scenario is run.

#ifndef MIG_SIM_SCENARIO_MODE_H_
#define MIG_SIM_SCENARIO_MODE_H_

namespace mig::sim {

enum class Mode {
  kLive,     // real time, sockets and mutual TLS; the coordinator is a process of its own
  kVirtual,  // virtual time, network and disks; the same seed gives the same run
};

}  // namespace mig::sim

#endif  // MIG_SIM_SCENARIO_MODE_H_
