#include "coordinator/handlers/rollouts/census.h"

#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "coordinator/handlers/check_in/check_in_request.h"
#include "coordinator/handlers/check_in/check_in_summary.h"
#include "rollout/cohort.h"
#include "rollout/facts.h"
#include "trust/trusted_state.h"

namespace mig::coordinator {
namespace {

constexpr size_t kMaxPlansKept = 16;

std::optional<base::Digest> InstalledOf(const v1::CheckInRequest& said, absl::string_view product) {
  for (const v1::ProductState& one : said.products()) {
    if (one.product() != product || !one.has_installed()) continue;
    const absl::StatusOr<base::Digest> digest =
        base::Digest::FromBytes(one.installed().manifest_digest());
    if (digest.ok()) return *digest;
  }
  return std::nullopt;
}

// The host's facts as of its last check-in; nothing where they cannot be read.
std::optional<rollout::Facts> FactsFrom(const HostRecord& host, const v1::CheckInRequest& said,
                                        const Snapshot& snapshot) {
  const absl::StatusOr<CheckInFacts> remembered = ReadRemembered(said, HostEntry{.id = host.id});
  if (!remembered.ok()) return std::nullopt;
  return KnownFacts(host, &said, remembered->state, snapshot);
}

class PlanCounter {
 public:
  PlanCounter(const rollout::CheckedPlan& plan, const Snapshot& snapshot)
      : plan_(plan), snapshot_(snapshot) {
    count_.waves.resize(plan.plan().waves().size());
  }

  void Add(const HostRecord& host, const v1::CheckInRequest& said) {
    const std::optional<rollout::Facts> facts = FactsFrom(host, said, snapshot_);
    if (!facts.has_value() || plan_.filter().Evaluate(*facts) != rollout::Truth::kTrue) return;
    if (!Place(host.id, *facts)) return;
    for (const trust::PlanItem& item : plan_.plan().items()) {
      const std::optional<base::Digest> installed = InstalledOf(said, item.product);
      if (installed.has_value() && IsLower(*installed, item.manifest)) {
        ++count_.before[{.product = item.product, .manifest = *installed}];
      }
    }
  }

  Census::PlanCount Take() { return std::move(count_); }

 private:
  // Whether it can be what a host had before: a host that has a later release has gone on since.
  bool IsLower(const base::Digest& installed, const base::Digest& target) const {
    const rollout::CheckedManifest* one = snapshot_.manifest(installed);
    const rollout::CheckedManifest* other = snapshot_.manifest(target);
    return one != nullptr && other != nullptr &&
           one->manifest().numbers() < other->manifest().numbers();
  }

  // False: held back, or in no wave.
  bool Place(const HostId& host, const rollout::Facts& facts) {
    if (plan_.IsCanary(host)) {
      ++count_.canaries;
      return true;
    }
    const uint64_t cohort = rollout::CohortOf(plan_.plan().cohort_seed(), host);
    if (rollout::IsHeldBack(cohort, plan_.plan().holdback_ppm())) return false;
    for (size_t wave = 0; wave < count_.waves.size(); ++wave) {
      const bool in_wave = plan_.wave_filter(wave).Evaluate(facts) == rollout::Truth::kTrue &&
                           rollout::AdmittedAfterMs(plan_.ramp(wave), cohort).has_value();
      if (!in_wave) continue;
      ++count_.waves[wave];
      return true;
    }
    return false;
  }

  const rollout::CheckedPlan& plan_;
  const Snapshot& snapshot_;
  Census::PlanCount count_;
};

}  // namespace

bool Census::IsFresh(absl::Time at, absl::Time now) const {
  const absl::Duration good_for =
      absl::Seconds(1) + absl::Milliseconds(static_cast<int64_t>(fleet_.hosts().size()));
  return now >= at && now - at < good_for;
}

absl::StatusOr<std::map<base::Digest, Census::ReleaseCount>> Census::Releases(absl::Time now) {
  {
    absl::MutexLock lock(&mutex_);
    if (releases_ != nullptr && IsFresh(releases_->at, now)) return releases_->value;
  }
  std::map<base::Digest, ReleaseCount> counts;
  MIG_RETURN_IF_ERROR(fleet_.ForEachHost([&](const HostRecord& host, const HostSeenRecord* seen) {
    if (host.state == HostState::kRevoked) return;
    const std::optional<v1::CheckInRequest> said = SaidIn(seen);
    if (!said.has_value()) return;
    for (const v1::ProductState& product : said->products()) {
      const std::optional<base::Digest> installed = InstalledOf(*said, product.product());
      if (installed.has_value()) ++counts[*installed].installed;
      for (const v1::BadRelease& bad : product.bad()) {
        const absl::StatusOr<base::Digest> digest = base::Digest::FromBytes(bad.manifest_digest());
        if (digest.ok()) ++counts[*digest].bad;
      }
    }
  }));
  absl::MutexLock lock(&mutex_);
  releases_ = std::make_unique<Kept<std::map<base::Digest, ReleaseCount>>>();
  *releases_ = {.value = counts, .at = now};
  return counts;
}

absl::StatusOr<Census::PlanCount> Census::ForPlan(const rollout::CheckedPlan& plan,
                                                  absl::Time now) {
  {
    absl::MutexLock lock(&mutex_);
    const auto found = plans_.find(plan.digest());
    if (found != plans_.end() && IsFresh(found->second.at, now)) return found->second.value;
  }
  const std::shared_ptr<const Snapshot> snapshot = fleet_.snapshot();
  PlanCounter counter(plan, *snapshot);
  MIG_RETURN_IF_ERROR(fleet_.ForEachHost([&](const HostRecord& host, const HostSeenRecord* seen) {
    const std::optional<v1::CheckInRequest> said = SaidIn(seen);
    const bool counts =
        host.state == HostState::kEnabled && host.enrolled_at < plan.plan().first_issued();
    if (counts && said.has_value()) counter.Add(host, *said);
  }));
  PlanCount count = counter.Take();
  absl::MutexLock lock(&mutex_);
  if (plans_.size() >= kMaxPlansKept) {
    std::erase_if(plans_, [&](const auto& kept) { return !IsFresh(kept.second.at, now); });
    if (plans_.size() >= kMaxPlansKept) plans_.clear();
  }
  plans_[plan.digest()] = {.value = count, .at = now};
  return count;
}

}  // namespace mig::coordinator
