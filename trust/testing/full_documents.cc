#include "trust/testing/full_documents.h"

#include <algorithm>
#include <vector>

#include "absl/time/time.h"
#include "base/sizes.h"
#include "trust/verified.h"

namespace mig::trust::testing {

namespace {

std::string Text(const base::Digest& digest) { return std::string(digest.bytes()); }
int64_t Ms(absl::Duration span) { return absl::ToInt64Milliseconds(span); }
int64_t Ms(absl::Time time) { return absl::ToUnixMillis(time); }

void AddSequentialTest(v1::SequentialTest& test) {
  test.set_failed_micronats(1'386'294);
  test.set_good_micronats(15'190);
  test.set_halt_micronats(4'553'877);
  test.set_pass_micronats(-2'985'682);
  test.set_acceptable_ppm(5'000);
  test.set_unacceptable_ppm(20'000);
  test.set_false_halt_ppm(10'000);
  test.set_false_pass_ppm(50'000);
}

void AddGates(v1::Gates& gates) {
  AddSequentialTest(*gates.mutable_wave_failures());
  AddSequentialTest(*gates.mutable_rollout_failures());
  AddSequentialTest(*gates.mutable_slice_failures());
  v1::SilenceTest& silence = *gates.mutable_silence();
  silence.set_trial_ms(Ms(absl::Hours(4)));
  silence.set_ratio_ppm(3'000'000);
  silence.set_halt_micronats(4'553'877);
  silence.set_pass_micronats(-2'985'682);
  silence.set_least_controls(10);
  v1::CountRule& counts = *gates.mutable_counts();
  counts.set_below_hosts(200);
  counts.set_hold_at_bad(1);
  counts.add_steps()->set_hosts(1);
  v1::CountStep& step = *counts.add_steps();
  step.set_hosts(2);
  step.set_share_ppm(100'000);
  gates.set_max_harmed(500);
  gates.set_max_first_wave(20);
  gates.set_confirmed_ppm(900'000);
  gates.set_overdue_ms(Ms(absl::Hours(72)));
  gates.add_slices("kernel");
  gates.add_slices("tags.site");
}

void AddForms(v1::Component& component) {
  v1::Form& whole = *component.add_forms();
  whole.set_encoding(v1::Form::ZSTD);
  whole.set_size_bytes(700);
  whole.set_sha256(Text(TestDigest("zstd")));
  whole.set_window_bytes(2'048);
  v1::Form& patch = *component.add_forms();
  patch.set_encoding(v1::Form::ZSTD_PATCH);
  patch.set_base_sha256(Text(TestDigest("old agent")));
  patch.set_size_bytes(90);
  patch.set_sha256(Text(TestDigest("patch")));
  patch.set_window_bytes(4'096);
}

}  // namespace

v1::Root FullRoot(const TestAuthority& authority) {
  v1::Root root = authority.Root();
  v1::RootProduct& agent = *root.mutable_products(0);
  agent.set_epoch(1);
  agent.set_floor(3);
  std::vector<std::string> withdrawn = {Text(TestDigest("withdrawn 1")),
                                        Text(TestDigest("withdrawn 2"))};
  std::sort(withdrawn.begin(), withdrawn.end());
  for (const std::string& digest : withdrawn) agent.add_withdrawn(digest);
  root.mutable_streams(0)->set_epoch(2);
  return root;
}

v1::Manifest FullManifest(const TestAuthority& authority) {
  v1::Manifest manifest =
      authority.Manifest("agent", 118, {{"agent", "agent"}, {"conf/10-site.cfg", "site"}});
  manifest.set_epoch(1);
  v1::Variant& variant = *manifest.mutable_variants(0);
  variant.set_filter("os = \"linux\" AND arch = \"x86_64\"");
  variant.mutable_components(0)->set_confidential(true);
  AddForms(*variant.mutable_components(0));
  v1::Variant& other = *manifest.add_variants();
  v1::Component& empty = *other.add_components();
  empty.set_name("agent");
  empty.set_sha256(Text(TestDigest("")));
  manifest.add_retired("oldconf");
  v1::Requirement& requirement = *manifest.add_requirements();
  requirement.set_product("loader");
  requirement.set_epoch(1);
  requirement.set_sequence(9);
  return manifest;
}

v1::Plan FullPlan(const TestAuthority& authority) {
  v1::Plan plan = authority.Plan(61, "agent", TestDigest("manifest 118"));
  const absl::Time first = absl::FromUnixMillis(plan.first_issued_ms());
  plan.set_epoch(2);
  plan.set_priority(7);
  plan.set_filter("distribution = \"debian\"");
  v1::Window& window = *plan.mutable_window();
  window.set_days(31);
  window.set_start_minute(22 * 60);
  window.set_length_minutes(6 * 60);
  plan.set_base(Text(TestDigest("plan 60")));
  plan.mutable_items(0)->set_epoch(1);
  plan.mutable_items(0)->set_fallback_manifest_digest(Text(TestDigest("manifest 119")));
  v1::Canaries& canaries = *plan.mutable_canaries();
  std::vector<HostId> hosts = {TestHostId(1), TestHostId(2)};
  std::sort(hosts.begin(), hosts.end());
  for (const HostId& host : hosts) canaries.add_host_ids(std::string(host.bytes()));
  canaries.set_not_before_ms(Ms(first));
  canaries.set_soak_ms(Ms(absl::Hours(2)));
  v1::Wave& early = *plan.mutable_waves(0);
  early.set_name("early");
  early.set_lo_ppm(0);
  early.set_hi_ppm(20'000);
  early.set_not_before_ms(Ms(first + absl::Hours(4)));
  early.set_ramp_ms(Ms(absl::Hours(8)));
  early.set_soak_ms(Ms(absl::Hours(24)));
  v1::Wave& all = *plan.add_waves();
  all.set_lo_ppm(20'000);
  all.set_hi_ppm(base::kWholePpm);
  all.set_filter("tags.site = \"ber\"");
  all.set_not_before_ms(Ms(first + absl::Hours(48)));
  all.set_ramp_ms(Ms(absl::Hours(8)));
  all.set_soak_ms(Ms(absl::Hours(24)));
  all.set_name("all");
  plan.set_holdback_ppm(20'000);
  AddGates(*plan.mutable_gates());
  plan.set_emergency(true);
  plan.add_retry(Text(TestDigest("manifest 117")));
  return plan;
}

v1::Assignment FullAssignment(const TestAuthority& authority) {
  v1::Assignment assignment =
      authority.Assignment(TestHostId(1), TestNonce(1), TestEpoch() + absl::Hours(3));
  v1::AssignmentItem& item = *assignment.add_items();
  item.set_product("agent");
  item.set_manifest_digest(Text(TestDigest("manifest 118")));
  item.set_variant(1);
  item.set_plan_digest(Text(TestDigest("plan 61")));
  assignment.set_next_hint_ms(Ms(absl::Minutes(30)));
  assignment.set_ticket("a ticket");
  return assignment;
}

v1::Head FullHead(const TestAuthority& authority) {
  return authority.Head(2, 40'000, TestEpoch() + absl::Hours(3));
}

std::string SignedFull(const TestAuthority& authority, DocumentType type) {
  switch (type) {
    case DocumentType::kRoot:
      return authority.Sign(FullRoot(authority));
    case DocumentType::kManifest:
      return authority.Sign(FullManifest(authority));
    case DocumentType::kPlan:
      return authority.Sign(FullPlan(authority));
    case DocumentType::kAssignment:
      return authority.Sign(FullAssignment(authority));
    case DocumentType::kHead:
      break;
  }
  return authority.Sign(FullHead(authority));
}

absl::Status TryVerify(const TestAuthority& authority, DocumentType type,
                       absl::string_view envelope) {
  switch (type) {
    case DocumentType::kRoot:
      return VerifyFirstRoot(envelope).status();
    case DocumentType::kManifest:
      return Verify<Manifest>(envelope, authority.VerifiedRoot()).status();
    case DocumentType::kPlan:
      return Verify<Plan>(envelope, authority.VerifiedRoot()).status();
    case DocumentType::kAssignment:
      return Verify<Assignment>(envelope, authority.VerifiedRoot()).status();
    case DocumentType::kHead:
      break;
  }
  return Verify<Head>(envelope, authority.VerifiedRoot()).status();
}

}  // namespace mig::trust::testing
