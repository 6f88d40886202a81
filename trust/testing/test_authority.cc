#include "trust/testing/test_authority.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/sizes.h"

namespace mig::trust::testing {

namespace {

int64_t Ms(absl::Duration span) { return absl::ToInt64Milliseconds(span); }
int64_t Ms(absl::Time time) { return absl::ToUnixMillis(time); }

base::Digest Numbered(absl::string_view label, uint64_t number) {
  return base::Sha256().AddWithLength(label).AddU64Be(number).Finish();
}

template <typename Id>
Id IdOf(absl::string_view label, uint64_t number) {
  return *Id::FromBytes(Numbered(label, number).bytes().substr(0, Id::kSizeBytes));
}

const RoleSize& SizeOf(const TestAuthorityOptions& options, RoleKind role) {
  switch (role) {
    case RoleKind::kRoot:
      return options.root;
    case RoleKind::kRelease:
      return options.release;
    case RoleKind::kRollout:
      return options.rollout;
    case RoleKind::kOnline:
      break;
  }
  return options.online;
}

std::map<RoleKind, std::vector<NamedSigningKey>> MakeKeys(const TestAuthorityOptions& options) {
  std::map<RoleKind, std::vector<NamedSigningKey>> keys;
  for (const RoleKind role : kAllRoleKinds) {
    std::vector<NamedSigningKey>& list = keys[role];
    for (uint32_t i = 0; i < SizeOf(options, role).keys; ++i) {
      const uint64_t number = options.key_set * 1'000 + static_cast<uint64_t>(role) * 100 + i;
      list.push_back({.name = absl::StrCat(NameOf(role), "-", i + 1), .key = TestKey(number)});
    }
    std::sort(list.begin(), list.end(), [](const NamedSigningKey& a, const NamedSigningKey& b) {
      return a.key.public_key().id() < b.key.public_key().id();
    });
  }
  return keys;
}

void SetHead(const std::string& trust_domain, absl::Time issued, auto& message) {
  message.set_format(1);
  message.set_trust_domain(trust_domain);
  message.set_issued_ms(Ms(issued));
}

template <typename T>
T Must(absl::StatusOr<T> result) {
  MIG_CHECK_OK(result);
  return *std::move(result);
}

std::string Text(absl::string_view bytes) { return std::string(bytes); }

}  // namespace

SigningKey TestKey(uint64_t number) {
  return Must(SigningKey::FromSeed(Numbered("test key", number).bytes()));
}
HostId TestHostId(uint64_t number) { return IdOf<HostId>("test host", number); }
Nonce TestNonce(uint64_t number) { return IdOf<Nonce>("test nonce", number); }
RolloutId TestRolloutId(uint64_t number) { return IdOf<RolloutId>("test rollout", number); }
CohortSeed TestCohortSeed(uint64_t number) { return IdOf<CohortSeed>("test seed", number); }
base::Digest TestDigest(absl::string_view label) { return base::Sha256Of(label); }

TestAuthority::TestAuthority(TestAuthorityOptions options)
    : options_(std::move(options)), keys_(MakeKeys(options_)), root_(VerifiedFirst(Root())) {}

v1::Root TestAuthority::Root() const {
  v1::Root root;
  SetHead(options_.trust_domain, TestEpoch(), root);
  root.set_version(1);
  for (const RoleKind kind : kAllRoleKinds) {
    v1::Role& role = *root.add_roles();
    role.set_kind(static_cast<v1::Role::Kind>(kind));
    role.set_threshold(SizeOf(options_, kind).threshold);
    role.set_emergency_threshold(SizeOf(options_, kind).emergency_threshold);
    for (const NamedSigningKey& named : keys(kind)) {
      v1::Key& key = *role.add_keys();
      key.set_key_id(Text(named.key.public_key().id().bytes()));
      key.set_algorithm(v1::Key::ED25519);
      key.set_public_key(named.key.public_key().bytes());
      key.set_name(named.name);
    }
  }
  root.add_products()->set_product("agent");
  root.add_products()->set_product("loader");
  root.add_streams()->set_stream("main");
  v1::PlanRules& rules = *root.mutable_plan_rules();
  rules.set_least_soak_ms(Ms(base::kDefaultLeastSoak));
  rules.set_largest_share_ppm(base::kWholePpm);
  rules.set_longest_life_ms(Ms(base::kDefaultLongestLife));
  rules.set_longest_baseline_ms(Ms(base::kDefaultLongestBaseline));
  rules.set_max_plan_age_ms(Ms(base::kDefaultMaxPlanAge));
  root.add_server_ca_certificates("not a certificate");
  root.add_loader_ca_spki_digests(Text(TestDigest("loaders").bytes()));
  root.add_operator_ca_spki_digests(Text(TestDigest("operators").bytes()));
  root.set_expires_ms(Ms(TestEpoch() + absl::Hours(24 * 365)));
  return root;
}

v1::Manifest TestAuthority::Manifest(absl::string_view product, uint64_t sequence,
                                     const std::map<std::string, std::string>& components) const {
  v1::Manifest manifest;
  SetHead(options_.trust_domain, TestEpoch() + absl::Hours(1), manifest);
  manifest.set_product(Text(product));
  manifest.set_version(absl::StrCat("1.", sequence));
  manifest.set_sequence(sequence);
  v1::Variant& variant = *manifest.add_variants();
  for (const auto& [name, content] : components) {
    v1::Component& component = *variant.add_components();
    component.set_name(name);
    component.set_size_bytes(content.size());
    component.set_sha256(Text(base::Sha256Of(content).bytes()));
  }
  return manifest;
}

v1::Plan TestAuthority::Plan(uint64_t sequence, absl::string_view product,
                             const base::Digest& target) const {
  const absl::Time issued = TestEpoch() + absl::Hours(2);
  v1::Plan plan;
  SetHead(options_.trust_domain, issued, plan);
  plan.set_name(absl::StrCat(product, "-", sequence));
  plan.set_stream("main");
  plan.set_sequence(sequence);
  plan.set_rollout(Text(TestRolloutId(sequence).bytes()));
  plan.set_first_issued_ms(Ms(issued));
  plan.set_cohort_seed(Text(TestCohortSeed(sequence).bytes()));
  v1::PlanItem& item = *plan.add_items();
  item.set_product(Text(product));
  item.set_manifest_digest(Text(target.bytes()));
  v1::Wave& wave = *plan.add_waves();
  wave.set_hi_ppm(base::kWholePpm);
  wave.set_not_before_ms(Ms(issued));
  plan.set_expires_ms(Ms(issued + base::kDefaultLongestLife));
  plan.set_baseline_until_ms(Ms(issued + base::kDefaultLongestBaseline));
  return plan;
}

v1::Assignment TestAuthority::Assignment(const HostId& host, const Nonce& nonce,
                                         absl::Time issued) const {
  v1::Assignment assignment;
  SetHead(options_.trust_domain, issued, assignment);
  assignment.set_host_id(Text(host.bytes()));
  assignment.set_nonce(Text(nonce.bytes()));
  assignment.set_lifetime_ms(Ms(base::kMaxAssignmentLife));
  return assignment;
}

v1::Head TestAuthority::Head(uint64_t generation, uint64_t sequence, absl::Time issued) const {
  v1::Head head;
  SetHead(options_.trust_domain, issued, head);
  head.set_store_id(Text(IdOf<StoreId>("test store", options_.key_set).bytes()));
  head.set_generation(generation);
  head.set_sequence(sequence);
  return head;
}

std::string TestAuthority::SignPayload(DocumentType type, absl::string_view payload, RoleKind role,
                                       size_t signers) const {
  Envelope envelope = Must(Envelope::Unsigned(type, Text(payload)));
  MIG_CHECK(signers <= keys(role).size());
  for (size_t i = 0; i < signers; ++i) MIG_CHECK_OK(envelope.Sign(keys(role)[i].key));
  return envelope.Serialize();
}

std::string TestAuthority::Sign(const v1::Root& root) const {
  return SignPayload(DocumentType::kRoot, root.SerializeAsString(), RoleKind::kRoot,
                     options_.root.threshold);
}
std::string TestAuthority::Sign(const v1::Manifest& manifest) const {
  return SignPayload(DocumentType::kManifest, manifest.SerializeAsString(), RoleKind::kRelease,
                     options_.release.threshold);
}
std::string TestAuthority::Sign(const v1::Plan& plan) const {
  return SignPayload(
      DocumentType::kPlan, plan.SerializeAsString(), RoleKind::kRollout,
      plan.emergency() ? options_.rollout.emergency_threshold : options_.rollout.threshold);
}
std::string TestAuthority::Sign(const v1::Assignment& assignment) const {
  return SignPayload(DocumentType::kAssignment, assignment.SerializeAsString(), RoleKind::kOnline,
                     1);
}
std::string TestAuthority::Sign(const v1::Head& head) const {
  return SignPayload(DocumentType::kHead, head.SerializeAsString(), RoleKind::kOnline, 1);
}

std::string TestAuthority::SignSuccessor(const v1::Root& next,
                                         const TestAuthority& successor) const {
  Envelope envelope = Must(Envelope::Unsigned(DocumentType::kRoot, next.SerializeAsString()));
  for (const TestAuthority* authority : {this, &successor}) {
    for (uint32_t i = 0; i < authority->options_.root.threshold; ++i) {
      MIG_CHECK_OK(envelope.Sign(authority->keys(RoleKind::kRoot)[i].key));
    }
  }
  return envelope.Serialize();
}

Verified<Root> TestAuthority::VerifiedFirst(const v1::Root& root) const {
  return Must(VerifyFirstRoot(Sign(root)));
}
Verified<Manifest> TestAuthority::Verified(const v1::Manifest& manifest) const {
  return Must(Verify<trust::Manifest>(Sign(manifest), root_));
}
Verified<Plan> TestAuthority::Verified(const v1::Plan& plan) const {
  return Must(Verify<trust::Plan>(Sign(plan), root_));
}
Verified<Assignment> TestAuthority::Verified(const v1::Assignment& assignment) const {
  return Must(Verify<trust::Assignment>(Sign(assignment), root_));
}
Verified<Head> TestAuthority::Verified(const v1::Head& head) const {
  return Must(Verify<trust::Head>(Sign(head), root_));
}

}  // namespace mig::trust::testing
