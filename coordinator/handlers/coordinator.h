// The coordinator without its outside: no thread, no socket, no file. Whoever has a store, blobs, a
// clock and keys makes one: the program's main, the simulator, a test.

#ifndef MIG_COORDINATOR_HANDLERS_COORDINATOR_H_
#define MIG_COORDINATOR_HANDLERS_COORDINATOR_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/random.h"
#include "coordinator/blobs/blob_store.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/handlers/documents/admin_documents.h"
#include "coordinator/handlers/enroll/enrollment_handlers.h"
#include "coordinator/handlers/hosts/admin_enrollment.h"
#include "coordinator/handlers/hosts/admin_hosts.h"
#include "coordinator/handlers/issue/certificate_issuer.h"
#include "coordinator/handlers/issue/online_signer.h"
#include "coordinator/handlers/issue/ticket_keys.h"
#include "coordinator/handlers/limits/host_limiter.h"
#include "coordinator/handlers/loaders/loader_handlers.h"
#include "coordinator/handlers/operators/admin_people.h"
#include "coordinator/handlers/operators/admin_self.h"
#include "coordinator/handlers/operators/operator_door.h"
#include "coordinator/handlers/rollouts/admin_rollouts.h"
#include "coordinator/handlers/rollouts/census.h"
#include "coordinator/store/operator_record.h"
#include "coordinator/store/store.h"
#include "trust/signing_key.h"
#include "trust/x509/authority.h"

namespace mig::coordinator {

// Borrowed; all must outlive the coordinator. With several threads `clock` and `random` must be
// for any thread.
struct CoordinatorParts {
  Store& store;
  BlobStore& blobs;
  base::Clock& clock;
  base::Random& random;
  const trust::Signer& online_key;
  const trust::x509::Authority& loaders_ca;
  const trust::x509::Authority& operators_ca;
};

struct CoordinatorOptions {
  // Serialised envelopes of the configuration's roots, in order of version; at least one.
  std::vector<std::string> roots;
  LoaderOptions loaders = {};
  EnrollmentOptions enrollment = {};
  HostLimits host_limits = {};
  SelfDescription self = {};
};

// Before it goes, nothing that it appended may wait in the store any more: Flush, then commit.
class Coordinator {
 public:
  // Reads the store. Errors: Fleet::Open's.
  static absl::StatusOr<std::unique_ptr<Coordinator>> Start(const CoordinatorParts& parts,
                                                            CoordinatorOptions options);

  LoaderHandlers& loaders() { return loaders_; }
  EnrollmentHandlers& enrollment() { return enrollment_; }
  AdminDocuments& documents() { return documents_; }
  AdminRollouts& rollouts() { return rollouts_; }
  AdminHosts& hosts() { return hosts_; }
  AdminEnrollment& tokens() { return tokens_; }
  AdminPeople& people() { return people_; }
  AdminSelf& self() { return self_; }
  Fleet& fleet() { return fleet_; }

  // To be called about once a second: writes last-seen, changes ticket keys, forgets what is old.
  void Tick();
  // Writes what waits in memory only; then the store's last commit may follow.
  void Flush() { fleet_.seen().Flush(); }

  // An invitation that `mig-coordinator init` put into a file: recorded once, for 7 days, unless
  // the store knows this secret's hash already (used or not). Durable when `done` is called.
  void RecordFirstInvite(const base::Digest& secret_hash, absl::string_view operator_name,
                         RoleBits roles, Done<bool> done);

 private:
  Coordinator(const CoordinatorParts& parts, CoordinatorOptions options,
              std::unique_ptr<Fleet> fleet);

  base::Clock& clock_;
  const std::unique_ptr<Fleet> owned_fleet_;
  Fleet& fleet_;
  OnlineSigner signer_;
  TicketKeys tickets_;
  CertificateIssuer issuer_;
  HostLimiter host_limiter_;
  Census census_;
  OperatorDoor door_;
  LoaderHandlers loaders_;
  EnrollmentHandlers enrollment_;
  AdminDocuments documents_;
  AdminRollouts rollouts_;
  AdminHosts hosts_;
  AdminEnrollment tokens_;
  AdminPeople people_;
  AdminSelf self_;
  absl::Time forgotten_at_ = absl::InfinitePast();  // Tick's
};

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_HANDLERS_COORDINATOR_H_
