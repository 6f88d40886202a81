#include "rollout/plan_rules.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "trust/refusal.h"

namespace mig::rollout {
namespace {

// The last millisecond of the year 9999, up to which documents have times (trust/fields.h). A sum
// above it has overflowed, long before any integer does.
absl::Time LastTime() { return absl::FromUnixMillis(253'402'300'799'999); }

std::string TimeText(absl::Time t) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%E3S UTC", t, absl::UTCTimeZone());
}

absl::Status Broken(const trust::Plan& plan, absl::string_view what) {
  return trust::Refuse(v1::Refusal::PLAN_RULES,
                       absl::StrCat("plan '", plan.name(), "' (stream ", plan.stream(), ", ",
                                    trust::ToText(plan.numbers()), ") breaks a plan rule: ", what));
}

// "wave 2 (broad)".
std::string WaveName(const trust::Plan& plan, size_t wave) {
  const std::string& name = plan.waves()[wave].name;
  return absl::StrCat("wave ", wave + 1, name.empty() ? "" : absl::StrCat(" (", name, ")"));
}

bool HasHold(const trust::Plan& plan) {
  return std::any_of(plan.waves().begin(), plan.waves().end(),
                     [](const trust::Wave& wave) { return wave.hold; });
}

absl::Status CheckLife(const trust::Plan& plan, const trust::PlanRules& rules) {
  const absl::Duration life = plan.expires() - plan.head().issued;
  if (life <= rules.longest_life) return absl::OkStatus();
  return Broken(plan, absl::StrCat("it lives ", absl::FormatDuration(life),
                                   " from its issue to its expiry, the root's longest life is ",
                                   absl::FormatDuration(rules.longest_life)));
}

// What earlier waves already reach of the hosts that wave `w` is about.
uint32_t ReachedBefore(const trust::Plan& plan, size_t w) {
  uint32_t reached = 0;
  for (size_t earlier = 0; earlier < w; ++earlier) {
    const trust::Wave& wave = plan.waves()[earlier];
    if (wave.filter.empty() || wave.filter == plan.waves()[w].filter) {
      reached = std::max(reached, wave.hi_ppm);
    }
  }
  return reached;
}

absl::Status CheckShares(const trust::Plan& plan, const trust::PlanRules& rules) {
  for (size_t w = 0; w < plan.waves().size(); ++w) {
    const trust::Wave& wave = plan.waves()[w];
    const uint32_t reached = ReachedBefore(plan, w);
    if (wave.lo_ppm > reached) {
      return Broken(plan, absl::StrCat(WaveName(plan, w), " begins at ", wave.lo_ppm,
                                       " ppm, but earlier waves for the same hosts only reach ",
                                       reached, " ppm"));
    }
    if (wave.hi_ppm > reached && wave.hi_ppm - reached > rules.largest_share_ppm) {
      return Broken(plan,
                    absl::StrCat(WaveName(plan, w), " adds ", wave.hi_ppm - reached, " ppm to the ",
                                 reached, " ppm before it, the root's largest share is ",
                                 rules.largest_share_ppm, " ppm"));
    }
  }
  return absl::OkStatus();
}

// `before` has opened and ramped at `ramped`; the wave after it must leave its soak.
absl::Status CheckSoak(const trust::Plan& plan, absl::string_view before, absl::Time ramped,
                       absl::Duration soak, absl::Duration least_soak, size_t next) {
  const absl::Time earliest = ramped + std::max(soak, least_soak);
  const absl::Time not_before = plan.waves()[next].not_before;
  if (not_before >= earliest) return absl::OkStatus();
  return Broken(
      plan, absl::StrCat(WaveName(plan, next), " opens at ", TimeText(not_before), ", but ", before,
                         " has ramped at ", TimeText(ramped), " and soaks ",
                         absl::FormatDuration(std::max(soak, least_soak)), " (its own soak is ",
                         absl::FormatDuration(soak), ", the least soak ",
                         absl::FormatDuration(least_soak), "): not before ", TimeText(earliest)));
}

absl::Status CheckSoaks(const trust::Plan& plan, const trust::PlanRules& rules) {
  if (plan.waves().empty()) return absl::OkStatus();
  if (plan.canaries().has_value()) {
    MIG_RETURN_IF_ERROR(CheckSoak(plan, "the canaries' turn", plan.canaries()->not_before,
                                  plan.canaries()->soak, rules.least_soak, 0));
  }
  for (size_t w = 0; w + 1 < plan.waves().size(); ++w) {
    const trust::Wave& wave = plan.waves()[w];
    MIG_RETURN_IF_ERROR(CheckSoak(plan, WaveName(plan, w), wave.not_before + wave.ramp, wave.soak,
                                  rules.least_soak, w + 1));
  }
  return absl::OkStatus();
}

absl::Status CheckBaseline(const trust::Plan& plan, const trust::Root& root,
                           const trust::PlanRules& rules) {
  MIG_ASSIGN_OR_RETURN(const std::optional<absl::Time> begin, BaselineBegin(plan, root));
  if (!begin.has_value()) return absl::OkStatus();
  if (*begin > plan.expires()) {
    return Broken(plan, absl::StrCat("its last wave has ramped and soaked at ", TimeText(*begin),
                                     ", after it expires at ", TimeText(plan.expires())));
  }
  const absl::Duration baseline = *plan.baseline_until() - plan.head().issued;
  if (baseline > rules.longest_baseline) {
    return Broken(plan, absl::StrCat("it stays the baseline until ", absl::FormatDuration(baseline),
                                     " after its issue, the root's longest baseline is ",
                                     absl::FormatDuration(rules.longest_baseline)));
  }
  return absl::OkStatus();
}

}  // namespace

trust::PlanRules RulesFor(const trust::Plan& plan, const trust::Root& root) {
  trust::PlanRules rules = root.plan_rules();
  if (!plan.emergency()) return rules;
  rules.least_soak = absl::ZeroDuration();
  rules.largest_share_ppm = base::kWholePpm;
  rules.longest_life = absl::InfiniteDuration();
  rules.longest_baseline = absl::InfiniteDuration();
  return rules;
}

// The rules that need no root were checked when the plan was parsed (trust/plan.h): first_issued <=
// issued < expires, every not_before >= first_issued, lo <= hi <= 10^6, canaries or waves, and that
// baseline_until is 0 with a hold or without waves, else not before `expires`.
absl::Status CheckPlanRules(const trust::Plan& plan, const trust::Root& root) {
  const trust::PlanRules rules = RulesFor(plan, root);
  MIG_RETURN_IF_ERROR(CheckLife(plan, rules));
  MIG_RETURN_IF_ERROR(CheckShares(plan, rules));
  MIG_RETURN_IF_ERROR(CheckSoaks(plan, rules));
  return CheckBaseline(plan, root, rules);
}

absl::StatusOr<std::optional<absl::Time>> BaselineBegin(const trust::Plan& plan,
                                                        const trust::Root& root) {
  const trust::PlanRules rules = RulesFor(plan, root);
  std::optional<absl::Time> begin;
  for (size_t w = 0; w < plan.waves().size(); ++w) {
    const trust::Wave& wave = plan.waves()[w];
    const absl::Time settled = wave.not_before + wave.ramp + std::max(wave.soak, rules.least_soak);
    if (settled > LastTime()) {
      return Broken(plan,
                    absl::StrCat(WaveName(plan, w),
                                 ": not_before, ramp and soak together are after the year 9999"));
    }
    begin = std::max(begin.value_or(settled), settled);
  }
  if (HasHold(plan) || !plan.baseline_until().has_value()) return std::optional<absl::Time>();
  return begin;
}

}  // namespace mig::rollout
