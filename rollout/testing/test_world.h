// Signed, verified and checked documents for tests of decisions: one trust domain, one root, plans
// and manifests under it.

#ifndef MIG_ROLLOUT_TESTING_TEST_WORLD_H_
#define MIG_ROLLOUT_TESTING_TEST_WORLD_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proto/mig/v1/manifest.pb.h"
#include "proto/mig/v1/plan.pb.h"
#include "proto/mig/v1/root.pb.h"
#include "rollout/checked_manifest.h"
#include "rollout/checked_plan.h"
#include "rollout/decide.h"
#include "trust/root.h"
#include "trust/testing/test_authority.h"
#include "trust/trusted_state.h"
#include "trust/verified.h"

namespace mig::rollout::testing {

// Midnight UTC, 2026-01-05, a Monday: when the test plans are issued.
inline absl::Time Monday() { return absl::FromUnixSeconds(1767571200); }

int64_t Ms(absl::Time time);
int64_t Ms(absl::Duration duration);

// Owns all that it makes; pointers stay valid as long as it lives.
class TestWorld {
 public:
  using RootChange = std::function<void(v1::Root&)>;
  using ManifestChange = std::function<void(v1::Manifest&)>;
  using PlanChange = std::function<void(v1::Plan&)>;

  // Products agent and loader; streams hotfix and main; the plan rules of docs/protocol.md.
  explicit TestWorld(const RootChange& change = [](v1::Root&) {});

  // "PRODUCT 1.SEQUENCE.0" of one component and an empty filter; must be right after `change`.
  const CheckedManifest& Manifest(
      absl::string_view product, uint64_t sequence,
      const ManifestChange& change = [](v1::Manifest&) {});

  // A message to start from: issued Monday(), stream main, all hosts at once from Monday() on, a
  // soak of one hour, expires after 14 days, baseline until 90 days.
  v1::Plan PlanMessage(uint64_t sequence, const CheckedManifest& target) const;
  // The same, signed and checked; must be right after `change`.
  const CheckedPlan& Plan(
      uint64_t sequence, const CheckedManifest& target,
      const PlanChange& change = [](v1::Plan&) {});
  absl::StatusOr<CheckedPlan> TryPlan(const v1::Plan& plan) const;

  const trust::Root& root() const { return *root_; }
  const trust::testing::TestAuthority& authority() const { return authority_; }

 private:
  trust::testing::TestAuthority authority_;
  trust::Verified<trust::Root> root_;
  std::deque<CheckedManifest> manifests_;
  std::deque<CheckedPlan> plans_;
};

// One host and the documents it is judged by, with shorthands for what tests change.
struct TestHost {
  Facts facts;
  trust::TrustedState state;
  Documents documents;
  HostView view;

  // Host `id` with product agent, enrolled on Monday(), nothing installed, no documents yet.
  TestHost(const TestWorld& world, const trust::HostId& id);
  TestHost(const TestHost&) = delete;

  void Hold(const CheckedManifest& manifest);
  // Keeps the streams sorted.
  void Hold(const StreamPlans& plans);
  // Installed in `variant`, and seen.
  void Install(const CheckedManifest& manifest, uint32_t variant = 0);
};

}  // namespace mig::rollout::testing

#endif  // MIG_ROLLOUT_TESTING_TEST_WORLD_H_
