#include "loader/run/views/local_view.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "loader/run/views/installed.h"
#include "loader/scan/digest_cache.h"
#include "loader/scan/scan.h"

namespace mig::loader {

namespace {

constexpr absl::string_view kCacheName = "digests";

v1::LocalComponent::State StateOf(LocalState state) {
  switch (state) {
    case LocalState::kPresent:
      return v1::LocalComponent::PRESENT;
    case LocalState::kMissing:
      return v1::LocalComponent::MISSING;
    case LocalState::kNotAFile:
      return v1::LocalComponent::NOT_A_FILE;
    case LocalState::kUnreadable:
      break;
  }
  return v1::LocalComponent::UNREADABLE;
}

bool IsIntact(Session& session, const LocalManifest& local, const Product& product) {
  const TrustSession& trust = session.trust();
  const std::optional<ReleaseFiles> files =
      InstalledFiles(session.host.dictionary, trust.held(), trust.state(), product.name);
  if (!files.has_value()) return false;
  const absl::StatusOr<Comparison> comparison = CompareInstalled(*files, local);
  return comparison.ok() && comparison->changes.empty();
}

v1::ProductState::Health AskHealth(Session& session, const LocalManifest& local,
                                   const Product& product) {
  const AgentSpec spec = SpecOf(session.host, product);
  const trust::TrustedProduct* trusted = session.trust().state().product(product.name);
  const bool is_installed = trusted != nullptr && trusted->installed.has_value();
  if (!is_installed || spec.activation == Activation::kNone) return v1::ProductState::NOT_ASKED;
  Services& services = session.host.services;
  absl::Duration watched = absl::ZeroDuration();
  if (spec.activation == Activation::kProcess && IsIntact(session, local, product)) {
    const absl::StatusOr<AgentState> state = services.State(spec);
    const absl::Status started = services.Start(spec);
    if (!started.ok()) {
      session.notes().push_back(absl::StrCat(product.name, ": ", started.message()));
    } else if (state.ok() && state->run == AgentState::Run::kStopped) {
      // It has a right to its time before it is asked; else a reboot looks like a fault.
      watched = std::min(spec.ready_timeout, product.probation);
    }
  }
  return services.Watch(spec, watched).ok() ? v1::ProductState::HEALTHY
                                            : v1::ProductState::UNHEALTHY;
}

}  // namespace

AgentSpec SpecOf(const Host& host, const Product& product) {
  AgentSpec spec = product.agent;
  spec.max_output_bytes = host.config.send_agent_output ? base::kMaxAgentOutputBytes : 0;
  return spec;
}

absl::StatusOr<LocalView> LookAround(Session& session, absl::string_view unfinished) {
  const Host& host = session.host;
  base::Directory& directory = session.directory().directory();
  DigestCache cache = DigestCache::Load(directory, kCacheName);
  LocalView view;
  MIG_ASSIGN_OR_RETURN(view.files, Scan(host.dictionary, {.disk = host.disk,
                                                          .executor = host.executor,
                                                          .cache = cache,
                                                          .now = host.clock.WallNow()}));
  // A lost cache costs hashing, nothing else.
  cache.Save(directory, kCacheName).IgnoreError();
  for (const Product& product : host.dictionary.products()) {
    view.health[product.name] = product.name == unfinished
                                    ? v1::ProductState::UNHEALTHY
                                    : AskHealth(session, view.files, product);
    session.status().SetHealth(product.name, view.health[product.name], host.clock.WallNow());
  }
  return view;
}

v1::LocalManifest ToMessage(const LocalManifest& manifest) {
  v1::LocalManifest message;
  for (const LocalFile& file : manifest.files) {
    v1::LocalComponent& component = *message.add_components();
    component.set_product(file.target.product);
    component.set_name(file.target.name);
    component.set_state(StateOf(file.state));
    component.set_observe(file.target.policy == TargetPolicy::kObserve);
    if (file.state != LocalState::kPresent) continue;
    component.set_size_bytes(file.size_bytes);
    component.set_sha256(std::string(file.digest.bytes()));
    component.set_mode(file.mode);
    component.set_owner(OwnerText(file));
  }
  return message;
}

}  // namespace mig::loader
