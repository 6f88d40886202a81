#include "rollout/testing/test_world.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/sizes.h"
#include "rollout/testing/test_facts.h"
#include "trust/seen.h"

namespace mig::rollout::testing {
namespace {

v1::Root RootMessage(const trust::testing::TestAuthority& authority,
                     const TestWorld::RootChange& change) {
  v1::Root root = authority.Root();
  root.clear_streams();
  root.add_streams()->set_stream("hotfix");
  root.add_streams()->set_stream("main");
  change(root);
  return root;
}

}  // namespace

int64_t Ms(absl::Time time) { return absl::ToUnixMillis(time); }
int64_t Ms(absl::Duration duration) { return absl::ToInt64Milliseconds(duration); }

TestWorld::TestWorld(const RootChange& change)
    : root_(authority_.VerifiedFirst(RootMessage(authority_, change))) {}

const CheckedManifest& TestWorld::Manifest(absl::string_view product, uint64_t sequence,
                                           const ManifestChange& change) {
  v1::Manifest message = authority_.Manifest(product, sequence, {{"file", absl::StrCat(sequence)}});
  message.set_version(absl::StrCat("1.", sequence, ".0"));
  change(message);
  absl::StatusOr<CheckedManifest> checked = CheckedManifest::Make(authority_.Verified(message));
  MIG_CHECK_OK(checked);
  return manifests_.emplace_back(*std::move(checked));
}

v1::Plan TestWorld::PlanMessage(uint64_t sequence, const CheckedManifest& target) const {
  v1::Plan plan = authority_.Plan(sequence, target.manifest().product(), target.digest());
  plan.mutable_items(0)->set_epoch(target.manifest().numbers().epoch);
  plan.set_issued_ms(Ms(Monday()));
  plan.set_first_issued_ms(Ms(Monday()));
  plan.mutable_waves(0)->set_not_before_ms(Ms(Monday()));
  plan.mutable_waves(0)->set_soak_ms(Ms(absl::Hours(1)));
  plan.set_expires_ms(Ms(Monday() + absl::Hours(24 * 14)));
  plan.set_baseline_until_ms(Ms(Monday() + base::kDefaultLongestBaseline));
  return plan;
}

absl::StatusOr<CheckedPlan> TestWorld::TryPlan(const v1::Plan& plan) const {
  absl::StatusOr<trust::Verified<trust::Plan>> verified =
      trust::Verify<trust::Plan>(authority_.Sign(plan), root_);
  if (!verified.ok()) return verified.status();
  return CheckedPlan::Make(*std::move(verified), *root_);
}

const CheckedPlan& TestWorld::Plan(uint64_t sequence, const CheckedManifest& target,
                                   const PlanChange& change) {
  v1::Plan message = PlanMessage(sequence, target);
  change(message);
  absl::StatusOr<CheckedPlan> checked = TryPlan(message);
  MIG_CHECK_OK(checked);
  return plans_.emplace_back(*std::move(checked));
}

TestHost::TestHost(const TestWorld& world, const trust::HostId& id)
    : facts(TestFacts(TestEnvironment(), {}, id)) {
  state.host_id = id;
  state.enrolled = Monday();
  documents.root = &world.root();
  view = HostView{.id = id, .facts = &facts, .state = &state, .products = {"agent"}};
}

void TestHost::Hold(const CheckedManifest& manifest) {
  documents.manifests[manifest.digest()] = &manifest;
}

void TestHost::Hold(const StreamPlans& plans) {
  documents.streams.push_back(plans);
  std::sort(documents.streams.begin(), documents.streams.end(),
            [](const StreamPlans& a, const StreamPlans& b) {
              return a.newest->plan().stream() < b.newest->plan().stream();
            });
}

void TestHost::Install(const CheckedManifest& manifest, uint32_t variant) {
  Hold(manifest);
  trust::TrustedProduct& product = state.products[manifest.manifest().product()];
  product.installed = trust::Installed{.manifest = manifest.digest(), .variant = variant};
  trust::MoveSeen(state, manifest.verified());
}

}  // namespace mig::rollout::testing
