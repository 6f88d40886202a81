#include "loader/run/session/status_record.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "loader/install/journal.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

constexpr absl::Duration kDay = absl::Hours(24);
constexpr size_t kMaxUnwellBytes = 152;  // ProductStatus.unwell takes 160

// Of those in (now - span, now + a day], the newest `most`; a clock that was set back leaves some
// in the future, which count: better a little late than a loop.
std::vector<absl::Time> Within(const v1::StatusState& status, absl::Time now, absl::Duration span) {
  std::vector<absl::Time> times;
  for (const int64_t ms : status.activations_ms()) {
    const absl::Time time = absl::FromUnixMillis(ms);
    if (time > now - span && time <= now + kDay) times.push_back(time);
  }
  std::sort(times.begin(), times.end());
  return times;
}

absl::Status CheckLimit(const v1::StatusState& status, absl::Time now, absl::Duration span,
                        int limit, absl::string_view name) {
  const std::vector<absl::Time> times = Within(status, now, span);
  if (times.size() < static_cast<size_t>(std::max(limit, 0))) return absl::OkStatus();
  const absl::Time room = times.empty() ? now : times[times.size() - limit] + span;
  return trust::Refuse(
      v1::Refusal::ACTIVATION_LIMIT,
      absl::StrCat("agents were activated ", times.size(), " times in the last ", name, ", ", limit,
                   " are allowed; there is room again at ",
                   absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", room, absl::UTCTimeZone()),
                   "; activations_per_", name, " in loader.toml changes that"));
}

}  // namespace

trust::ClockReading ReadClocks(base::Clock& clock) {
  return {.wall = clock.WallNow(),
          .boot = clock.BootNow(),
          .boot_id = std::string(BootMarkOf(clock.BootId()).bytes())};
}

StatusRecord StatusRecord::Load(TwoHalvesFile& file) {
  StatusRecord record(file);
  const absl::StatusOr<TwoHalvesFile::Content> content = file.Read();
  if (content.ok() && content->payload.has_value() &&
      record.message_.ParseFromString(*content->payload) && record.message_.format() == 1) {
    record.saved_ = *content->payload;
  } else {
    record.message_.Clear();
  }
  record.message_.set_format(1);
  return record;
}

absl::Status StatusRecord::Save() {
  std::string payload = message_.SerializeAsString();
  if (payload == saved_) return absl::OkStatus();
  MIG_RETURN_IF_ERROR(file_->Write(payload));
  saved_ = std::move(payload);
  return absl::OkStatus();
}

std::optional<rollout::LastAttempt> StatusRecord::last_attempt() const {
  if (message_.last_attempt_ms() == 0) return std::nullopt;
  return rollout::LastAttempt{.began = absl::FromUnixMillis(message_.last_attempt_ms()),
                              .hint = absl::Milliseconds(message_.next_hint_ms())};
}

std::optional<trust::ClockReading> StatusRecord::last_clocks() const {
  if (message_.clock_wall_ms() == 0) return std::nullopt;
  return trust::ClockReading{.wall = absl::FromUnixMillis(message_.clock_wall_ms()),
                             .boot = base::BootTime(absl::Milliseconds(message_.clock_boot_ms())),
                             .boot_id = message_.boot_id()};
}

void StatusRecord::SetClocks(const trust::ClockReading& now) {
  message_.set_clock_wall_ms(absl::ToUnixMillis(now.wall));
  message_.set_clock_boot_ms(absl::ToInt64Milliseconds(now.boot.since_zero()));
  message_.set_boot_id(now.boot_id);
}

absl::Status StatusRecord::CheckActivations(const Config& config, absl::Time now) const {
  MIG_RETURN_IF_ERROR(
      CheckLimit(message_, now, absl::Hours(1), config.activations_per_hour, "hour"));
  return CheckLimit(message_, now, kDay, config.activations_per_day, "day");
}

void StatusRecord::AddActivation(absl::Time now) {
  std::vector<absl::Time> times = Within(message_, now, kDay);
  times.push_back(now);
  if (times.size() > size_t{base::kMaxActivations}) times.erase(times.begin());
  message_.clear_activations_ms();
  for (const absl::Time time : times) message_.add_activations_ms(absl::ToUnixMillis(time));
}

v1::ProductStatus& StatusRecord::product(absl::string_view name) {
  auto& products = *message_.mutable_products();
  for (v1::ProductStatus& product : products) {
    if (product.product() == name) return product;
  }
  v1::ProductStatus& added = *products.Add();
  added.set_product(std::string(name));
  added.set_health(v1::ProductState::NOT_ASKED);
  std::sort(products.begin(), products.end(),
            [](const v1::ProductStatus& a, const v1::ProductStatus& b) {
              return a.product() < b.product();
            });
  return product(name);
}

const v1::ProductStatus* StatusRecord::FindProduct(absl::string_view name) const {
  for (const v1::ProductStatus& product : message_.products()) {
    if (product.product() == name) return &product;
  }
  return nullptr;
}

void StatusRecord::SetHealth(absl::string_view product, v1::ProductState::Health health,
                             absl::Time now) {
  v1::ProductStatus& status = this->product(product);
  if (status.health() == health && status.health_since_ms() != 0) return;
  status.set_health(health);
  status.set_health_since_ms(health == v1::ProductState::NOT_ASKED ? 0 : absl::ToUnixMillis(now));
  if (health != v1::ProductState::UNHEALTHY) status.clear_unwell();
}

void StatusRecord::SetUnwell(absl::string_view product, const Health& health) {
  v1::ProductStatus& status = this->product(product);
  status.clear_unwell();
  if (health.ok()) return;
  const std::string text = absl::StrCat(trust::DisplayOf(health.ToRefusal()),
                                        health.text.empty() ? "" : ": ", health.text);
  status.set_unwell(base::Escaped(text, kMaxUnwellBytes));
}

void StatusRecord::ForgetRestarts(absl::string_view product) {
  this->product(product).clear_restarts();
  this->product(product).clear_restarted_ms();
}

}  // namespace mig::loader
