#include "loader/run/views/self_view.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "loader/host/report_fields.h"

namespace mig::loader {

v1::Environment ReportedEnvironment(const Host& host) {
  v1::Environment environment = host.facts.Environment();
  if (!host.config.report_fields.has_value()) return environment;
  return KeepFields(*host.config.report_fields, std::move(environment));
}

base::Digest MachineOf(const Host& host, const trust::HostId& id) {
  const absl::StatusOr<std::string> machine = host.facts.MachineId();
  return trust::MachineDigest(machine.ok() ? *machine : absl::StrCat("host ", id.ToHex()));
}

std::map<std::string, std::string> InstalledVersions(const HeldDocuments& held,
                                                     const trust::TrustedState& state) {
  std::map<std::string, std::string> versions;
  for (const auto& [product, trusted] : state.products) {
    if (!trusted.installed.has_value()) continue;
    const rollout::CheckedManifest* manifest = held.manifest(trusted.installed->manifest);
    if (manifest != nullptr) versions[product] = manifest->manifest().version();
  }
  return versions;
}

absl::StatusOr<SelfView> LookAtSelf(const Host& host, const HeldDocuments& held,
                                    const trust::TrustedState& state) {
  MIG_CHECK(state.host_id.has_value());
  v1::Environment environment = ReportedEnvironment(host);
  environment.set_utc_offset_min(host.facts.UtcOffsetMinutes(host.clock.WallNow()));
  const base::Digest machine = MachineOf(host, *state.host_id);
  MIG_ASSIGN_OR_RETURN(rollout::Facts facts,
                       rollout::Facts::From({.host_id = *state.host_id, .machine = machine},
                                            environment, InstalledVersions(held, state)));
  return SelfView{
      .environment = std::move(environment), .machine = machine, .facts = std::move(facts)};
}

rollout::HostView ViewOf(const Host& host, const SelfView& self, const trust::TrustedState& state) {
  rollout::HostView view{.id = *state.host_id, .facts = &self.facts, .state = &state};
  for (const Product& product : host.dictionary.products()) view.products.push_back(product.name);
  return view;
}

}  // namespace mig::loader
