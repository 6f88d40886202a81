// Hosts of AdminService, without a transport.

#ifndef MIG_COORDINATOR_HANDLERS_HOSTS_ADMIN_HOSTS_H_
#define MIG_COORDINATOR_HANDLERS_HOSTS_ADMIN_HOSTS_H_

#include <cstddef>
#include <functional>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/handlers/done.h"
#include "coordinator/handlers/hosts/host_line.h"
#include "coordinator/handlers/operators/operator_door.h"
#include "proto/mig/v1/admin_hosts.pb.h"
#include "proto/mig/v1/checkin.pb.h"

namespace mig::coordinator {

// Any thread may call. Every call may be refused as OperatorDoor says. A host is named by its id, a
// prefix of at least 4 digits of it, or its hostname: NOT_FOUND, or EXISTS where several are so
// called (the message lists them).
class AdminHosts {
 public:
  // All must outlive it.
  AdminHosts(Fleet& fleet, OperatorDoor& door) : fleet_(fleet), door_(door) {}

  // FILTER says where the filter is wrong. Reads the whole inventory once for each page, in bounded
  // memory.
  void ListHosts(const Peer& peer, const v1::ListHostsRequest& request,
                 Done<v1::ListHostsAnswer> done);
  void GetHost(const Peer& peer, const v1::GetHostRequest& request, Done<v1::HostDetails> done);
  void ExplainHost(const Peer& peer, const v1::ExplainHostRequest& request,
                   Done<v1::Explanation> done);

  // SECOND_PERSON above base::kMaxRevokedByOne. All of them or none.
  void RevokeHosts(const Peer& peer, const v1::RevokeHostsRequest& request,
                   Done<v1::RevokeHostsAnswer> done);
  void PinHost(const Peer& peer, const v1::PinHostRequest& request, Done<v1::Host> done);
  // Enabling one takes its clone flag off too.
  void DisableHost(const Peer& peer, const v1::DisableHostRequest& request, Done<v1::Host> done);
  void LabelHost(const Peer& peer, const v1::LabelHostRequest& request, Done<v1::Host> done);

  // Unimplemented: comes with the dashboard's inventory.
  void MergeHosts(const Peer& peer, const v1::MergeHostsRequest& request, Done<v1::Host> done);

 private:
  // Everything known of one host, by value.
  struct KnownHost {
    HostRecord record;
    HostEntry entry;
    std::optional<HostSeenRecord> seen;
    std::optional<v1::CheckInRequest> said;

    HostKnowledge Knowledge() const;
  };
  absl::StatusOr<KnownHost> Know(absl::string_view name);
  absl::StatusOr<v1::Host> Line(const HostId& id, absl::Time now);

  // Changes a host's record, and says what goes into the audit log.
  using Change = std::function<absl::StatusOr<AuditEntry>(HostRecord&)>;
  // Again if somebody else changed the host meanwhile.
  void Update(Caller caller, const HostId& host, Change change, int tries_left,
              Done<v1::Host> done);

  Fleet& fleet_;
  OperatorDoor& door_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_HOSTS_ADMIN_HOSTS_H_
