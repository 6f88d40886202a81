#include "ctl/documents/make_root.h"

#include <algorithm>
#include <utility>

#include "base/sizes.h"
#include "base/status_macros.h"
#include "proto/mig/v1/root.pb.h"

namespace mig::ctl {
namespace {

void AddRole(const RoleKeys& role, v1::Role::Kind kind, v1::Root& root) {
  v1::Role& out = *root.add_roles();
  out.set_kind(kind);
  out.set_threshold(role.threshold);
  if (kind == v1::Role::ROLLOUT) {
    const uint32_t keys = static_cast<uint32_t>(role.keys.size());
    out.set_emergency_threshold(role.emergency_threshold != 0 ? role.emergency_threshold
                                                              : std::min(role.threshold + 1, keys));
  }
  std::vector<trust::NamedPublicKey> keys = role.keys;
  std::sort(keys.begin(), keys.end(),
            [](const auto& a, const auto& b) { return a.key.id().bytes() < b.key.id().bytes(); });
  for (const trust::NamedPublicKey& key : keys) {
    v1::Key& added = *out.add_keys();
    added.set_key_id(std::string(key.key.id().bytes()));
    added.set_algorithm(static_cast<v1::Key::Algorithm>(key.key.algorithm()));
    added.set_public_key(key.key.bytes());
    added.set_name(key.name);
  }
}

void AddSorted(std::vector<std::string> values,
               google::protobuf::RepeatedPtrField<std::string>& field) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  for (std::string& value : values) *field.Add() = std::move(value);
}

std::vector<std::string> BytesOf(const std::vector<base::Digest>& digests) {
  std::vector<std::string> bytes;
  for (const base::Digest& digest : digests) bytes.emplace_back(digest.bytes());
  return bytes;
}

void AddLines(const RootSpec& spec, v1::Root& root) {
  std::vector<trust::RootProduct> products = spec.products;
  std::sort(products.begin(), products.end(),
            [](const auto& a, const auto& b) { return a.product < b.product; });
  for (const trust::RootProduct& product : products) {
    v1::RootProduct& added = *root.add_products();
    added.set_product(product.product);
    added.set_epoch(product.epoch);
    added.set_floor(product.floor);
    AddSorted(BytesOf(product.withdrawn), *added.mutable_withdrawn());
  }
  std::vector<trust::RootStream> streams = spec.streams;
  std::sort(streams.begin(), streams.end(),
            [](const auto& a, const auto& b) { return a.stream < b.stream; });
  for (const trust::RootStream& stream : streams) {
    v1::RootStream& added = *root.add_streams();
    added.set_stream(stream.stream);
    added.set_epoch(stream.epoch);
  }
}

RoleKeys KeysOf(const trust::Role& role) {
  RoleKeys keys;
  keys.threshold = role.threshold;
  keys.emergency_threshold = role.emergency_threshold;
  for (const trust::RoleKey& key : role.keys) keys.keys.push_back({key.name, key.key});
  return keys;
}

}  // namespace

RootSpec NewRootSpec() {
  RootSpec spec;
  spec.rules.least_soak = base::kDefaultLeastSoak;
  spec.rules.largest_share_ppm = base::kDefaultLargestSharePpm;
  spec.rules.longest_life = base::kDefaultLongestLife;
  spec.rules.longest_baseline = base::kDefaultLongestBaseline;
  spec.rules.max_plan_age = base::kDefaultMaxPlanAge;
  return spec;
}

RootSpec SuccessorSpec(const trust::Root& root) {
  RootSpec spec;
  spec.trust_domain = root.head().trust_domain;
  spec.version = root.version() + 1;
  spec.root = KeysOf(root.role(trust::RoleKind::kRoot));
  spec.release = KeysOf(root.role(trust::RoleKind::kRelease));
  spec.rollout = KeysOf(root.role(trust::RoleKind::kRollout));
  spec.online = KeysOf(root.role(trust::RoleKind::kOnline));
  spec.products = root.products();
  spec.streams = root.streams();
  spec.rules = root.plan_rules();
  spec.server_cas = root.server_ca_certificates();
  spec.loader_ca_spki_digests = root.loader_ca_spki_digests();
  spec.operator_ca_spki_digests = root.operator_ca_spki_digests();
  return spec;
}

absl::StatusOr<trust::Envelope> MakeRoot(const RootSpec& spec) {
  v1::Root root;
  root.set_format(1);
  root.set_trust_domain(spec.trust_domain);
  root.set_issued_ms(absl::ToUnixMillis(spec.issued));
  root.set_version(spec.version);
  AddRole(spec.root, v1::Role::ROOT, root);
  AddRole(spec.release, v1::Role::RELEASE, root);
  AddRole(spec.rollout, v1::Role::ROLLOUT, root);
  AddRole(spec.online, v1::Role::ONLINE, root);
  AddLines(spec, root);
  v1::PlanRules& rules = *root.mutable_plan_rules();
  rules.set_least_soak_ms(absl::ToInt64Milliseconds(spec.rules.least_soak));
  rules.set_largest_share_ppm(spec.rules.largest_share_ppm);
  rules.set_longest_life_ms(absl::ToInt64Milliseconds(spec.rules.longest_life));
  rules.set_longest_baseline_ms(absl::ToInt64Milliseconds(spec.rules.longest_baseline));
  rules.set_max_plan_age_ms(absl::ToInt64Milliseconds(spec.rules.max_plan_age));
  AddSorted(spec.server_cas, *root.mutable_server_ca_certificates());
  AddSorted(BytesOf(spec.loader_ca_spki_digests), *root.mutable_loader_ca_spki_digests());
  AddSorted(BytesOf(spec.operator_ca_spki_digests), *root.mutable_operator_ca_spki_digests());
  root.set_expires_ms(absl::ToUnixMillis(spec.expires));

  std::string payload = root.SerializeAsString();
  MIG_RETURN_IF_ERROR(trust::Root::Parse(payload).status());
  return trust::Envelope::Unsigned(trust::DocumentType::kRoot, std::move(payload));
}

}  // namespace mig::ctl
