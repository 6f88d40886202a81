// The one door that every call of the admin service goes through.

#ifndef MIG_COORDINATOR_HANDLERS_OPERATORS_OPERATOR_DOOR_H_
#define MIG_COORDINATOR_HANDLERS_OPERATORS_OPERATOR_DOOR_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/store/audit_record.h"
#include "coordinator/store/operator_record.h"

namespace mig::coordinator {

// Who came through, and when.
struct Caller {
  OperatorRecord record;
  std::string spiffe_id;
  absl::Time now;

  const std::string& name() const { return record.name; }
};

class OperatorDoor {
 public:
  // Both must outlive it.
  OperatorDoor(Fleet& fleet, base::Clock& clock) : fleet_(fleet), clock_(clock) {}

  // The operator that `peer` is, if one of its roles may call `method`, which is one of
  // AdminService (a bug of ours else, which crashes). Errors: OperatorIndex::Identify's; ROLE,
  // which names the roles that may.
  absl::StatusOr<Caller> Admit(const Peer& peer, absl::string_view method);

 private:
  Fleet& fleet_;
  base::Clock& clock_;
};

// What an operator's change leaves in the audit log, cut to its bounds.
AuditEntry AuditOf(const Caller& caller, absl::string_view action, absl::string_view subject,
                   absl::string_view reason, absl::string_view difference);

// BOUND above 512 bytes, MALFORMED for more than one line; with `Needed::kYes` also if it is empty.
enum class Needed { kNo, kYes };
absl::Status CheckReason(absl::string_view reason, Needed needed);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_OPERATORS_OPERATOR_DOOR_H_
