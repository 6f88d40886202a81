#include "loader/run/adopt.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "loader/install/kept_sets.h"
#include "loader/run/local_view.h"

namespace mig::loader {

namespace {

std::string AttemptOf(const trust::HostId& host, const trust::AssignmentItem& item) {
  constexpr absl::string_view kLabel("MIG adopt v1\0", 13);
  const base::Digest digest = base::Sha256()
                                  .Add(kLabel)
                                  .Add(host.bytes())
                                  .Add(item.plan->bytes())
                                  .Add(item.manifest.bytes())
                                  .AddU32Be(item.variant)
                                  .Finish();
  return std::string(digest.bytes().substr(0, base::kAttemptIdBytes));
}

absl::Status CopyToKeptSet(const Place& place, const std::string& product,
                           const trust::Installed& release, const ReleaseFiles& files) {
  MIG_ASSIGN_OR_RETURN(KeptSets kept, KeptSets::Open(place, product));
  KeptSet set{.release = release};
  for (const Component& component : files.components) {
    MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::Directory> directory,
                         OpenTargetDirectory(place, component.target.directory));
    const absl::StatusOr<std::unique_ptr<base::File>> file =
        directory->OpenRead(component.target.file_name);
    MIG_RETURN_IF_ERROR(file.status());
    const absl::Status copied = kept.Copy(**file, component.content);
    // An operator's own version that the dictionary says to keep: the set has no copy of it.
    if (absl::IsDataLoss(copied) && component.target.local_change == LocalChange::kKeep) continue;
    MIG_RETURN_IF_ERROR(copied);
    set.files.push_back({.name = component.target.name, .facts = component.facts()});
  }
  std::sort(set.files.begin(), set.files.end(),
            [](const KeptFile& a, const KeptFile& b) { return a.name < b.name; });
  MIG_RETURN_IF_ERROR(kept.Sync());
  return kept.SetCurrent(std::move(set));
}

v1::Outcome OutcomeOfAdoption(const trust::AssignmentItem& item, const trust::TrustedState& state,
                              const Health& health, const rollout::CheckedPlan& plan,
                              absl::Time started, absl::Time ended) {
  v1::Outcome outcome;
  outcome.set_attempt(AttemptOf(*state.host_id, item));
  outcome.set_product(item.product);
  outcome.set_kind(v1::Outcome::ADOPT);
  outcome.set_result(health.ok() ? v1::Outcome::HEALTHY : v1::Outcome::UNCHANGED);
  outcome.set_stage(health.ok() ? v1::Outcome::COMPLETE : v1::Outcome::HEALTH);
  *outcome.mutable_refusal() = health.ToRefusal();
  if (health.ok()) outcome.mutable_refusal()->set_code(v1::Refusal::ADOPTED);
  outcome.set_manifest_digest(std::string(item.manifest.bytes()));
  outcome.set_variant(item.variant);
  outcome.set_plan_digest(std::string(item.plan->bytes()));
  outcome.set_rollout(std::string(plan.plan().rollout().bytes()));
  const trust::TrustedProduct* trusted = state.product(item.product);
  if (trusted != nullptr && trusted->installed.has_value()) {
    outcome.set_from_manifest_digest(std::string(trusted->installed->manifest.bytes()));
  }
  outcome.set_started_ms(absl::ToUnixMillis(started));
  outcome.set_ended_ms(absl::ToUnixMillis(ended));
  outcome.set_count(1);
  return outcome;
}

}  // namespace

absl::StatusOr<Concluded> AdoptRelease(Session& session, const Product& product,
                                       const trust::AssignmentItem& item,
                                       const ReleaseFiles& files) {
  const absl::Time started = session.host.clock.WallNow();
  const trust::Installed release{.manifest = item.manifest, .variant = item.variant};
  MIG_RETURN_IF_ERROR(CopyToKeptSet(session.host.place(), product.name, release, files));

  const Health health =
      session.host.services.Watch(SpecOf(session.host, product), absl::ZeroDuration());
  const rollout::CheckedPlan& plan = *session.trust().held().plan(*item.plan);
  MIG_RETURN_IF_ERROR(session.ReportDurably(OutcomeOfAdoption(
      item, session.trust().state(), health, plan, started, session.host.clock.WallNow())));
  trust::TrustedProduct& trusted = session.trust().product(product.name);
  if (trusted.installed.has_value() && trusted.installed->manifest == item.manifest) {
    trusted.variant_changed = started;
  }
  trusted.installed = release;
  MIG_RETURN_IF_ERROR(session.trust().Save());
  return Concluded{.change = ProductResult::Change::kAdopted, .refusal = health.ToRefusal()};
}

}  // namespace mig::loader
