// A coordinator that believes everything: the operators' services over real mutual TLS on loopback,
// state in memory that tests look at and change. It judges nothing, so that what migctl refuses is
// migctl's doing.

#ifndef MIG_CTL_TRANSPORT_TESTING_FAKE_COORDINATOR_H_
#define MIG_CTL_TRANSPORT_TESTING_FAKE_COORDINATOR_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "proto/mig/v1/admin_documents.pb.h"
#include "proto/mig/v1/admin_hosts.pb.h"
#include "proto/mig/v1/admin_people.pb.h"
#include "proto/mig/v1/admin_rollouts.pb.h"

namespace mig::ctl::testing {

struct FakeCoordinatorFiles {
  std::string server_key_pem;
  std::string server_chain_pem;
  std::string operators_ca_pem;
  std::string operators_ca_key_pem;
  std::string trust_domain;
  std::string operator_name;
};

// What the services know. Lock `mutex` to look or change while calls may come.
struct FakeState {
  std::mutex mutex;
  std::map<std::string, std::string> blobs;           // by digest
  std::map<std::string, v1::DocumentInfo> documents;  // by digest
  std::vector<std::string> document_order;            // digests, oldest first
  std::map<std::string, v1::Rollout> rollouts;        // by name
  std::vector<v1::Host> hosts;
  std::vector<v1::Token> tokens;
  std::vector<v1::Enrollment> enrollments;
  v1::Explanation explanation;
  std::vector<v1::RevokeHostsRequest> revocations;
  std::vector<v1::Operator> operators;
  std::vector<v1::AuditEntry> audit;  // newest first
  uint64_t first_bad_entry = 0;       // what VerifyAudit finds
  int uploads = 0;
  int logins = 0;
  int renewals = 0;
  int late_renewals = 0;  // by proof of possession
  // What every call fails with, if it is not ok; a Refusal goes into the details.
  absl::Status failure;
  // GetDocument answers with this, whatever but a root was asked for.
  std::optional<v1::DocumentInfo> lie;
  // UploadBlob says that it stored these bytes, whatever was sent.
  std::optional<std::string> stored_instead;
  // Logins and renewals certify the key of this CSR (DER), whatever was asked for.
  std::optional<std::string> certified_instead;
  // WatchRollout sends these in turn, then ends; if there are none, the rollout as it is.
  std::vector<v1::Rollout> watched;
};

class FakeCoordinator {
 public:
  // Listens on two free ports of loopback; aborts if it cannot.
  explicit FakeCoordinator(FakeCoordinatorFiles files);
  ~FakeCoordinator();

  std::string admin_endpoint() const;
  std::string enrollment_endpoint() const;
  FakeState& state() { return state_; }
  // Ends both listeners: nothing answers any more.
  void Stop();

 private:
  struct Servers;

  FakeState state_;
  FakeCoordinatorFiles files_;
  std::unique_ptr<Servers> servers_;
};

}  // namespace mig::ctl::testing

#endif  // MIG_CTL_TRANSPORT_TESTING_FAKE_COORDINATOR_H_
