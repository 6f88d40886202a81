// A host that checks in with a coordinator in process, for the tests of its handlers: what it says
// is right in all it says, and a test changes what it is about. (It trusts what it is told; a real
// loader is in loader/run.)

#ifndef MIG_COORDINATOR_HANDLERS_TESTING_TEST_HOST_H_
#define MIG_COORDINATOR_HANDLERS_TESTING_TEST_HOST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "coordinator/handlers/testing/in_process_coordinator.h"
#include "proto/mig/v1/checkin.pb.h"
#include "proto/mig/v1/loader_service.pb.h"
#include "proto/mig/v1/report.pb.h"
#include "trust/assignment.h"
#include "trust/verified.h"

namespace mig::coordinator::testing {

// One thread at a time.
class TestHost {
 public:
  // Enrolls as host `number`. Product "agent", nothing installed, nothing on the disk.
  TestHost(InProcessCoordinator& coordinator, uint64_t number);

  const InProcessCoordinator::EnrolledHost& identity() const { return host_; }
  const trust::HostId& id() const { return host_.id; }
  const Peer& peer() const { return host_.peer; }

  // The next check-in; changes here go with every later one. A fresh nonce is set by CheckIn.
  v1::CheckInRequest& says() { return says_; }
  // Installed in its state and as it is on the disk.
  void Has(const trust::Verified<trust::Manifest>& manifest, uint32_t variant = 0);
  // A component that is there, of this content.
  void HasFile(absl::string_view name, absl::string_view content);

  // One exchange. Remembers answer id and head; holds what it was sent.
  absl::StatusOr<v1::CheckInAnswer> CheckIn();
  // And again as long as there is more.
  absl::StatusOr<v1::CheckInAnswer> CheckInWholly();
  // The assignment of CheckInWholly; crashes if there is none.
  trust::Assignment Assigned();

  absl::StatusOr<std::string> Fetch(absl::string_view ticket, const base::Digest& digest,
                                    uint64_t offset = 0);
  absl::StatusOr<v1::ReportAnswer> Report(const v1::Outcome& outcome);
  // Of an install of what was assigned, healthy unless a test changes it. `attempt` is one byte
  // repeated.
  v1::Outcome OutcomeOf(const trust::Assignment& assignment, char attempt);

 private:
  void Hold(const v1::CheckInAnswer& answer);

  InProcessCoordinator& coordinator_;
  InProcessCoordinator::EnrolledHost host_;
  v1::CheckInRequest says_;
  uint64_t nonces_ = 0;
};

// The items of an assignment in an answer; none without one.
std::vector<trust::AssignmentItem> ItemsOf(const InProcessCoordinator& coordinator,
                                           const v1::CheckInAnswer& answer);

}  // namespace mig::coordinator::testing

#endif  // MIG_COORDINATOR_HANDLERS_TESTING_TEST_HOST_H_
