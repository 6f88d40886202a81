// A whole coordinator in this process for tests of any room and for the simulator: SQLite in
// memory, contents in memory, keys of a TestAuthority. No thread and no socket: what is called
// commits the store itself, so it runs in virtual time. Calls carry serialised bytes, as a network
// would.

#ifndef MIG_COORDINATOR_HANDLERS_TESTING_IN_PROCESS_COORDINATOR_H_
#define MIG_COORDINATOR_HANDLERS_TESTING_IN_PROCESS_COORDINATOR_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/memory_file_system.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "coordinator/blobs/blob_store.h"
#include "coordinator/fleet/peer.h"
#include "coordinator/handlers/coordinator.h"
#include "coordinator/handlers/testing/driven_coordinator.h"
#include "coordinator/handlers/testing/loader_calls.h"
#include "coordinator/handlers/testing/operators.h"
#include "coordinator/store/sqlite_store.h"
#include "proto/mig/v1/enrollment_service.pb.h"
#include "proto/mig/v1/manifest.pb.h"
#include "proto/mig/v1/plan.pb.h"
#include "proto/mig/v1/root.pb.h"
#include "trust/testing/test_authority.h"
#include "trust/token/token.h"
#include "trust/verified.h"
#include "trust/x509/authority.h"
#include "trust/x509/private_key.h"

namespace mig::coordinator::testing {

struct InProcessOptions {
  base::testing::Seed seed = base::testing::Seed(1);
  trust::testing::TestAuthorityOptions authority = {};
  LoaderOptions loaders = {};
  EnrollmentOptions enrollment = {};
};

// One thread at a time. What must not fail crashes with what it said.
class InProcessCoordinator {
 public:
  // `clock` must outlive it.
  explicit InProcessCoordinator(base::Clock& clock, const InProcessOptions& options = {});
  ~InProcessCoordinator();

  InProcessCoordinator(const InProcessCoordinator&) = delete;
  InProcessCoordinator& operator=(const InProcessCoordinator&) = delete;

  // --- What loaders call

  // Answers when the handler does; commits the store as often as that takes. Requests and answers
  // are bounded as gRPC's are. kFetch is no unary call.
  absl::StatusOr<std::string> Unary(LoaderCall call, const Peer& peer, absl::string_view request) {
    return CallUnary(coordinator_, call, peer, request);
  }
  // kFetch. If `take` fails, the stream is cut and that is the result.
  absl::Status ServerStream(LoaderCall call, const Peer& peer, absl::string_view request,
                            absl::FunctionRef<absl::Status(absl::string_view frame)> take) {
    return CallServerStream(coordinator_, call, peer, request, take);
  }

  // What a network would prove of a caller with this certificate (DER; empty: none).
  Peer PeerOf(absl::string_view certificate_der, absl::string_view address = "192.0.2.1") const {
    return PeerWith(certificate_der, address);
  }

  // --- What operators do, in one call each

  const trust::testing::TestAuthority& authority() const { return authority_; }
  // The root that everything begins with: the authority's, with this coordinator's CAs in it.
  v1::Root root() const;
  const std::string& root_envelope() const { return roots_.front(); }
  const trust::Verified<trust::Root>& verified_root() const { return first_root_; }

  // Stores the contents, signs and uploads the manifest of a release with one variant.
  trust::Verified<trust::Manifest> Publish(absl::string_view product, uint64_t sequence,
                                           const std::map<std::string, std::string>& components);
  // The same of a manifest that is made already.
  trust::Verified<trust::Manifest> Publish(const v1::Manifest& manifest);
  base::Digest PutContent(absl::string_view bytes);
  // Signs and uploads; starts it too.
  void PutPlan(const v1::Plan& plan);
  void StartPlan(const v1::Plan& plan);
  void Halt(absl::string_view plan_name);
  // A serialised envelope of a root, manifest or plan.
  absl::Status PutDocument(absl::string_view envelope) { return operators_->PutDocument(envelope); }

  trust::Token NewToken(uint32_t uses, bool manual_approval = false);
  // A host with a key of its own, let in by a token of its own.
  struct EnrolledHost {
    trust::HostId id;
    std::unique_ptr<trust::x509::PrivateKey> key;
    std::string certificate_der;
    Peer peer;
  };
  // `machine` and key follow from `number`; it is called "host-NUMBER".
  EnrolledHost Enroll(uint64_t number);
  // What such a host asks with, and the machine it says it is.
  v1::EnrollRequest EnrollRequestOf(const trust::Token& token, const trust::x509::PrivateKey& key,
                                    uint64_t number) const;
  static base::Digest MachineOf(uint64_t number);

  // The operator that does all of the above: all roles.
  const Peer& admin() const { return operators_->admin(); }
  // Another one, with these roles.
  Peer NewOperator(absl::string_view name, RoleBits roles);

  // --- The coordinator itself

  Coordinator& coordinator() { return *coordinator_; }
  SqliteStore& store() { return *store_; }
  BlobStore& blobs() { return *blobs_; }
  // Where the contents lie; a file is HEX[0..2]/HEX below kBlobDirectory.
  base::MemoryFileSystem& disk() { return *disk_; }
  static constexpr absl::string_view kBlobDirectory = "/blobs";

  // As after kill -9: what was only in memory is gone, store and contents are there. (What was
  // appended and waits for its commit is committed first: nobody was told that it failed.)
  void Restart();
  // Commits everything that waits.
  void Commit() { coordinator_.Commit(); }

  // Calls `start(done)` and commits until it has answered.
  template <typename Answer>
  absl::StatusOr<Answer> Wait(absl::FunctionRef<void(Done<Answer>)> start) {
    return coordinator_.Wait<Answer>(start);
  }

 private:
  void StartCoordinator();

  base::Clock& clock_;
  const InProcessOptions options_;
  base::testing::SeededRandom random_;
  trust::testing::TestAuthority authority_;
  std::unique_ptr<base::MemoryFileSystem> disk_;
  std::unique_ptr<BlobStore> blobs_;
  std::unique_ptr<SqliteStore> store_;
  trust::x509::Authority loaders_ca_;
  trust::x509::Authority operators_ca_;
  trust::Verified<trust::Root> first_root_;
  std::vector<std::string> roots_;
  DrivenCoordinator coordinator_;
  std::optional<Operators> operators_;
};

}  // namespace mig::coordinator::testing

#endif  // MIG_COORDINATOR_HANDLERS_TESTING_IN_PROCESS_COORDINATOR_H_
