#include "coordinator/handlers/check_in/check_in_request.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "rollout/ip_address.h"
#include "trust/fields.h"
#include "trust/names.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

using trust::FieldName;

FieldName Field(absl::string_view name) { return {.parent = "", .index = 0, .name = name}; }
FieldName FieldOf(absl::string_view parent, int index, absl::string_view name) {
  return {.parent = parent, .index = static_cast<size_t>(index), .name = name};
}

// --- Products and streams

absl::Status ReadProduct(const v1::ProductState& message, int index, trust::TrustedState& state) {
  if (!trust::IsProductName(message.product())) {
    return trust::MalformedField(FieldOf("products", index, "product"), "is no product name");
  }
  if (message.health() < v1::ProductState::HEALTHY ||
      message.health() > v1::ProductState::NOT_ASKED) {
    return trust::MalformedField(FieldOf("products", index, "health"), "is no health");
  }
  trust::TrustedProduct& product = state.products[message.product()];
  if (message.has_installed()) {
    MIG_ASSIGN_OR_RETURN(product.installed, trust::FromMessage(message.installed()));
  }
  if (message.has_previous()) {
    MIG_ASSIGN_OR_RETURN(product.previous, trust::FromMessage(message.previous()));
  }
  if (message.has_seen()) {
    MIG_ASSIGN_OR_RETURN(product.seen, trust::FromMessage(message.seen()));
  }
  MIG_RETURN_IF_ERROR(trust::CheckCount(FieldOf("products", index, "bad"), message.bad_size(), 0,
                                        base::kMaxBadReleases));
  MIG_RETURN_IF_ERROR(
      trust::CheckSorted(FieldOf("products", index, "bad"), message.bad(),
                         [](const v1::BadRelease& bad) { return bad.manifest_digest(); }));
  for (const v1::BadRelease& bad : message.bad()) {
    MIG_ASSIGN_OR_RETURN(trust::BadMark mark, trust::FromMessage(bad));
    product.bad.push_back(std::move(mark));
  }
  if (message.variant_changed_ms() != 0) {
    MIG_ASSIGN_OR_RETURN(product.variant_changed,
                         trust::TimeField(FieldOf("products", index, "variant_changed_ms"),
                                          message.variant_changed_ms()));
  }
  return absl::OkStatus();
}

absl::Status ReadProducts(const v1::CheckInRequest& request, CheckInFacts& facts) {
  MIG_RETURN_IF_ERROR(
      trust::CheckCount(Field("products"), request.products_size(), 0, base::kMaxProducts));
  MIG_RETURN_IF_ERROR(
      trust::CheckSorted(Field("products"), request.products(),
                         [](const v1::ProductState& product) { return product.product(); }));
  for (int i = 0; i < request.products_size(); ++i) {
    MIG_RETURN_IF_ERROR(ReadProduct(request.products(i), i, facts.state));
    facts.products.push_back(request.products(i).product());
  }
  return absl::OkStatus();
}

absl::Status ReadStreams(const v1::CheckInRequest& request, CheckInFacts& facts) {
  MIG_RETURN_IF_ERROR(
      trust::CheckCount(Field("streams"), request.streams_size(), 0, base::kMaxStreams));
  MIG_RETURN_IF_ERROR(
      trust::CheckSorted(Field("streams"), request.streams(),
                         [](const v1::StreamState& stream) { return stream.stream(); }));
  for (int i = 0; i < request.streams_size(); ++i) {
    const v1::StreamState& stream = request.streams(i);
    if (!trust::IsProductName(stream.stream())) {
      return trust::MalformedField(FieldOf("streams", i, "stream"), "is no stream name");
    }
    MIG_ASSIGN_OR_RETURN(facts.state.streams[stream.stream()].seen,
                         trust::FromMessage(stream.seen()));
  }
  return absl::OkStatus();
}

absl::Status ReadState(const v1::CheckInRequest& request, const HostEntry& host,
                       CheckInFacts& facts) {
  facts.state.host_id = host.id;
  facts.state.enrolled = host.enrolled_at;
  facts.state.root_version = request.root_version();
  if (request.waves_closed_until_ms() != 0) {
    MIG_ASSIGN_OR_RETURN(
        facts.state.waves_closed_until,
        trust::TimeField(Field("waves_closed_until_ms"), request.waves_closed_until_ms()));
  }
  if (request.streams_forgotten_ms() != 0) {
    MIG_ASSIGN_OR_RETURN(
        facts.state.streams_forgotten,
        trust::TimeField(Field("streams_forgotten_ms"), request.streams_forgotten_ms()));
  }
  MIG_RETURN_IF_ERROR(ReadProducts(request, facts));
  return ReadStreams(request, facts);
}

// --- What is on the disk

absl::Status CheckComponent(const v1::LocalComponent& component, int index) {
  const auto field = [index](absl::string_view name) {
    return FieldOf("local_manifest.components", index, name);
  };
  if (!trust::IsProductName(component.product())) {
    return trust::MalformedField(field("product"), "is no product name");
  }
  if (!trust::IsComponentName(component.name())) {
    return trust::MalformedField(field("name"), "is no component name");
  }
  if (component.state() < v1::LocalComponent::PRESENT ||
      component.state() > v1::LocalComponent::UNREADABLE) {
    return trust::MalformedField(field("state"), "is no state");
  }
  if (component.owner().size() > 130 || !base::CheckText(component.owner()).ok()) {
    return trust::MalformedField(field("owner"), "is too long, or no text");
  }
  const size_t want = component.state() == v1::LocalComponent::PRESENT
                          ? static_cast<size_t>(base::Digest::kSizeBytes)
                          : 0;
  if (component.sha256().size() != want) {
    return trust::MalformedField(field("sha256"), absl::StrCat("has not ", want, " bytes"));
  }
  return absl::OkStatus();
}

absl::Status CheckLocalManifest(const v1::LocalManifest& manifest) {
  const FieldName field = Field("local_manifest.components");
  MIG_RETURN_IF_ERROR(
      trust::CheckCount(field, manifest.components_size(), 0, base::kMaxLocalComponents));
  MIG_RETURN_IF_ERROR(
      trust::CheckSorted(field, manifest.components(), [](const v1::LocalComponent& component) {
        return std::make_pair(absl::string_view(component.product()),
                              absl::string_view(component.name()));
      }));
  for (int i = 0; i < manifest.components_size(); ++i) {
    MIG_RETURN_IF_ERROR(CheckComponent(manifest.components(i), i));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CheckInFacts> ReadCheckIn(const v1::CheckInRequest& request, const HostEntry& host) {
  CheckInFacts facts;
  MIG_ASSIGN_OR_RETURN(facts.nonce, trust::IdField<trust::Nonce>(Field("nonce"), request.nonce()));
  MIG_ASSIGN_OR_RETURN(facts.machine, trust::DigestField(Field("machine"), request.machine()));
  if (!request.previous_answer().empty()) {
    MIG_ASSIGN_OR_RETURN(
        facts.previous_answer,
        trust::IdField<AnswerId>(Field("previous_answer"), request.previous_answer()));
  }
  if (!request.last_acknowledged_attempt().empty()) {
    MIG_RETURN_IF_ERROR(trust::IdField<AttemptId>(Field("last_acknowledged_attempt"),
                                                  request.last_acknowledged_attempt())
                            .status());
  }
  if (request.root_version() == 0) {
    return trust::MalformedField(Field("root_version"), "is missing");
  }
  facts.root_version = request.root_version();
  MIG_ASSIGN_OR_RETURN(const std::vector<base::Digest> held,
                       trust::DigestList(Field("document_digests"), request.document_digests(), 0,
                                         base::kMaxHeldDocuments));
  facts.held = {held.begin(), held.end()};

  facts.state.machine = facts.machine;
  MIG_RETURN_IF_ERROR(ReadState(request, host, facts));
  MIG_RETURN_IF_ERROR(CheckLocalManifest(request.local_manifest()));
  return facts;
}

absl::StatusOr<CheckInFacts> ReadRemembered(const v1::CheckInRequest& said, const HostEntry& host) {
  CheckInFacts facts;
  MIG_RETURN_IF_ERROR(ReadState(said, host, facts));
  return facts;
}

absl::StatusOr<rollout::Facts> FactsOf(const v1::Environment& environment, const HostId& host,
                                       const base::Digest& machine,
                                       const trust::TrustedState& state, const Snapshot& snapshot) {
  std::map<std::string, std::string> versions;
  for (const auto& [name, product] : state.products) {
    if (!product.installed.has_value()) continue;
    const rollout::CheckedManifest* manifest = snapshot.manifest(product.installed->manifest);
    if (manifest == nullptr || manifest->manifest().product() != name) continue;
    versions.emplace(name, manifest->manifest().version());
  }
  return rollout::Facts::From({.host_id = host, .machine = machine}, environment, versions);
}

std::optional<rollout::Facts> KnownFacts(const HostRecord& record, const v1::CheckInRequest* said,
                                         const trust::TrustedState& state,
                                         const Snapshot& snapshot) {
  v1::Environment environment;
  if (said != nullptr) {
    environment = said->environment();
  } else {
    environment.set_hostname(record.name);
    environment.set_loader_version("0");  // never missing in an environment
  }
  absl::StatusOr<rollout::Facts> facts =
      FactsOf(environment, record.id, record.machine, state, snapshot);
  if (!facts.ok()) return std::nullopt;
  return *std::move(facts);
}

rollout::Facts WithCoordinatorFacts(const rollout::Facts& facts, const HostEntry& host,
                                    absl::string_view state_word, absl::string_view seen_address,
                                    absl::Time now) {
  rollout::CoordinatorFacts said;
  if (host.marks != nullptr) {
    for (const Label& label : host.marks->labels) said.labels.emplace(label.name, label.value);
  }
  said.state = std::string(state_word);
  if (host.last_seen != absl::InfinitePast()) {
    said.last_seen = std::max(now - host.last_seen, absl::ZeroDuration());
  }
  if (absl::StatusOr<rollout::IpAddress> address = rollout::IpAddress::Parse(seen_address);
      address.ok()) {
    said.seen_address = *std::move(address);
  }
  return facts.With(said);
}

}  // namespace mig::coordinator
