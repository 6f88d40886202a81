#include "trust/root.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/sizes.h"
#include "proto/mig/v1/root.pb.h"
#include "trust/fields.h"
#include "trust/names.h"
#include "trust/strict_message.h"

namespace mig::trust {

namespace {

constexpr absl::Duration kLongestBaseline = absl::Hours(24 * 90);

absl::StatusOr<RoleKey> ReadKey(const v1::Key& key, absl::string_view parent, size_t index) {
  absl::StatusOr<PublicKey> public_key = PublicKey::Create(key.algorithm(), key.public_key());
  if (!public_key.ok()) {
    return WithContext(ToText(FieldName{parent, index, "public_key"}), public_key.status());
  }
  if (public_key->id().bytes() != key.key_id()) {
    return MalformedField({parent, index, "key_id"}, "is not the id of this public key");
  }
  if (!IsOperatorName(key.name())) {
    return MalformedField({parent, index, "name"}, "must be 1 to 64 of a-z 0-9 . _ -");
  }
  return RoleKey{.name = key.name(), .key = *std::move(public_key)};
}

absl::Status CheckThresholds(const Role& role, size_t index) {
  const size_t most = std::min(role.keys.size(), base::kMaxSignatures);
  MIG_RETURN_IF_ERROR(CheckRange({"roles", index, "threshold"}, role.threshold, 1,
                                 role.kind == RoleKind::kOnline ? 1 : most));
  const FieldName emergency = {"roles", index, "emergency_threshold"};
  if (role.kind == RoleKind::kRollout) {
    return CheckRange(emergency, role.emergency_threshold, role.threshold, most);
  }
  if (role.emergency_threshold == 0) return absl::OkStatus();
  return MalformedField(emergency, "is for the rollout role only");
}

absl::StatusOr<Role> ReadRole(const v1::Role& message, size_t index) {
  Role role;
  role.kind = kAllRoleKinds.at(index);
  if (message.kind() != static_cast<int>(role.kind)) {
    return MalformedField({"roles", index, "kind"},
                          absl::StrCat("must be ", NameOf(role.kind),
                                       ": each of the four stands there once, in this order: root, "
                                       "release, rollout, online"));
  }
  role.threshold = message.threshold();
  role.emergency_threshold = message.emergency_threshold();
  MIG_RETURN_IF_ERROR(
      CheckCount({"roles", index, "keys"}, message.keys_size(), 1, base::kMaxKeysPerRole));
  const std::string parent = absl::StrCat("roles[", index, "].keys");
  for (int i = 0; i < message.keys_size(); ++i) {
    MIG_ASSIGN_OR_RETURN(RoleKey key, ReadKey(message.keys(i), parent, i));
    role.keys.push_back(std::move(key));
  }
  MIG_RETURN_IF_ERROR(CheckSorted({"roles", index, "keys"}, role.keys,
                                  [](const RoleKey& key) { return key.key.id(); }));
  MIG_RETURN_IF_ERROR(CheckThresholds(role, index));
  return role;
}

absl::StatusOr<std::array<Role, 4>> ReadRoles(const v1::Root& message) {
  std::array<Role, 4> roles;
  MIG_RETURN_IF_ERROR(CheckCount({"", 0, "roles"}, message.roles_size(), 4, 4));
  std::set<KeyId> ids;
  for (int i = 0; i < message.roles_size(); ++i) {
    MIG_ASSIGN_OR_RETURN(roles[i], ReadRole(message.roles(i), i));
    for (const RoleKey& key : roles[i].keys) {
      if (ids.insert(key.key.id()).second) continue;
      return MalformedField({"roles", static_cast<size_t>(i), "keys"},
                            absl::StrCat("has the key ", ShortId(key.key.id()),
                                         " of another role: one key holds one role"));
    }
  }
  return roles;
}

absl::StatusOr<std::vector<RootProduct>> ReadProducts(const v1::Root& message) {
  MIG_RETURN_IF_ERROR(
      CheckCount({"", 0, "products"}, message.products_size(), 1, base::kMaxProducts));
  std::vector<RootProduct> products;
  for (const v1::RootProduct& entry : message.products()) {
    const size_t index = products.size();
    if (!IsProductName(entry.product())) {
      return MalformedField({"products", index, "product"}, "must be [a-z][a-z0-9-]{0,31}");
    }
    RootProduct product = {
        .product = entry.product(), .epoch = entry.epoch(), .floor = entry.floor()};
    MIG_ASSIGN_OR_RETURN(product.withdrawn,
                         DigestList({"products", index, "withdrawn"}, entry.withdrawn(), 0,
                                    base::kMaxWithdrawnPerProduct));
    products.push_back(std::move(product));
  }
  MIG_RETURN_IF_ERROR(
      CheckSorted({"", 0, "products"}, products, [](const auto& p) { return p.product; }));
  return products;
}

absl::StatusOr<std::vector<RootStream>> ReadStreams(const v1::Root& message) {
  MIG_RETURN_IF_ERROR(CheckCount({"", 0, "streams"}, message.streams_size(), 1, base::kMaxStreams));
  std::vector<RootStream> streams;
  for (const v1::RootStream& entry : message.streams()) {
    if (!IsProductName(entry.stream())) {
      return MalformedField({"streams", streams.size(), "stream"}, "must be [a-z][a-z0-9-]{0,31}");
    }
    streams.push_back({.stream = entry.stream(), .epoch = entry.epoch()});
  }
  MIG_RETURN_IF_ERROR(
      CheckSorted({"", 0, "streams"}, streams, [](const auto& s) { return s.stream; }));
  return streams;
}

absl::StatusOr<PlanRules> ReadPlanRules(const v1::PlanRules& message) {
  constexpr absl::string_view kParent = "plan_rules";
  const absl::Duration least = absl::Milliseconds(1);
  const auto name = [kParent](absl::string_view field) { return FieldName{kParent, 0, field}; };
  PlanRules rules;
  MIG_ASSIGN_OR_RETURN(rules.least_soak, SpanField(name("least_soak_ms"), message.least_soak_ms(),
                                                   least, base::kMaxSoak));
  rules.largest_share_ppm = message.largest_share_ppm();
  MIG_RETURN_IF_ERROR(
      CheckRange(name("largest_share_ppm"), rules.largest_share_ppm, 1, base::kWholePpm));
  MIG_ASSIGN_OR_RETURN(
      rules.longest_life,
      SpanField(name("longest_life_ms"), message.longest_life_ms(), least, base::kMaxLife));
  MIG_ASSIGN_OR_RETURN(rules.longest_baseline,
                       SpanField(name("longest_baseline_ms"), message.longest_baseline_ms(), least,
                                 kLongestBaseline));
  MIG_ASSIGN_OR_RETURN(
      rules.max_plan_age,
      SpanField(name("max_plan_age_ms"), message.max_plan_age_ms(), least, base::kMaxLife));
  return rules;
}

absl::StatusOr<std::vector<std::string>> ReadServerCas(const v1::Root& message) {
  const FieldName name = {"", 0, "server_ca_certificates"};
  MIG_RETURN_IF_ERROR(
      CheckCount(name, message.server_ca_certificates_size(), 1, base::kMaxServerCas));
  std::vector<std::string> certificates;
  for (const std::string& der : message.server_ca_certificates()) {
    if (der.empty()) return MalformedField(name, "has an empty entry");
    MIG_RETURN_IF_ERROR(CheckRange(name, der.size(), 1, base::kMaxServerCaBytes));
    certificates.push_back(der);
  }
  MIG_RETURN_IF_ERROR(CheckSorted(name, certificates,
                                  [](const std::string& der) { return absl::string_view(der); }));
  return certificates;
}

}  // namespace

absl::StatusOr<Root> Root::Parse(absl::string_view payload) {
  MIG_RETURN_IF_ERROR(CheckRange({"", 0, "payload"}, payload.size(), 0, base::kMaxRootBytes));
  v1::Root message;
  MIG_RETURN_IF_ERROR(ParseStrictly(payload, message));
  Root root;
  MIG_ASSIGN_OR_RETURN(root.head_, HeadOf(message));
  root.version_ = message.version();
  MIG_ASSIGN_OR_RETURN(root.roles_, ReadRoles(message));
  MIG_ASSIGN_OR_RETURN(root.products_, ReadProducts(message));
  MIG_ASSIGN_OR_RETURN(root.streams_, ReadStreams(message));
  MIG_ASSIGN_OR_RETURN(root.plan_rules_, ReadPlanRules(message.plan_rules()));
  MIG_ASSIGN_OR_RETURN(root.server_cas_, ReadServerCas(message));
  MIG_ASSIGN_OR_RETURN(root.loader_cas_,
                       DigestList({"", 0, "loader_ca_spki_digests"},
                                  message.loader_ca_spki_digests(), 1, base::kMaxClientCas));
  MIG_ASSIGN_OR_RETURN(root.operator_cas_,
                       DigestList({"", 0, "operator_ca_spki_digests"},
                                  message.operator_ca_spki_digests(), 1, base::kMaxClientCas));
  MIG_ASSIGN_OR_RETURN(root.expires_, TimeField({"", 0, "expires_ms"}, message.expires_ms()));
  if (root.head_.issued >= root.expires_) {
    return Refuse(v1::Refusal::ISSUED_TIME, "issued_ms is not before expires_ms");
  }
  return root;
}

const Role& Root::role(RoleKind kind) const { return roles_.at(static_cast<size_t>(kind) - 1); }

const RootProduct* Root::product(absl::string_view name) const {
  for (const RootProduct& product : products_) {
    if (product.product == name) return &product;
  }
  return nullptr;
}

const RootStream* Root::stream(absl::string_view name) const {
  for (const RootStream& stream : streams_) {
    if (stream.stream == name) return &stream;
  }
  return nullptr;
}

bool Root::IsTrial() const {
  const Role& role = this->role(RoleKind::kRoot);
  return role.threshold == 1 && role.keys.size() == 1;
}

}  // namespace mig::trust
