#include "rollout/facts.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "trust/names.h"
#include "trust/refusal.h"

namespace mig::rollout {
namespace {

constexpr size_t kMaxTextBytes = base::kMaxFactBytes;

absl::Status Malformed(absl::string_view field, absl::string_view what) {
  return trust::Refuse(v1::Refusal::MALFORMED, absl::StrCat("environment: ", field, ": ", what));
}

absl::Status OverBound(absl::string_view field, size_t count, size_t most, absl::string_view unit) {
  return trust::Refuse(v1::Refusal::BOUND, absl::StrCat("environment: ", field, " has ", count, " ",
                                                        unit, ", at most ", most, " are taken"));
}

absl::Status CheckValue(absl::string_view field, absl::string_view value) {
  if (value.size() > kMaxTextBytes) return OverBound(field, value.size(), kMaxTextBytes, "bytes");
  if (absl::Status text = base::CheckText(value); !text.ok()) {
    return Malformed(field, text.message());
  }
  return absl::OkStatus();
}

absl::Status CheckTags(const v1::Environment& environment) {
  if (static_cast<size_t>(environment.tags_size()) > base::kMaxTags) {
    return OverBound("tags", environment.tags_size(), base::kMaxTags, "entries");
  }
  absl::string_view last;
  for (const v1::Tag& tag : environment.tags()) {
    if (!trust::IsTagName(tag.name())) {
      return Malformed("tags", absl::StrCat("'", base::Escaped(tag.name(), 80),
                                            "' is no name; it must be [a-z][a-z0-9_-]{0,63}"));
    }
    if (tag.name() <= last) {
      return Malformed("tags", absl::StrCat("'", tag.name(), "' is doubled or out of order"));
    }
    last = tag.name();
    MIG_RETURN_IF_ERROR(CheckValue(absl::StrCat("tags.", tag.name()), tag.value()));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<IpAddress>> ParseAddresses(const v1::Environment& environment) {
  if (static_cast<size_t>(environment.addresses_size()) > base::kMaxAddresses) {
    return OverBound("address", environment.addresses_size(), base::kMaxAddresses, "entries");
  }
  std::vector<IpAddress> addresses;
  absl::string_view last;
  for (const std::string& text : environment.addresses()) {
    absl::StatusOr<IpAddress> address = IpAddress::Parse(text);
    if (!address.ok()) return Malformed("address", address.status().message());
    if (text <= last) {
      return Malformed("address", absl::StrCat(text, " is doubled or out of order"));
    }
    last = text;
    addresses.push_back(*std::move(address));
  }
  return addresses;
}

absl::Status CheckOthers(const v1::Environment& environment) {
  const std::string& init = environment.init();
  if (!init.empty() && init != "systemd" && init != "sysv" && init != "other") {
    return Malformed("init", "must be systemd, sysv or other");
  }
  if (!environment.operator_().empty() && !trust::IsOperatorName(environment.operator_())) {
    return Malformed("operator", "must be [a-z0-9._-]{1,64}");
  }
  const int32_t offset = environment.utc_offset_min();
  if (offset < -base::kMaxUtcOffsetMin || offset > base::kMaxUtcOffsetMin) {
    return Malformed("utc_offset_min", absl::StrCat(offset, " is not within ",
                                                    base::kMaxUtcOffsetMin, " minutes of UTC"));
  }
  if (environment.loader_version().empty()) return Malformed("loader.version", "is missing");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Facts> Facts::From(const Identity& identity, const v1::Environment& environment,
                                  const std::map<std::string, std::string>& installed_versions) {
  if (environment.ByteSizeLong() > base::kMaxEnvironmentBytes) {
    return OverBound("it", environment.ByteSizeLong(), base::kMaxEnvironmentBytes, "bytes");
  }
  MIG_RETURN_IF_ERROR(CheckOthers(environment));
  MIG_RETURN_IF_ERROR(CheckTags(environment));

  Facts facts;
  MIG_ASSIGN_OR_RETURN(facts.addresses_, ParseAddresses(environment));
  facts.host_id_ = identity.host_id;
  facts.utc_offset_min_ = environment.utc_offset_min();

  const std::pair<FieldKind, const std::string&> texts[] = {
      {FieldKind::kHostname, environment.hostname()},
      {FieldKind::kOs, environment.os()},
      {FieldKind::kDistribution, environment.distribution()},
      {FieldKind::kDistributionVersion, environment.distribution_version()},
      {FieldKind::kKernel, environment.kernel()},
      {FieldKind::kArch, environment.arch()},
      {FieldKind::kInit, environment.init()},
      {FieldKind::kModel, environment.model()},
      {FieldKind::kOperator, environment.operator_()},
      {FieldKind::kTimeZone, environment.time_zone()},
      {FieldKind::kLoaderVersion, environment.loader_version()},
  };
  for (const auto& [kind, value] : texts) {
    const Field field{.kind = kind, .name = ""};
    MIG_RETURN_IF_ERROR(CheckValue(field.ToString(), value));
    if (!value.empty()) facts.texts_.emplace(field, value);
  }

  const auto set = [&facts](FieldKind kind, absl::string_view name, absl::string_view value) {
    facts.texts_.emplace(Field{.kind = kind, .name = std::string(name)}, std::string(value));
  };
  set(FieldKind::kId, "", identity.host_id.ToHex());
  if (identity.machine.has_value()) set(FieldKind::kMachine, "", identity.machine->ToHex());
  if (environment.has_proxied()) {
    set(FieldKind::kProxied, "", environment.proxied() ? "yes" : "no");
  }
  for (const v1::Tag& tag : environment.tags()) set(FieldKind::kTag, tag.name(), tag.value());
  for (const auto& [product, version] : installed_versions) {
    set(FieldKind::kRelease, product, version);
  }
  return facts;
}

Facts Facts::With(const CoordinatorFacts& said) const {
  Facts facts = *this;
  for (const auto& [name, value] : said.labels) {
    facts.texts_.insert_or_assign(Field{.kind = FieldKind::kLabel, .name = name}, value);
  }
  if (!said.state.empty()) {
    facts.texts_.insert_or_assign(Field{.kind = FieldKind::kState, .name = ""}, said.state);
  }
  facts.last_seen_ = said.last_seen;
  if (said.seen_address.has_value()) facts.seen_addresses_ = {*said.seen_address};
  return facts;
}

std::optional<absl::string_view> Facts::Text(const Field& field) const {
  const auto found = texts_.find(field);
  if (found == texts_.end()) return std::nullopt;
  return found->second;
}

const std::vector<IpAddress>& Facts::Addresses(const Field& field) const {
  return field.kind == FieldKind::kSeenAddress ? seen_addresses_ : addresses_;
}

std::optional<absl::Duration> Facts::Age(const Field& field) const {
  return field.kind == FieldKind::kLastSeen ? last_seen_ : std::nullopt;
}

std::optional<std::string> Facts::Shown(const Field& field) const {
  constexpr size_t kAddressesShown = 4;
  switch (field.type()) {
    case FieldType::kText:
    case FieldType::kVersion: {
      const std::optional<absl::string_view> text = Text(field);
      if (!text.has_value()) return std::nullopt;
      return base::Escaped(*text);
    }
    case FieldType::kAddresses: {
      const std::vector<IpAddress>& addresses = Addresses(field);
      if (addresses.empty()) return std::nullopt;
      std::string shown;
      for (size_t i = 0; i < addresses.size() && i < kAddressesShown; ++i) {
        absl::StrAppend(&shown, i == 0 ? "" : ", ", addresses[i].ToString());
      }
      if (addresses.size() > kAddressesShown) {
        absl::StrAppend(&shown, ", and ", addresses.size() - kAddressesShown, " more");
      }
      return shown;
    }
    case FieldType::kAge: {
      const std::optional<absl::Duration> age = Age(field);
      if (!age.has_value()) return std::nullopt;
      return absl::StrCat(absl::FormatDuration(absl::Trunc(*age, absl::Seconds(1))), " ago");
    }
  }
  return std::nullopt;
}

}  // namespace mig::rollout
