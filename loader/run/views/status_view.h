// What `mig-loader status` and `explain` show: read from the state directory, without the lock,
// without the network, changing nothing. Only documents that verify now count.

#ifndef MIG_LOADER_RUN_VIEWS_STATUS_VIEW_H_
#define MIG_LOADER_RUN_VIEWS_STATUS_VIEW_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "loader/install/journal.h"
#include "loader/run/host.h"
#include "proto/mig/v1/environment.pb.h"
#include "proto/mig/v1/refusal.pb.h"
#include "rollout/explain.h"
#include "trust/document_head.h"
#include "trust/host_id.h"

namespace mig::loader {

struct ProductView {
  std::string product;
  std::string version;  // installed; empty: nothing that a manifest describes
  v1::ProductState::Health health = v1::ProductState::NOT_ASKED;
  std::optional<absl::Time> health_since;
  std::string unwell;  // why it is not healthy; empty: it is, or nobody asked
  // How often a run found this release's agent dead and started it again, and when it last did.
  uint32_t restarts = 0;
  std::optional<absl::Time> restarted;
  std::string kept_local;              // files that were changed here and stay so; empty: none
  std::optional<trust::Numbers> seen;  // the newest release that was named for this host
  v1::Refusal refusal;                 // why it is not on what its plan names; NONE: it is
};

// A report that the coordinator never takes.
struct SetAsideReport {
  std::string what;  // "INSTALL agent"
  absl::Time when;
  v1::Refusal why;
};

struct StatusView {
  trust::HostId host_id;
  uint64_t root_version = 0;
  absl::Time root_expires;
  bool trial_root = false;
  std::vector<ProductView> products;            // of the dictionary
  std::map<std::string, trust::Numbers> plans;  // newest seen, by stream
  std::optional<absl::Time> last_run;
  int last_exit_code = 0;
  v1::Refusal last_refusal;
  absl::Time next_run;
  std::optional<absl::Time> certificate_expires;
  std::optional<absl::Time> waves_closed_until;
  uint64_t waiting_reports = 0;
  std::vector<SetAsideReport> set_aside_reports;  // oldest first
  std::optional<Phase> journal;                   // absent: clean
  std::vector<std::string> notes;
};

// Errors: NOT_ENROLLED; as TrustSession::Open.
absl::StatusOr<StatusView> ReadStatus(const Host& host);

struct ProductExplanation {
  std::string product;
  rollout::Explanation why;
};

struct SelfExplanation {
  StatusView status;
  std::vector<ProductExplanation> products;
};
// The host's own word on each product, from what it holds. Errors as ReadStatus.
absl::StatusOr<SelfExplanation> ExplainSelf(const Host& host);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_VIEWS_STATUS_VIEW_H_
