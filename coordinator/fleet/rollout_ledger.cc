#include "coordinator/fleet/rollout_ledger.h"

#include <algorithm>

#include "absl/status/statusor.h"

namespace mig::coordinator {
namespace {

bool IsFinal(const v1::Outcome& outcome) {
  const bool is_attempt =
      outcome.kind() == v1::Outcome::INSTALL || outcome.kind() == v1::Outcome::ADOPT;
  return is_attempt && outcome.result() != v1::Outcome::UNCHANGED;
}

absl::Duration SoakOf(const OfferPlace& place, const CountRules& rules) {
  switch (place.kind) {
    case OfferKind::kCanary:
      return rules.canary_soak;
    case OfferKind::kWave:
      return place.wave < rules.wave_soaks.size() ? rules.wave_soaks[place.wave]
                                                  : absl::ZeroDuration();
    case OfferKind::kBaseline:
      break;
  }
  return absl::ZeroDuration();
}

}  // namespace

void RolloutLedger::Apply(const OfferRecord& offer) {
  absl::MutexLock lock(&mutex_);
  const auto [place, is_new] = rollouts_[offer.rollout].slots.try_emplace(offer.host);
  if (!is_new) return;
  place->second.offered_ms = absl::ToUnixMillis(offer.at);
  place->second.wave = static_cast<uint16_t>(offer.wave);
  place->second.kind = static_cast<uint8_t>(offer.kind);
  place->second.counted = offer.counted;
}

void RolloutLedger::ApplyOutcome(const HostId& host, const RolloutId& rollout,
                                 absl::Time received_at, const v1::Outcome& outcome) {
  if (!IsFinal(outcome)) return;
  absl::MutexLock lock(&mutex_);
  const auto found = rollouts_.find(rollout);
  if (found == rollouts_.end()) return;
  const auto slot = found->second.slots.find(host);
  if (slot == found->second.slots.end()) return;
  slot->second.ended_ms = absl::ToUnixMillis(received_at);
  slot->second.result = static_cast<uint8_t>(outcome.result());
  slot->second.stage = static_cast<uint8_t>(outcome.stage());
  slot->second.code = static_cast<uint16_t>(outcome.refusal().code());
  slot->second.exit_status = static_cast<uint8_t>(outcome.refusal().exit_status());
  NoteBefore(outcome, found->second, slot->second);
}

void RolloutLedger::NoteBefore(const v1::Outcome& outcome, Rollout& rollout, Slot& slot) {
  constexpr size_t kMost = 255;
  const absl::StatusOr<base::Digest> manifest =
      base::Digest::FromBytes(outcome.from_manifest_digest());
  // A second variant or attempt of what it has already says nothing of what was before.
  if (!manifest.ok() || outcome.from_manifest_digest() == outcome.manifest_digest()) return;
  const Release release{.product = outcome.product(), .manifest = *manifest};
  if (slot.before != 0) --rollout.before[slot.before - 1].hosts;
  slot.before = 0;

  auto place = std::ranges::find(rollout.before, release, &Before::release);
  if (place == rollout.before.end()) {
    place = std::ranges::find(rollout.before, uint64_t{0}, &Before::hosts);
  }
  if (place == rollout.before.end()) {
    if (rollout.before.size() == kMost) return;
    place = rollout.before.insert(rollout.before.end(), Before{});
  }
  place->release = release;
  ++place->hosts;
  slot.before = static_cast<uint8_t>(place - rollout.before.begin() + 1);
}

std::optional<RolloutLedger::Offer> RolloutLedger::FindOffer(const HostId& host,
                                                             const RolloutId& rollout) const {
  absl::MutexLock lock(&mutex_);
  const auto found = rollouts_.find(rollout);
  if (found == rollouts_.end()) return std::nullopt;
  const auto slot = found->second.slots.find(host);
  if (slot == found->second.slots.end()) return std::nullopt;
  return Offer{
      .place = {.kind = static_cast<OfferKind>(slot->second.kind), .wave = slot->second.wave},
      .counted = slot->second.counted,
      .at = absl::FromUnixMillis(slot->second.offered_ms)};
}

RolloutLedger::Totals RolloutLedger::Count(const RolloutId& rollout,
                                           const CountRules& rules) const {
  Totals totals;
  absl::MutexLock lock(&mutex_);
  const auto found = rollouts_.find(rollout);
  if (found == rollouts_.end()) return totals;
  for (const Before& before : found->second.before) {
    if (before.hosts > 0) totals.before.emplace(before.release, before.hosts);
  }
  for (const auto& [host, slot] : found->second.slots) {
    const OfferPlace place{.kind = static_cast<OfferKind>(slot.kind), .wave = slot.wave};
    OfferCounts& counts = totals.places[place];
    if (!slot.counted) {
      ++counts.uncounted;
      continue;
    }
    ++counts.offered;
    if (slot.ended_ms == 0) {
      const bool overdue = rules.now - absl::FromUnixMillis(slot.offered_ms) > rules.overdue;
      ++(overdue ? counts.silent : counts.pending);
    } else if (slot.result == v1::Outcome::HEALTHY) {
      ++counts.healthy;
      const absl::Time through = absl::FromUnixMillis(slot.ended_ms) + SoakOf(place, rules);
      if (rules.now < through) ++counts.soaking;
    } else {
      ++counts.failed;
      ++totals.failures[FailureKind{.stage = static_cast<v1::Outcome::Stage>(slot.stage),
                                    .code = static_cast<v1::Refusal::Code>(slot.code),
                                    .exit_status = slot.exit_status}];
    }
  }
  return totals;
}

}  // namespace mig::coordinator
