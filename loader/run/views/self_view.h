// Step 2 of a run: what the host is, as it reports itself and as its own filters see it.

#ifndef MIG_LOADER_RUN_VIEWS_SELF_VIEW_H_
#define MIG_LOADER_RUN_VIEWS_SELF_VIEW_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/digest.h"
#include "loader/run/documents/held_documents.h"
#include "loader/run/host.h"
#include "proto/mig/v1/environment.pb.h"
#include "rollout/decide.h"
#include "rollout/facts.h"
#include "trust/host_id.h"
#include "trust/trusted_state.h"

namespace mig::loader {

// A value.
struct SelfView {
  v1::Environment environment;  // exactly what is sent: after report_fields
  base::Digest machine;
  rollout::Facts facts;  // of that environment
};

// The environment alone: what `mig-loader environment` prints.
v1::Environment ReportedEnvironment(const Host& host);

// SHA-256 of the tagged machine id; on a system that has none, of the host id in its place: a value
// that stays.
base::Digest MachineOf(const Host& host, const trust::HostId& id);

// Version texts of what is installed, by product; what no held manifest describes is not in it.
std::map<std::string, std::string> InstalledVersions(const HeldDocuments& held,
                                                     const trust::TrustedState& state);

// Reads the host's facts now. Errors as rollout::Facts::From: a configuration that says too much.
// MIG_CHECKs that `state` has a host id.
absl::StatusOr<SelfView> LookAtSelf(const Host& host, const HeldDocuments& held,
                                    const trust::TrustedState& state);

// What rollout/ judges by. Borrows `self` and `state`.
rollout::HostView ViewOf(const Host& host, const SelfView& self, const trust::TrustedState& state);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_VIEWS_SELF_VIEW_H_
