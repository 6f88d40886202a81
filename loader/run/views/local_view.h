// What lies on the host and how its agents are, as one run found it before it checked in.

#ifndef MIG_LOADER_RUN_VIEWS_LOCAL_VIEW_H_
#define MIG_LOADER_RUN_VIEWS_LOCAL_VIEW_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "loader/config/dictionary.h"
#include "loader/run/session/session.h"
#include "loader/scan/local_manifest.h"
#include "loader/services/agent_spec.h"
#include "proto/mig/v1/environment.pb.h"

namespace mig::loader {

struct LocalView {
  LocalManifest files;
  std::map<std::string, v1::ProductState::Health> health;  // by product
};

// Scans, with the digest cache of the state directory, and asks each agent's probe once. An agent
// that the loader itself has to run, whose files are right, and that does not run, is started
// first: a reboot ends it, and nobody else brings it back. The agent of `unfinished` (a product
// whose files are a mix; empty: none) is left alone.
absl::StatusOr<LocalView> LookAround(Session& session, absl::string_view unfinished);

// The dictionary's agent, with output kept iff the configuration lets it be sent.
AgentSpec SpecOf(const Host& host, const Product& product);

v1::LocalManifest ToMessage(const LocalManifest& manifest);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_VIEWS_LOCAL_VIEW_H_
