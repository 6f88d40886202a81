#include "loader/run/install/adopt.h"

#include <string>
#include <utility>

#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "loader/run/views/local_view.h"

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

absl::StatusOr<Concluded> RecordAdopted(Session& session, const Product& product,
                                        const trust::AssignmentItem& item, absl::Time started,
                                        Effort& effort) {
  effort.Enter(v1::Outcome::HEALTH);
  const trust::Installed release{.manifest = item.manifest, .variant = item.variant};
  const Health health =
      session.host.services.Watch(SpecOf(session, product, release), absl::ZeroDuration());
  const rollout::CheckedPlan& plan = *session.trust().held().plan(*item.plan);
  v1::Outcome outcome = OutcomeOfAdoption(item, session.trust().state(), health, plan, started,
                                          session.host.clock.WallNow());
  effort.WriteTo(outcome);
  MIG_RETURN_IF_ERROR(session.ReportDurably(outcome));

  trust::TrustedProduct& trusted = session.trust().product(product.name);
  if (trusted.installed != release) {
    if (trusted.installed.has_value() && trusted.installed->manifest == release.manifest) {
      trusted.variant_changed = started;
    }
    trusted.previous = std::exchange(trusted.installed, release);
    MIG_RETURN_IF_ERROR(session.trust().Save());
  }
  if (product.agent.activation != Activation::kNone) {
    session.status().SetHealth(
        product.name, health.ok() ? v1::ProductState::HEALTHY : v1::ProductState::UNHEALTHY,
        session.host.clock.WallNow());
    session.status().SetUnwell(product.name, health);
  }
  return Concluded{.change = ProductResult::Change::kAdopted, .refusal = health.ToRefusal()};
}

}  // namespace mig::loader
