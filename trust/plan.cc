#include "trust/plan.h"

#include <utility>

#include "base/sha256.h"
#include "base/sizes.h"
#include "proto/mig/v1/plan.pb.h"
#include "trust/fields.h"
#include "trust/gates_check.h"
#include "trust/names.h"
#include "trust/strict_message.h"

namespace mig::trust {

namespace {

constexpr uint32_t kEveryDay = 127;

absl::StatusOr<std::string> FilterField(const FieldName& name, const std::string& filter) {
  MIG_RETURN_IF_ERROR(CheckRange(name, filter.size(), 0, base::kMaxFilterBytes));
  return filter;
}

absl::StatusOr<absl::Time> OpeningField(const FieldName& name, int64_t ms,
                                        absl::Time first_issued) {
  MIG_ASSIGN_OR_RETURN(const absl::Time time, TimeField(name, ms));
  if (time < first_issued) return MalformedField(name, "is earlier than first_issued_ms");
  return time;
}

absl::StatusOr<std::vector<PlanItem>> ReadItems(const v1::Plan& message) {
  MIG_RETURN_IF_ERROR(CheckCount({"", 0, "items"}, message.items_size(), 1, base::kMaxPlanItems));
  std::vector<PlanItem> items;
  for (const v1::PlanItem& entry : message.items()) {
    const size_t index = items.size();
    PlanItem item = {.product = entry.product(), .epoch = entry.epoch()};
    if (!IsProductName(item.product)) {
      return MalformedField({"items", index, "product"}, "must be [a-z][a-z0-9-]{0,31}");
    }
    MIG_ASSIGN_OR_RETURN(item.manifest,
                         DigestField({"items", index, "manifest_digest"}, entry.manifest_digest()));
    if (!entry.fallback_manifest_digest().empty()) {
      const FieldName name = {"items", index, "fallback_manifest_digest"};
      MIG_ASSIGN_OR_RETURN(item.fallback, DigestField(name, entry.fallback_manifest_digest()));
      if (item.fallback == item.manifest) return MalformedField(name, "is the target itself");
    }
    items.push_back(std::move(item));
  }
  MIG_RETURN_IF_ERROR(CheckSorted({"", 0, "items"}, items, [](const PlanItem& item) {
    return absl::string_view(item.product);
  }));
  return items;
}

absl::StatusOr<Window> ReadWindow(const v1::Window& message) {
  const Window window = {.days = message.days(),
                         .start_minute = message.start_minute(),
                         .length_minutes = message.length_minutes()};
  MIG_RETURN_IF_ERROR(CheckRange({"", 0, "window.days"}, window.days, 1, kEveryDay));
  MIG_RETURN_IF_ERROR(
      CheckRange({"", 0, "window.start_minute"}, window.start_minute, 0, base::kMinutesPerDay - 1));
  MIG_RETURN_IF_ERROR(
      CheckRange({"", 0, "window.length_minutes"}, window.length_minutes, 1, base::kMinutesPerDay));
  return window;
}

absl::StatusOr<Canaries> ReadCanaries(const v1::Canaries& message, absl::Time first_issued) {
  const FieldName name = {"", 0, "canaries.host_ids"};
  MIG_RETURN_IF_ERROR(CheckCount(name, message.host_ids_size(), 1, base::kMaxCanaries));
  Canaries canaries;
  for (const std::string& bytes : message.host_ids()) {
    MIG_ASSIGN_OR_RETURN(const HostId host, IdField<HostId>(name, bytes));
    canaries.hosts.push_back(host);
  }
  MIG_RETURN_IF_ERROR(CheckSorted(name, canaries.hosts, [](const HostId& host) { return host; }));
  MIG_ASSIGN_OR_RETURN(canaries.not_before, OpeningField({"", 0, "canaries.not_before_ms"},
                                                         message.not_before_ms(), first_issued));
  MIG_ASSIGN_OR_RETURN(canaries.soak, SpanField({"", 0, "canaries.soak_ms"}, message.soak_ms(),
                                                absl::ZeroDuration(), base::kMaxSoak));
  return canaries;
}

absl::StatusOr<Wave> ReadWave(const v1::Wave& message, size_t index, absl::Time first_issued) {
  const auto name = [index](absl::string_view field) { return FieldName{"waves", index, field}; };
  Wave wave;
  wave.lo_ppm = message.lo_ppm();
  wave.hi_ppm = message.hi_ppm();
  MIG_RETURN_IF_ERROR(CheckRange(name("hi_ppm"), wave.hi_ppm, 1, base::kWholePpm));
  if (wave.lo_ppm > wave.hi_ppm) return MalformedField(name("lo_ppm"), "is above hi_ppm");
  MIG_ASSIGN_OR_RETURN(wave.filter, FilterField(name("filter"), message.filter()));
  MIG_ASSIGN_OR_RETURN(wave.not_before,
                       OpeningField(name("not_before_ms"), message.not_before_ms(), first_issued));
  MIG_ASSIGN_OR_RETURN(wave.ramp,
                       SpanField(name("ramp_ms"), message.ramp_ms(), absl::ZeroDuration(),
                                 absl::Milliseconds(static_cast<int64_t>(base::kMaxRampMs))));
  MIG_ASSIGN_OR_RETURN(wave.soak, SpanField(name("soak_ms"), message.soak_ms(),
                                            absl::ZeroDuration(), base::kMaxSoak));
  wave.hold = message.hold();
  if (!message.name().empty() && !IsOperatorName(message.name())) {
    return MalformedField(name("name"), absl::StrCat("must be at most ", base::kMaxWaveNameBytes,
                                                     " of a-z 0-9 . _ -"));
  }
  wave.name = message.name();
  return wave;
}

absl::StatusOr<std::vector<Wave>> ReadWaves(const v1::Plan& message, absl::Time first_issued) {
  MIG_RETURN_IF_ERROR(CheckCount({"", 0, "waves"}, message.waves_size(), 0, base::kMaxWaves));
  if (message.waves_size() == 0 && !message.has_canaries()) {
    return MalformedField({"", 0, "waves"}, "and canaries are both missing: nobody would get it");
  }
  std::vector<Wave> waves;
  for (const v1::Wave& entry : message.waves()) {
    MIG_ASSIGN_OR_RETURN(Wave wave, ReadWave(entry, waves.size(), first_issued));
    waves.push_back(std::move(wave));
  }
  return waves;
}

absl::StatusOr<std::optional<absl::Time>> ReadBaselineUntil(const v1::Plan& message,
                                                            const std::vector<Wave>& waves,
                                                            absl::Time expires) {
  if (message.baseline_until_ms() == 0) return std::optional<absl::Time>();
  const FieldName name = {"", 0, "baseline_until_ms"};
  MIG_ASSIGN_OR_RETURN(const absl::Time until, TimeField(name, message.baseline_until_ms()));
  if (waves.empty()) return MalformedField(name, "must be 0 in a plan without waves");
  for (const Wave& wave : waves) {
    if (wave.hold) return MalformedField(name, "must be 0 in a plan with a wave on hold");
  }
  if (until < expires) return MalformedField(name, "is earlier than expires_ms");
  return std::optional<absl::Time>(until);
}

}  // namespace

absl::Status Plan::ReadIdentity(const v1::Plan& message) {
  MIG_ASSIGN_OR_RETURN(head_, HeadOf(message));
  if (!IsOperatorName(message.name())) {
    return MalformedField({"", 0, "name"}, "must be 1 to 64 of a-z 0-9 . _ -");
  }
  name_ = message.name();
  if (!IsProductName(message.stream())) {
    return MalformedField({"", 0, "stream"}, "must be [a-z][a-z0-9-]{0,31}");
  }
  stream_ = message.stream();
  numbers_ = {message.epoch(), message.sequence()};
  MIG_ASSIGN_OR_RETURN(rollout_, IdField<RolloutId>({"", 0, "rollout"}, message.rollout()));
  MIG_ASSIGN_OR_RETURN(first_issued_,
                       TimeField({"", 0, "first_issued_ms"}, message.first_issued_ms()));
  if (first_issued_ > head_.issued) {
    return MalformedField({"", 0, "first_issued_ms"}, "is later than issued_ms");
  }
  MIG_ASSIGN_OR_RETURN(cohort_seed_,
                       IdField<CohortSeed>({"", 0, "cohort_seed"}, message.cohort_seed()));
  if (!message.base().empty()) {
    MIG_ASSIGN_OR_RETURN(base_, DigestField({"", 0, "base"}, message.base()));
  }
  priority_ = message.priority();
  emergency_ = message.emergency();
  return absl::OkStatus();
}

absl::Status Plan::ReadAudience(const v1::Plan& message) {
  MIG_ASSIGN_OR_RETURN(filter_, FilterField({"", 0, "filter"}, message.filter()));
  if (message.has_window()) {
    MIG_ASSIGN_OR_RETURN(window_, ReadWindow(message.window()));
  }
  if (message.has_canaries()) {
    MIG_ASSIGN_OR_RETURN(canaries_, ReadCanaries(message.canaries(), first_issued_));
  }
  MIG_ASSIGN_OR_RETURN(waves_, ReadWaves(message, first_issued_));
  holdback_ppm_ = message.holdback_ppm();
  return CheckRange({"", 0, "holdback_ppm"}, holdback_ppm_, 0, base::kWholePpm);
}

absl::StatusOr<Plan> Plan::Parse(absl::string_view payload) {
  MIG_RETURN_IF_ERROR(CheckRange({"", 0, "payload"}, payload.size(), 0, base::kMaxPlanBytes));
  v1::Plan message;
  MIG_RETURN_IF_ERROR(ParseStrictly(payload, message));
  Plan plan;
  MIG_RETURN_IF_ERROR(plan.ReadIdentity(message));
  MIG_ASSIGN_OR_RETURN(plan.items_, ReadItems(message));
  MIG_RETURN_IF_ERROR(plan.ReadAudience(message));
  if (message.has_gates()) {
    MIG_RETURN_IF_ERROR(CheckGates(message.gates()));
    plan.gates_ = message.gates();
  }
  MIG_ASSIGN_OR_RETURN(plan.retry_,
                       DigestList({"", 0, "retry"}, message.retry(), 0, base::kMaxRetryDigests));
  MIG_ASSIGN_OR_RETURN(plan.expires_, TimeField({"", 0, "expires_ms"}, message.expires_ms()));
  if (plan.expires_ <= plan.head_.issued) {
    return MalformedField({"", 0, "expires_ms"}, "is not later than issued_ms");
  }
  MIG_ASSIGN_OR_RETURN(plan.baseline_until_,
                       ReadBaselineUntil(message, plan.waves_, plan.expires_));
  return plan;
}

const PlanItem* Plan::item(absl::string_view product) const {
  for (const PlanItem& item : items_) {
    if (item.product == product) return &item;
  }
  return nullptr;
}

base::Digest Plan::RolloutBinding() const {
  base::Sha256 hash;
  hash.Add(absl::string_view("MIG rollout v1\0", 15))
      .Add(cohort_seed_.bytes())
      .AddU64Be(static_cast<uint64_t>(absl::ToUnixMillis(first_issued_)));
  for (const PlanItem& item : items_) {
    hash.AddWithLength(item.product).AddU64Be(item.epoch).Add(item.manifest.bytes());
  }
  return hash.Finish();
}

}  // namespace mig::trust
