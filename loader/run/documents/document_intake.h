// Documents of a coordinator's answers, on their way into the trusted state: nothing is believed
// before it verifies, and what was verified before a bad one stays (ADVERSARY 1, P2).

#ifndef MIG_LOADER_RUN_DOCUMENTS_DOCUMENT_INTAKE_H_
#define MIG_LOADER_RUN_DOCUMENTS_DOCUMENT_INTAKE_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "loader/run/documents/trust_session.h"
#include "proto/mig/v1/checkin.pb.h"
#include "trust/assignment.h"

namespace mig::loader {

// The documents of one walk of `more`. Each is on the disk, durably, before the trusted state names
// it. One thread; borrows the trust session.
class DocumentIntake {
 public:
  explicit DocumentIntake(TrustSession& trust) : trust_(trust) {}

  // One answer: roots first, then its head, plans and manifests. Stops at the first document that
  // is refused. Then `seen` of streams stands in the state, durably.
  //
  // Errors: those of TrustSession::AcceptRoots, ROOT_EXPIRED, those of trust::Verify and of
  // CheckedPlan, EQUIVOCATION EPOCH NOT_IN_ROOT BELOW_SEEN; UNWANTED_DOCUMENT for one that is there
  // twice, of a kind that has no place here, or a root after others.
  absl::Status Take(const v1::CheckInAnswer& answer);

  // The walk is over. UNWANTED_DOCUMENT for a manifest that neither a plan nor an item names.
  absl::Status Finish(const std::vector<trust::AssignmentItem>& items);

 private:
  absl::Status TakeRoots(const v1::CheckInAnswer& answer, int& taken);
  absl::Status TakeOne(const std::string& envelope, std::set<base::Digest>& in_answer);
  absl::Status TakePlan(const std::string& envelope);
  absl::Status CheckEarlierPlans();
  absl::Status StoreNamed();

  TrustSession& trust_;
  std::vector<base::Digest> unstored_;  // manifests that nothing has named yet
  std::vector<base::Digest> earlier_;   // plans below `seen`: good only as a base
};

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_DOCUMENTS_DOCUMENT_INTAKE_H_
