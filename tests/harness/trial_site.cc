#include "tests/harness/trial_site.h"

#include <regex>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "tests/harness/ceremony.h"
#include "tests/harness/files.h"

namespace mig::tests {

namespace {

absl::Status Limit(const std::string& config, const TrialSite::Limits& limits) {
  MIG_ASSIGN_OR_RETURN(std::string text, ReadFile(config));
  for (const auto& [key, value] : limits.more) {
    text = std::regex_replace(text, std::regex(absl::StrCat("(^|\n)", key, " *=[^\n]*")),
                              absl::StrCat("$1", key, " = ", value));
  }
  return WriteFile(config, text);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TrialSite>> TrialSite::Make(const Programs& programs,
                                                           absl::string_view name,
                                                           const Limits& limits) {
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<World> world, World::Make(programs, name));
  MIG_RETURN_IF_ERROR(
      world->RunWell({programs.migctl, "trial", "init", world->Path("trial"), "--operator", "ana"})
          .status());
  MIG_ASSIGN_OR_RETURN(Coordinator coordinator, Coordinator::In(*world, world->Path("trial")));
  MIG_RETURN_IF_ERROR(Limit(coordinator.config(), limits));
  std::unique_ptr<TrialSite> site(new TrialSite(std::move(world), std::move(coordinator)));
  MIG_RETURN_IF_ERROR(site->coordinator_.Start());
  const CoordinatorPorts& ports = site->coordinator_.ports();
  MIG_RETURN_IF_ERROR(LogIn(site->ana_, site->world_->Path("trial"),
                            LoopbackEndpoint(ports.operators), LoopbackEndpoint(ports.enrollment),
                            site->File("servers-ca.pem"), site->File("root-1")));
  return site;
}

absl::StatusOr<LoaderHost> TrialSite::NewHost(const HostOptions& options) {
  return LoaderHost::Make(*world_, coordinator_.ports(), kTrialDomain, File("root-1"), options);
}

absl::Status TrialSite::Enroll(const LoaderHost& host) const {
  const std::string token = host.Path("token");
  MIG_RETURN_IF_ERROR(ana_.Do({"enroll", "token", "new", "--out", token}).status());
  return host.Do({"enroll", "--token-file", token}).status();
}

absl::Status TrialSite::RollOut(const std::string& version,
                                const std::vector<ReleaseVariant>& variants,
                                const std::vector<std::string>& retire) const {
  MIG_RETURN_IF_ERROR(
      ana_.Release(kProduct, version, variants, {File("keys/release.key")}, retire));
  MIG_RETURN_IF_ERROR(ana_.Plan(kProduct, version, {File("keys/rollout.key")}));
  return ana_.Start(absl::StrCat(kProduct, "-", version));
}

}  // namespace mig::tests
