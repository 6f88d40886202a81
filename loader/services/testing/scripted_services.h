// Agents that do as a script says, in virtual time: no process, no thread, no socket.

#ifndef MIG_LOADER_SERVICES_TESTING_SCRIPTED_SERVICES_H_
#define MIG_LOADER_SERVICES_TESTING_SCRIPTED_SERVICES_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "loader/services/health_watch.h"
#include "loader/services/probe.h"
#include "loader/services/services.h"

namespace mig::loader::testing {

// How one started agent behaves. The default is healthy.
struct AgentScript {
  absl::Status start = {};                                 // not ok: cannot be started
  absl::Duration ends_after = absl::InfiniteDuration();    // 0: at once
  uint32_t exit_status = 1;                                // when it ends
  absl::Duration ready_after = absl::ZeroDuration();       // infinite: never ready
  absl::Duration unwell_after = absl::InfiniteDuration();  // then the probe says 503
  absl::Duration hangs_after = absl::InfiniteDuration();   // then the probe gets no answer
  bool ignores_sigterm = false;                            // ends only by SIGKILL
  std::string output = {};                                 // what it writes at its start
  std::string version = {};                                // that it is of; empty: the right one

  static AgentScript Healthy() { return {}; }
  static AgentScript CrashesAfter(absl::Duration t, uint32_t exit_status) {
    return {.ends_after = t, .exit_status = exit_status};
  }
  // It runs, and would answer --version, but its probe never does.
  static AgentScript Hangs() { return {.hangs_after = absl::ZeroDuration()}; }
  static AgentScript NeverReady() { return {.ready_after = absl::InfiniteDuration()}; }
  // Well at first, then not.
  static AgentScript Lies(absl::Duration for_how_long) { return {.unwell_after = for_how_long}; }
  static AgentScript CannotStart(absl::Status why) { return {.start = std::move(why)}; }
};

// The agents of one virtual host. Processes live as long as this object, which is the machine:
// make a new loader around it for the next run, and call Reboot with the clock's.
class ScriptedServices : public Services {
 public:
  // Asked at each start, so that an agent behaves as the files that are then on the disk say.
  using Script = std::function<AgentScript(const AgentSpec&)>;

  // The clock is borrowed.
  ScriptedServices(base::Clock& clock, Script script);

  absl::Status Activate(const AgentSpec& spec) override;
  absl::Status Start(const AgentSpec& spec) override;
  absl::Status Stop(const AgentSpec& spec) override;
  absl::Status Hold(const AgentSpec& spec) override { return Stop(spec); }
  absl::StatusOr<AgentState> State(const AgentSpec& spec) override;
  Health Watch(const AgentSpec& spec, absl::Duration probation) override;

  // --- The test's side.

  // An agent that somebody else started (foreign): runs from now on.
  void RunForeign(const AgentSpec& spec, AgentScript script);
  // All processes are gone.
  void Reboot() {
    running_.clear();
    launched_.clear();
  }
  // How many processes were started for a product, and the number of the one that runs (0: none).
  int Starts(const std::string& product) const;
  int64_t Pid(const std::string& product);

 private:
  struct Running {
    int64_t pid;
    base::MonotonicTime started;
    bool listened;  // to what it says by sd_notify's protocol
    AgentScript script;
  };
  class Process;
  class ScriptedProbe;

  bool Alive(const Running& agent) const;
  Running* Find(const std::string& product);
  void Launch(const AgentSpec& spec, AgentScript script);

  base::Clock& clock_;
  const Script script_;
  std::map<std::string, Running> running_;
  std::set<std::string> launched_;  // here, since the machine started, and not stopped
  std::map<std::string, int> starts_;
  int64_t next_pid_ = 1000;
};

}  // namespace mig::loader::testing

#endif  // MIG_LOADER_SERVICES_TESTING_SCRIPTED_SERVICES_H_
