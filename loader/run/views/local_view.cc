#include "loader/run/views/local_view.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "loader/run/views/installed.h"
#include "loader/scan/digest_cache.h"
#include "loader/scan/scan.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

constexpr absl::string_view kCacheName = "digests";
constexpr size_t kMaxKeptLocalBytes = 120;  // of names; ProductStatus.kept_local takes 128

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

std::optional<trust::Installed> InstalledOf(Session& session, const Product& product) {
  const trust::TrustedProduct* trusted = session.trust().state().product(product.name);
  return trusted == nullptr ? std::nullopt : trusted->installed;
}

// Whether the agent may be started: nothing of it is another release's, or damaged.
bool IsIntact(Session& session, const LocalManifest& local, const Product& product) {
  const TrustSession& trust = session.trust();
  const std::optional<ReleaseFiles> files =
      InstalledFiles(session.host.dictionary, trust.held(), trust.state(), product.name);
  if (!files.has_value()) return false;
  const absl::StatusOr<Comparison> comparison = CompareInstalled(*files, local);
  if (!comparison.ok()) return false;
  NoteKeptLocal(session, product.name, comparison->kept_local);
  return comparison->changes.empty();
}

// One that died is reported, and started as often as agents may be.
absl::Status StartAgain(Session& session, const AgentSpec& spec) {
  const absl::Time now = session.host.clock.WallNow();
  MIG_RETURN_IF_ERROR(session.status().CheckActivations(session.host.config, now));
  v1::ProductStatus& status = session.status().product(spec.product);
  status.set_restarts(status.restarts() + 1);
  status.set_restarted_ms(absl::ToUnixMillis(now));
  session.CountActivation();
  session.ReportNotice(
      {.code = v1::Refusal::EXIT,
       .text = absl::StrCat("agent of ", spec.product, " was found dead, and is started again")},
      spec.product);
  return session.host.services.Start(spec);
}

// Nothing: it runs, or is not this loader's to start.
std::optional<Health> StartIfStopped(Session& session, const LocalManifest& local,
                                     const Product& product, const AgentSpec& spec) {
  const bool is_intact = IsIntact(session, local, product);
  Services& services = session.host.services;
  const absl::StatusOr<AgentState> state = services.State(spec);
  if (!state.ok() || state->run != AgentState::Run::kStopped || !is_intact) return std::nullopt;
  const absl::Status started = state->died ? StartAgain(session, spec) : services.Start(spec);
  if (!started.ok()) {
    const v1::Refusal::Code code = trust::RefusalOf(started).value_or(v1::Refusal::START);
    const std::string text =
        absl::StrCat("agent of ", product.name, " does not run: ", started.message());
    session.ReportNotice({.code = code, .text = text}, product.name);
    return Health{.code = code, .exit_status = 0, .text = text, .output = {}};
  }
  // It has a right to its time before it is asked; else a reboot looks like a fault.
  Health health = services.Watch(spec, std::min(spec.ready_timeout, product.probation));
  if (health.ok() && state->died) {
    health.code = v1::Refusal::EXIT;
    health.text = "it was found dead, and runs again";
  }
  return health;
}

v1::ProductState::Health AskHealth(Session& session, const LocalManifest& local,
                                   const Product& product) {
  const std::optional<trust::Installed> installed = InstalledOf(session, product);
  const AgentSpec spec = SpecOf(session, product, installed);
  if (!installed.has_value() || spec.activation == Activation::kNone) {
    return v1::ProductState::NOT_ASKED;
  }
  const std::optional<Health> started = StartIfStopped(session, local, product, spec);
  const Health health =
      started.has_value() ? *started : session.host.services.Watch(spec, absl::ZeroDuration());
  session.status().SetUnwell(product.name, health);
  return health.ok() ? v1::ProductState::HEALTHY : v1::ProductState::UNHEALTHY;
}

}  // namespace

AgentSpec SpecOf(Session& session, const Product& product,
                 const std::optional<trust::Installed>& release) {
  AgentSpec spec = product.agent;
  spec.max_output_bytes = session.host.config.send_agent_output ? base::kMaxAgentOutputBytes : 0;
  const rollout::CheckedManifest* manifest =
      release.has_value() ? session.trust().held().manifest(release->manifest) : nullptr;
  if (manifest != nullptr) spec.expected_version = manifest->manifest().version();
  return spec;
}

void NoteKeptLocal(Session& session, absl::string_view product,
                   const std::vector<std::string>& names) {
  v1::ProductStatus& status = session.status().product(product);
  const std::string kept = base::Escaped(absl::StrJoin(names, ", "), kMaxKeptLocalBytes);
  if (status.kept_local() == kept) return;
  status.set_kept_local(kept);
  if (names.empty()) return;
  session.ReportNotice({.code = v1::Refusal::LOCAL_CHANGE_KEPT,
                        .text = absl::StrCat(absl::StrJoin(names, ", "),
                                             ": changed here, and the dictionary says to keep "
                                             "that")},
                       product);
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

void TakeRemarks(Session& session) {
  for (std::string& remark : session.host.services.TakeRemarks()) {
    session.notes().push_back(std::move(remark));
  }
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
