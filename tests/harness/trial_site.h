// `migctl trial init` in a world of its own, its coordinator running, and an operator who is logged
// in: where tests with real programs begin. When it ends, nothing of it is left.

#ifndef MIG_TESTS_HARNESS_TRIAL_SITE_H_
#define MIG_TESTS_HARNESS_TRIAL_SITE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/harness/coordinator.h"
#include "tests/harness/loader_host.h"
#include "tests/harness/operator.h"
#include "tests/harness/programs.h"
#include "tests/harness/world.h"

namespace mig::tests {

inline constexpr char kTrialDomain[] = "trial.local";

class TrialSite {
 public:
  struct Limits {
    // Lines of coordinator.toml that begin with a key of `more` get its value: for hosts that call
    // far oftener than hosts do.
    std::vector<std::pair<std::string, std::string>> more;
  };

  // Returns when the coordinator serves. `name`: of the world's directory.
  static absl::StatusOr<std::unique_ptr<TrialSite>> Make(const Programs& programs,
                                                         absl::string_view name,
                                                         const Limits& limits = {});

  TrialSite(const TrialSite&) = delete;
  TrialSite& operator=(const TrialSite&) = delete;

  World& world() { return *world_; }
  const World& world() const { return *world_; }
  Coordinator& coordinator() { return coordinator_; }
  const Operator& ana() const { return ana_; }
  std::string File(const std::string& name) const { return world_->Path("trial/" + name); }

  // A host of this site that is not enrolled.
  absl::StatusOr<LoaderHost> NewHost(const HostOptions& options);
  absl::Status Enroll(const LoaderHost& host) const;

  // Publishes agent@VERSION with these variants, signs it, and starts a plan that gives it to all.
  absl::Status RollOut(const std::string& version, const std::vector<ReleaseVariant>& variants,
                       const std::vector<std::string>& retire) const;

 private:
  TrialSite(std::unique_ptr<World> world, Coordinator coordinator)
      : world_(std::move(world)), coordinator_(std::move(coordinator)), ana_(*world_) {}

  std::unique_ptr<World> world_;
  Coordinator coordinator_;
  Operator ana_;
};

}  // namespace mig::tests

#endif  // MIG_TESTS_HARNESS_TRIAL_SITE_H_
