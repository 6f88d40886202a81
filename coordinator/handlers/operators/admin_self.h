// What AdminService says of the coordinator itself, without a transport.

#ifndef MIG_COORDINATOR_HANDLERS_OPERATORS_ADMIN_SELF_H_
#define MIG_COORDINATOR_HANDLERS_OPERATORS_ADMIN_SELF_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "coordinator/blobs/blob_store.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/handlers/done.h"
#include "coordinator/handlers/issue/certificate_issuer.h"
#include "coordinator/handlers/issue/online_signer.h"
#include "coordinator/handlers/operators/operator_door.h"
#include "proto/mig/v1/admin_people.pb.h"

namespace mig::coordinator {

// What only the program's main knows.
struct SelfDescription {
  std::string version;
  // End of the server's certificate; nothing: there is no server.
  std::optional<absl::Time> server_certificate_expires;
};

// Any thread may call. Every call may be refused as OperatorDoor says.
class AdminSelf {
 public:
  // All but `self` must outlive it.
  AdminSelf(Fleet& fleet, BlobStore& blobs, const OnlineSigner& signer,
            const CertificateIssuer& issuer, OperatorDoor& door, SelfDescription self)
      : fleet_(fleet),
        blobs_(blobs),
        signer_(signer),
        issuer_(issuer),
        door_(door),
        self_(std::move(self)) {}

  void Doctor(const Peer& peer, const v1::DoctorRequest& request, Done<v1::DoctorAnswer> done);
  // Raises the head's generation above whatever hosts have shown. A reason is needed.
  void ConfirmStore(const Peer& peer, const v1::ConfirmStoreRequest& request,
                    Done<v1::ConfirmStoreAnswer> done);

 private:
  Fleet& fleet_;
  BlobStore& blobs_;
  const OnlineSigner& signer_;
  const CertificateIssuer& issuer_;
  OperatorDoor& door_;
  const SelfDescription self_;
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_OPERATORS_ADMIN_SELF_H_
