// What lies on the host and how its agents are, as one run found it before it checked in.

#ifndef MIG_LOADER_RUN_VIEWS_LOCAL_VIEW_H_
#define MIG_LOADER_RUN_VIEWS_LOCAL_VIEW_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "loader/config/dictionary.h"
#include "loader/run/session/session.h"
#include "loader/scan/local_manifest.h"
#include "loader/services/agent_spec.h"
#include "proto/mig/v1/environment.pb.h"
#include "trust/trusted_state.h"

namespace mig::loader {

struct LocalView {
  LocalManifest files;
  std::map<std::string, v1::ProductState::Health> health;  // by product
};

// Scans, with the digest cache of the state directory, and asks each agent once whether it is well.
// One that does not run, and whose files are right, is started first: a reboot ends it, and nobody
// else may bring it back. One that died since it was started counts as an activation, is reported,
// and is not healthy this time, though it runs again: that is what proves no soak. The agent of
// `unfinished` (a product whose files are a mix; empty: none) is left alone.
//
// Files of an installed release that were changed here and are kept so (local_change = "keep") are
// reported once, and are in the status from then on.
absl::StatusOr<LocalView> LookAround(Session& session, absl::string_view unfinished);

// The dictionary's agent, with output kept iff the configuration lets it be sent. `release`: what
// it is asked to be of, if its manifest is held; nothing: not asked.
AgentSpec SpecOf(Session& session, const Product& product,
                 const std::optional<trust::Installed>& release);

// Into status and, if it is news there, the report.
void NoteKeptLocal(Session& session, absl::string_view product,
                   const std::vector<std::string>& names);

// What the services have to tell people becomes notes of the run.
void TakeRemarks(Session& session);

v1::LocalManifest ToMessage(const LocalManifest& manifest);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_VIEWS_LOCAL_VIEW_H_
