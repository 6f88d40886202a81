// A coordinator with state and no logic: it holds documents and contents, assigns what a test says,
// and remembers what hosts reported. Whether it is honest is the test's to say.

#ifndef MIG_LOADER_RUN_TESTING_FAKE_COORDINATOR_H_
#define MIG_LOADER_RUN_TESTING_FAKE_COORDINATOR_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/testing/seeded_random.h"
#include "loader/run/connector.h"
#include "proto/mig/v1/assignment.pb.h"
#include "proto/mig/v1/checkin.pb.h"
#include "proto/mig/v1/manifest.pb.h"
#include "proto/mig/v1/plan.pb.h"
#include "proto/mig/v1/report.pb.h"
#include "proto/mig/v1/root.pb.h"
#include "trust/host_id.h"
#include "trust/testing/test_authority.h"
#include "trust/token/token.h"
#include "trust/x509/authority.h"

namespace mig::loader::testing {

using Contents = std::map<std::string, std::string>;  // by component

// Its fields are the test's to change at any time.
class FakeCoordinator : public Connector {
 public:
  // Of people, and of the CA that a coordinator has. Immutable.
  struct Keys {
    explicit Keys(base::Clock& clock);
    const trust::testing::TestAuthority authority;
    const trust::x509::Authority ca;
  };

  // The clock is borrowed: issue times are its own.
  explicit FakeCoordinator(base::Clock& clock);
  // With the keys of another one: to make them takes longer than all else here.
  FakeCoordinator(base::Clock& clock, std::shared_ptr<const Keys> keys);

  // --- What people sign and publish.

  const std::shared_ptr<const Keys> keys;
  const trust::testing::TestAuthority& authority = keys->authority;
  // The root of the package: TestAuthority's, with this coordinator's own CA.
  const v1::Root& root() const { return root_; }
  std::string packaged_root() const { return authority.Sign(root_); }
  // A successor: version one higher, changed by `edit`.
  void PublishRoot(const std::function<void(v1::Root&)>& edit);

  // Signs a manifest of "agent" and keeps its contents; version text "1.SEQUENCE".
  base::Digest PublishRelease(uint64_t sequence, const Contents& contents,
                              const std::function<void(v1::Manifest&)>& edit = nullptr,
                              absl::string_view product = "agent");
  // Signs a plan for it, the newest of stream "main": one wave for everybody, open now.
  base::Digest PublishPlan(uint64_t sequence, const base::Digest& release,
                           const std::function<void(v1::Plan&)>& edit = nullptr,
                           absl::string_view product = "agent");
  // The same two, and assigned from now on.
  base::Digest Roll(uint64_t sequence, const Contents& contents);

  struct Item {
    base::Digest manifest;
    uint32_t variant = 0;
    std::optional<base::Digest> plan;
  };
  std::map<std::string, Item> assigned;           // by product; empty: nothing for anybody
  std::map<base::Digest, std::string> documents;  // envelopes, by payload digest
  // What Fetch gives, whatever its digest is, to a ticket of an assignment that named a release
  // with this content.
  std::map<base::Digest, std::string> contents;

  // --- How it misbehaves. Each is asked at each call; null or empty: it does not.

  bool away = false;                                       // no call gets through
  absl::Status refusal;                                    // of every check-in
  std::function<void(v1::Assignment&)> change_assignment;  // before it is signed
  std::function<void(v1::CheckInAnswer&)> change_answer;
  std::function<void()> before_fetch;
  bool refuses_tickets = false;                     // as one that was restarted
  bool any_ticket_is_good = false;                  // for every content
  uint64_t cut_fetch_after = UINT64_MAX;            // bytes of each stream
  bool loses_reports = false;                       // takes them and answers nothing
  bool refuses_reports = false;                     // as one whose store is full
  std::function<bool(const v1::Outcome&)> rejects;  // outcomes that it will never take
  bool approves = true;                             // of enrollments; else they wait
  size_t documents_per_answer = 64;                 // then it says `more`
  std::optional<trust::HostId> issue_for;           // certificates name this host, whoever asks
  bool knows_certificates = true;  // false: every key is unrecorded, until a renewal

  // --- What it saw.

  std::vector<v1::CheckInRequest> check_ins;
  std::vector<base::Digest> fetches;
  std::vector<v1::Outcome> outcomes;  // each attempt once
  std::vector<trust::HostId> hosts;   // enrolled
  int renewals = 0;
  int possession_renewals = 0;
  std::vector<std::string> connected;  // endpoints, in order
  std::string last_answer;             // a check-in's answer, serialised

  trust::Token NewToken() const;
  absl::Duration certificate_life = absl::Hours(24 * 90);
  uint64_t head_sequence = 1;
  uint64_t head_generation = 0;

  absl::StatusOr<std::unique_ptr<CoordinatorClient>> ToCoordinator(
      const ServerAddress& server, const IdentityPem& identity) override;
  absl::StatusOr<std::unique_ptr<EnrollmentClient>> ToEnrollment(
      const ServerAddress& server) override;

 private:
  class Client;
  class Enrollment;

  absl::StatusOr<v1::CheckInAnswer> Answer(const trust::HostId& host,
                                           const v1::CheckInRequest& request);
  bool Allows(absl::string_view ticket, const base::Digest& content) const;
  void AddDocuments(const v1::CheckInRequest& request, v1::CheckInAnswer& answer);
  void AddAssignment(const trust::HostId& host, const v1::CheckInRequest& request,
                     v1::CheckInAnswer& answer);
  absl::StatusOr<std::vector<std::string>> Issue(absl::string_view csr, const trust::HostId* host);

  base::Clock& clock_;
  base::testing::SeededRandom random_;
  v1::Root root_;
  std::vector<std::string> roots_;                             // successors of the packaged one
  std::map<std::string, std::set<base::Digest>> contents_of_;  // by manifest digest, in hex
  std::string waiting_csr_;
};

}  // namespace mig::loader::testing

#endif  // MIG_LOADER_RUN_TESTING_FAKE_COORDINATOR_H_
