#include "coordinator/handlers/hosts/host_line.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace mig::coordinator {
namespace {

bool IsFailure(const LastOutcome& outcome) {
  switch (outcome.result) {
    case v1::Outcome::WENT_BACK:
    case v1::Outcome::CANNOT_GO_BACK:
      return true;
    case v1::Outcome::UNCHANGED:
      return outcome.code != v1::Refusal::NONE && outcome.code != v1::Refusal::ADOPTED;
    default:
      return false;
  }
}

bool IsUnwell(const v1::CheckInRequest* said) {
  return said != nullptr &&
         std::ranges::any_of(said->products(), [](const v1::ProductState& product) {
           return product.health() == v1::ProductState::UNHEALTHY;
         });
}

bool HasAnything(const HostEntry& entry, const v1::CheckInRequest* said) {
  if (entry.last_outcome.result != v1::Outcome::RESULT_UNSPECIFIED) return true;
  return said != nullptr &&
         std::ranges::any_of(said->products(), [](const v1::ProductState& product) {
           return product.has_installed();
         });
}

absl::Time StateSince(const HostEntry& entry, v1::Host::State state) {
  absl::Time since = entry.enrolled_at;
  switch (state) {
    case v1::Host::UPDATING:
      since = entry.last_offer_at;
      break;
    case v1::Host::SILENT:
      since = entry.last_seen;
      break;
    case v1::Host::HEALTHY:
    case v1::Host::FAILED:
      since = entry.last_outcome.received_at;
      break;
    default:
      break;
  }
  return std::max(since, entry.enrolled_at);
}

void SetWhy(const HostEntry& entry, v1::Host& line) {
  v1::Refusal& why = *line.mutable_why();
  switch (line.state()) {
    case v1::Host::REVOKED:
      why.set_code(v1::Refusal::REVOKED);
      return;
    case v1::Host::DISABLED:
      why.set_code(v1::Refusal::DISABLED);
      return;
    case v1::Host::FLAGGED:
      why.set_code(entry.cloned ? v1::Refusal::CLONE : v1::Refusal::PINNED);
      why.set_text(entry.cloned ? "two machines use this identity"
                                : "its environment is not what was pinned");
      return;
    case v1::Host::FAILED:
      if (!IsFailure(entry.last_outcome)) {
        why.set_code(v1::Refusal::PROBE);
        why.set_text("the agent was not well at the last check-in");
        line.set_why_stage(v1::Outcome::HEALTH);
        return;
      }
      why.set_code(entry.last_outcome.code);
      why.set_exit_status(entry.last_outcome.exit_status);
      if (entry.last_outcome.result == v1::Outcome::WENT_BACK) why.set_text("went back by itself");
      line.set_why_stage(entry.last_outcome.stage);
      return;
    default:
      line.clear_why();
  }
}

void AddReleases(const v1::CheckInRequest& said, const Snapshot& snapshot, v1::Host& line) {
  for (const v1::ProductState& product : said.products()) {
    if (!product.has_installed()) continue;
    v1::HostRelease& release = *line.add_releases();
    release.set_product(product.product());
    release.set_manifest_digest(product.installed().manifest_digest());
    release.set_variant(product.installed().variant());
    release.set_health(product.health());
    const absl::StatusOr<base::Digest> digest =
        base::Digest::FromBytes(product.installed().manifest_digest());
    const rollout::CheckedManifest* manifest = digest.ok() ? snapshot.manifest(*digest) : nullptr;
    if (manifest != nullptr) release.set_version(manifest->manifest().version());
  }
}

}  // namespace

v1::Host::State StateOf(const HostEntry& entry, const v1::CheckInRequest* said, absl::Time now) {
  if (entry.state == HostState::kRevoked) return v1::Host::REVOKED;
  if (entry.state == HostState::kDisabled) return v1::Host::DISABLED;
  if (entry.cloned || entry.mismatch) return v1::Host::FLAGGED;
  if (entry.last_offer_at > entry.last_outcome.received_at) return v1::Host::UPDATING;
  if (IsFailure(entry.last_outcome) || IsUnwell(said)) return v1::Host::FAILED;
  if (now - std::max(entry.last_seen, entry.enrolled_at) > kSilentAfter) return v1::Host::SILENT;
  return HasAnything(entry, said) ? v1::Host::HEALTHY : v1::Host::NEW;
}

std::string StateWord(v1::Host::State state) {
  return absl::AsciiStrToLower(v1::Host::State_Name(state));
}

std::string NameOf(const HostRecord& record, const v1::CheckInRequest* said) {
  if (said != nullptr && !said->environment().hostname().empty()) {
    return said->environment().hostname();
  }
  return record.name;
}

v1::Host LineOf(const HostKnowledge& host, const Snapshot& snapshot, absl::Time now) {
  v1::Host line;
  line.set_id(host.record.id.ToHex());
  line.set_hostname(NameOf(host.record, host.said));
  line.set_state(StateOf(host.entry, host.said, now));
  line.set_state_since_ms(absl::ToUnixMillis(StateSince(host.entry, line.state())));
  if (host.entry.last_seen != absl::InfinitePast()) {
    line.set_last_seen_ms(absl::ToUnixMillis(host.entry.last_seen));
  }
  SetWhy(host.entry, line);
  for (const Label& label : host.record.labels) {
    v1::Tag& added = *line.add_labels();
    added.set_name(label.name);
    added.set_value(label.value);
  }
  line.set_pinned_filter(host.record.expected_environment);
  if (host.seen != nullptr) line.set_seen_address(host.seen->seen_address);
  if (host.said != nullptr) {
    AddReleases(*host.said, snapshot, line);
    const v1::Environment& environment = host.said->environment();
    line.set_platform(absl::StrCat(
        environment.distribution().empty() ? environment.os() : environment.distribution(),
        environment.distribution_version().empty() ? "" : " ", environment.distribution_version()));
  }
  return line;
}

}  // namespace mig::coordinator
