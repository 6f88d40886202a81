// What the scenario's operators do while a live run goes on, through the port that operators use:
// rollouts that start later, and halts.

#ifndef MIG_SIM_LIVE_OPERATOR_DESK_H_
#define MIG_SIM_LIVE_OPERATOR_DESK_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "loader/transport/grpc_transport.h"
#include "loader/transport/tls13.h"
#include "sim/world/documents.h"

namespace mig::sim {

// A thread of its own, that ends with this object.
class OperatorDesk {
 public:
  struct Options {
    absl::Time start;  // of the run: what happens then was done before
    // Mutual TLS to the operators' port.
    loader::GrpcTransportOptions connection;
  };

  // Borrowed; `documents` says what is to be done, and when. `clock`: waits end when it is
  // abandoned.
  OperatorDesk(base::Clock& clock, const loader::Tls13Required& tls13, const Documents& documents,
               const Options& options);
  ~OperatorDesk();

  OperatorDesk(const OperatorDesk&) = delete;
  OperatorDesk& operator=(const OperatorDesk&) = delete;

  // The first thing that the coordinator refused, and that trying again does not help.
  absl::Status failure() const;

 private:
  struct Action {
    absl::Time at;
    const SignedPlan* plan = nullptr;
    enum class What { kStart, kHalt } what = What::kStart;
  };

  void Work();
  absl::Status Do(const Action& action);
  absl::Status Call(absl::string_view method, const std::string& request);

  base::Clock& clock_;
  const loader::Tls13Required& tls13_;
  const loader::GrpcTransportOptions connection_;
  std::vector<Action> actions_;  // in order of time
  const std::unique_ptr<base::Event> stop_;
  mutable absl::Mutex mutex_;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_OPERATOR_DESK_H_
