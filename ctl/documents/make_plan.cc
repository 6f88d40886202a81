#include "ctl/documents/make_plan.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "proto/mig/v1/plan.pb.h"
#include "rollout/field.h"
#include "rollout/filter.h"
#include "rollout/plan_rules.h"
#include "trust/ids.h"
#include "trust/refusal.h"

namespace mig::ctl {
namespace {

int64_t Ms(absl::Duration span) { return absl::ToInt64Milliseconds(span); }

absl::StatusOr<std::string> Canonical(absl::string_view filter, absl::string_view where) {
  const absl::StatusOr<rollout::Filter> parsed =
      rollout::Filter::Parse(filter, rollout::FieldSet::kPlan);
  if (!parsed.ok()) return trust::WithContext(where, parsed.status());
  return parsed->text();
}

absl::StatusOr<base::Digest> FindRelease(const PlanLookups& lookups, const std::string& product,
                                         const std::string& release) {
  if (absl::StatusOr<base::Digest> digest = base::Digest::FromHex(release); digest.ok()) {
    return digest;
  }
  return lookups.release(product, release);
}

absl::Status FillItems(const PlanFile& file, const trust::Root& root, const PlanLookups& lookups,
                       v1::Plan& plan) {
  std::vector<PlanFile::Item> items = file.items;
  std::sort(items.begin(), items.end(),
            [](const auto& a, const auto& b) { return a.product < b.product; });
  for (const PlanFile::Item& item : items) {
    const trust::RootProduct* const product = root.product(item.product);
    if (product == nullptr) {
      return trust::Refuse(v1::Refusal::NOT_IN_ROOT,
                           absl::StrCat("root ", root.version(), " has no product '", item.product,
                                        "'; correct the item, or add the product to the root"));
    }
    v1::PlanItem& added = *plan.add_items();
    added.set_product(item.product);
    added.set_epoch(product->epoch);
    MIG_ASSIGN_OR_RETURN(const base::Digest target,
                         FindRelease(lookups, item.product, item.release));
    added.set_manifest_digest(std::string(target.bytes()));
    if (item.fallback.empty()) continue;
    MIG_ASSIGN_OR_RETURN(const base::Digest fallback,
                         FindRelease(lookups, item.product, item.fallback));
    added.set_fallback_manifest_digest(std::string(fallback.bytes()));
  }
  return absl::OkStatus();
}

absl::Status FillRetry(const PlanFile& file, const PlanLookups& lookups, v1::Plan& plan) {
  std::set<std::string> digests;
  for (const std::string& text : file.retry) {
    const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('@', 1));
    if (parts.size() == 1 && !base::Digest::FromHex(text).ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("retry: '", text, "' is neither PRODUCT@VERSION nor a digest in hex"));
    }
    MIG_ASSIGN_OR_RETURN(const base::Digest digest,
                         FindRelease(lookups, parts.front(), parts.back()));
    digests.emplace(digest.bytes());
  }
  for (const std::string& digest : digests) plan.add_retry(digest);
  return absl::OkStatus();
}

absl::Status FillCanaries(const PlanFile::Canaries& canaries, absl::Time first,
                          const PlanLookups& lookups, v1::Canaries& out) {
  std::set<std::string> ids;
  for (const std::string& host : canaries.hosts) {
    absl::StatusOr<trust::HostId> id = trust::HostId::FromHex(host);
    if (!id.ok()) id = lookups.host(host);
    if (!id.ok()) return trust::WithContext(absl::StrCat("canary '", host, "'"), id.status());
    ids.emplace(id->bytes());
  }
  for (const std::string& id : ids) out.add_host_ids(id);
  out.set_not_before_ms(absl::ToUnixMillis(canaries.opens.From(first)));
  out.set_soak_ms(Ms(canaries.soak));
  return absl::OkStatus();
}

// A wave opens when it says, else as soon as what is before it has ramped and soaked.
absl::Status FillWaves(const PlanFile& file, absl::Time first, const trust::Root& root,
                       v1::Plan& plan) {
  const absl::Duration least_soak =
      file.emergency ? absl::ZeroDuration() : root.plan_rules().least_soak;
  absl::Time earliest = first;
  if (file.canaries.has_value()) {
    earliest = file.canaries->opens.From(first) + std::max(file.canaries->soak, least_soak);
  }
  for (size_t i = 0; i < file.waves.size(); ++i) {
    const PlanFile::Wave& wave = file.waves[i];
    v1::Wave& out = *plan.add_waves();
    MIG_ASSIGN_OR_RETURN(const std::string filter,
                         Canonical(wave.filter, absl::StrCat("wave ", i + 1)));
    uint32_t reached = 0;
    for (size_t before = 0; before < i; ++before) {
      const v1::Wave& other = plan.waves(static_cast<int>(before));
      if (other.filter().empty() || other.filter() == filter) {
        reached = std::max(reached, other.hi_ppm());
      }
    }
    const absl::Time opens = wave.opens.has_value() ? wave.opens->From(first) : earliest;
    out.set_lo_ppm(wave.from_ppm.value_or(wave.ramp == absl::ZeroDuration() ? 0 : reached));
    out.set_hi_ppm(wave.to_ppm);
    out.set_filter(filter);
    out.set_not_before_ms(absl::ToUnixMillis(opens));
    out.set_ramp_ms(Ms(wave.ramp));
    out.set_soak_ms(Ms(wave.soak));
    out.set_hold(wave.hold);
    out.set_name(wave.name);
    earliest = opens + wave.ramp + std::max(wave.soak, least_soak);
  }
  return absl::OkStatus();
}

void FillEnds(const PlanFile& file, absl::Time first, absl::Time issued, const trust::Root& root,
              v1::Plan& plan) {
  const trust::PlanRules& rules = root.plan_rules();
  const absl::Time expires =
      file.expires.has_value() ? file.expires->From(first) : issued + rules.longest_life;
  plan.set_expires_ms(absl::ToUnixMillis(expires));
  const bool has_hold = std::any_of(file.waves.begin(), file.waves.end(),
                                    [](const PlanFile::Wave& wave) { return wave.hold; });
  if (file.baseline_until.has_value()) {
    plan.set_baseline_until_ms(absl::ToUnixMillis(file.baseline_until->From(first)));
  } else if (!file.never_baseline && !has_hold && !file.waves.empty()) {
    plan.set_baseline_until_ms(
        absl::ToUnixMillis(std::max(expires, issued + rules.longest_baseline)));
  }
}

absl::Status FillBase(const PlanFile& file, const PlanFacts& facts, v1::Plan& plan) {
  if (file.base == "none") return absl::OkStatus();
  if (!file.base.empty()) {
    const absl::StatusOr<base::Digest> digest = base::Digest::FromHex(file.base);
    if (!digest.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "base: '", file.base, "' is neither \"none\" nor the 64 hex digits of a plan's digest"));
    }
    plan.set_base(std::string(digest->bytes()));
  } else if (facts.base.has_value()) {
    plan.set_base(std::string(facts.base->bytes()));
  }
  return absl::OkStatus();
}

absl::Status LintFilters(const trust::Plan& plan) {
  const auto lint = [&](const std::string& text, const std::string& where) -> absl::Status {
    const absl::StatusOr<rollout::Filter> filter =
        rollout::Filter::ParseSigned(text, rollout::FieldSet::kPlan);
    if (!filter.ok()) return trust::WithContext(where, filter.status());
    for (const rollout::Field& field : filter->Fields()) {
      if (field.kind == rollout::FieldKind::kRelease && plan.item(field.name) != nullptr) {
        return trust::Refuse(
            v1::Refusal::FILTER,
            absl::StrCat(where, ": it reads ", field.ToString(), ", and '", field.name,
                         "' is one of the plan's own products; leave "
                         "that out (a release's requirements say it)"));
      }
    }
    return absl::OkStatus();
  };
  MIG_RETURN_IF_ERROR(lint(plan.filter(), "the plan's filter"));
  for (size_t i = 0; i < plan.waves().size(); ++i) {
    MIG_RETURN_IF_ERROR(lint(plan.waves()[i].filter, absl::StrCat("filter of wave ", i + 1)));
  }
  return absl::OkStatus();
}

absl::Status LintLines(const trust::Plan& plan, const trust::Root& root) {
  const trust::RootStream* const stream = root.stream(plan.stream());
  if (stream == nullptr) {
    return trust::Refuse(v1::Refusal::NOT_IN_ROOT,
                         absl::StrCat("root ", root.version(), " has no stream '", plan.stream(),
                                      "'; correct `stream`, or add it to the root"));
  }
  if (stream->epoch != plan.numbers().epoch) {
    return trust::Refuse(
        v1::Refusal::EPOCH,
        absl::StrCat("stream '", plan.stream(), "' has epoch ", stream->epoch,
                     " in the root, the plan ", plan.numbers().epoch, "; make the plan anew"));
  }
  for (const trust::PlanItem& item : plan.items()) {
    const trust::RootProduct* const product = root.product(item.product);
    if (product == nullptr || product->epoch != item.epoch) {
      return trust::Refuse(
          product == nullptr ? v1::Refusal::NOT_IN_ROOT : v1::Refusal::EPOCH,
          absl::StrCat("product '", item.product, "' is not in root ", root.version(),
                       " with epoch ", item.epoch, "; make the plan anew"));
    }
  }
  return absl::OkStatus();
}

absl::Status LintAgain(const trust::Plan& plan, const trust::Plan& before) {
  if (plan.RolloutBinding() != before.RolloutBinding()) {
    return trust::Refuse(v1::Refusal::EQUIVOCATION,
                         "signed again, a plan keeps its seed, first issue and targets; for other "
                         "targets make a new plan under another name");
  }
  for (size_t i = 0; i < std::min(plan.waves().size(), before.waves().size()); ++i) {
    const bool is_lifted = before.waves()[i].hold && !plan.waves()[i].hold;
    if (is_lifted && plan.waves()[i].not_before < plan.head().issued) {
      return trust::Refuse(v1::Refusal::PLAN_RULES,
                           absl::StrCat("wave ", i + 1,
                                        ": its hold is lifted, so it opens now or "
                                        "later; set its `opens` to a time after now"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status LintPlan(const trust::Plan& plan, const trust::Root& root, const trust::Plan* before) {
  MIG_RETURN_IF_ERROR(LintLines(plan, root));
  MIG_RETURN_IF_ERROR(rollout::CheckPlanRules(plan, root));
  MIG_RETURN_IF_ERROR(LintFilters(plan));
  const bool is_again = before != nullptr && before->rollout() == plan.rollout();
  return is_again ? LintAgain(plan, *before) : absl::OkStatus();
}

absl::StatusOr<MadePlan> MakePlan(const PlanFile& file, const PlanFacts& facts,
                                  const trust::Root& root, const PlanLookups& lookups,
                                  base::Random& random) {
  const absl::Time issued = absl::FromUnixMillis(absl::ToUnixMillis(facts.now));
  const absl::Time first = facts.before == nullptr ? issued : facts.before->first_issued();
  v1::Plan plan;
  plan.set_format(1);
  plan.set_trust_domain(root.head().trust_domain);
  plan.set_issued_ms(absl::ToUnixMillis(issued));
  plan.set_name(file.name);
  plan.set_stream(file.stream);
  const trust::RootStream* const stream = root.stream(file.stream);
  plan.set_epoch(stream == nullptr ? 0 : stream->epoch);
  plan.set_sequence(facts.sequence);
  plan.set_first_issued_ms(absl::ToUnixMillis(first));
  plan.set_priority(file.priority);
  if (facts.before == nullptr) {
    plan.set_rollout(std::string(trust::RolloutId::Random(random).bytes()));
    plan.set_cohort_seed(std::string(trust::CohortSeed::Random(random).bytes()));
  } else {
    plan.set_rollout(std::string(facts.before->rollout().bytes()));
    plan.set_cohort_seed(std::string(facts.before->cohort_seed().bytes()));
  }
  MIG_ASSIGN_OR_RETURN(const std::string filter, Canonical(file.filter, "filter"));
  plan.set_filter(filter);
  if (file.window.has_value()) {
    plan.mutable_window()->set_days(file.window->days);
    plan.mutable_window()->set_start_minute(file.window->start_minute);
    plan.mutable_window()->set_length_minutes(file.window->length_minutes);
  }
  MIG_RETURN_IF_ERROR(FillBase(file, facts, plan));
  MIG_RETURN_IF_ERROR(FillItems(file, root, lookups, plan));
  if (file.canaries.has_value()) {
    MIG_RETURN_IF_ERROR(FillCanaries(*file.canaries, first, lookups, *plan.mutable_canaries()));
  }
  MIG_RETURN_IF_ERROR(FillWaves(file, first, root, plan));
  plan.set_holdback_ppm(file.holdback_ppm);
  plan.set_emergency(file.emergency);
  MIG_RETURN_IF_ERROR(FillRetry(file, lookups, plan));
  FillEnds(file, first, issued, root, plan);

  std::string payload = plan.SerializeAsString();
  MIG_ASSIGN_OR_RETURN(trust::Plan parsed, trust::Plan::Parse(payload));
  MIG_RETURN_IF_ERROR(LintPlan(parsed, root, facts.before));
  MIG_ASSIGN_OR_RETURN(trust::Envelope envelope,
                       trust::Envelope::Unsigned(trust::DocumentType::kPlan, std::move(payload)));
  return MadePlan{std::move(envelope), std::move(parsed)};
}

}  // namespace mig::ctl
