// Step 4 of a run: one exchange with a coordinator, as many answers long as it has documents.

#ifndef MIG_LOADER_RUN_CHECK_IN_CHECK_IN_H_
#define MIG_LOADER_RUN_CHECK_IN_CHECK_IN_H_

#include <optional>

#include "absl/status/status.h"
#include "loader/run/session/session.h"
#include "loader/run/views/local_view.h"
#include "loader/run/views/self_view.h"
#include "loader/transport/coordinator_client.h"
#include "proto/mig/v1/report.pb.h"
#include "trust/assignment.h"
#include "trust/times.h"
#include "trust/verified.h"

namespace mig::loader {

// A verified assignment for this host and this very request.
struct Assigned {
  trust::Verified<trust::Assignment> assignment;
  trust::ClockReading requested;  // when it was asked for: its life counts from here

  // ASSIGNMENT_OVER once its life is.
  absl::Status CheckLives(base::Clock& clock) const;
};

struct CheckInResult {
  absl::Status status;
  // Where it failed: CHECK_IN for the call itself, VERIFY for what came back.
  v1::Outcome::Stage stage = v1::Outcome::CHECK_IN;
  std::optional<Assigned> assigned = std::nullopt;  // absent: nothing for this host
};

// Checks in, up to kMaxCheckInsPerRun times while the coordinator says `more`. Documents that
// verified are held and stored whatever comes after them. `self` is read anew by the caller.
CheckInResult CheckIn(Session& session, CoordinatorClient& client, const SelfView& self,
                      const LocalView& local);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_CHECK_IN_CHECK_IN_H_
