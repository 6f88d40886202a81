#include "proto/mig/v1/examples.h"

#include <cstdint>
#include <string>

namespace mig::v1::examples {
namespace {

constexpr int64_t kMinuteMs = 60 * 1000;
constexpr int64_t kHourMs = 60 * kMinuteMs;
constexpr int64_t kDayMs = 24 * kHourMs;
constexpr int64_t kIssuedMs = 1'800'000'000'000;  // 2027-01-15 08:00:00 UTC

std::string Bytes32(int fill) { return std::string(32, static_cast<char>(fill)); }
std::string Bytes16(int fill) { return std::string(16, static_cast<char>(fill)); }

template <typename Payload>
Payload WithHead(int64_t issued_ms) {
  Payload payload;
  payload.set_format(1);
  payload.set_trust_domain("corp.example");
  payload.set_issued_ms(issued_ms);
  // No v1 document may have an entry here; it stands so that its encoding is pinned too.
  payload.add_critical(1);
  return payload;
}

void AddRole(Root& root, Role::Kind kind, int fill, const std::string& name) {
  Role& role = *root.add_roles();
  role.set_kind(kind);
  role.set_threshold(1);
  if (kind == Role::ROLLOUT) role.set_emergency_threshold(2);
  const int keys = kind == Role::ROLLOUT ? 2 : 1;
  for (int i = 0; i < keys; ++i) {
    Key& key = *role.add_keys();
    key.set_key_id(Bytes32(fill + i));
    key.set_algorithm(Key::ED25519);
    key.set_public_key(Bytes32(fill + i + 0x40));
    key.set_name(name + std::to_string(i + 1));
  }
}

void SetSeen(SeenDocument& seen, uint64_t sequence, int fill) {
  seen.set_epoch(1);
  seen.set_sequence(sequence);
  seen.set_digest(Bytes32(fill));
}

void SetInstalled(InstalledRelease& installed, int fill) {
  installed.set_manifest_digest(Bytes32(fill));
  installed.set_variant(1);
}

void SetTest(SequentialTest& test) {
  test.set_failed_micronats(1'386'294);
  test.set_good_micronats(15'191);
  test.set_halt_micronats(4'553'877);
  test.set_pass_micronats(-2'985'682);
  test.set_acceptable_ppm(5'000);
  test.set_unacceptable_ppm(20'000);
  test.set_false_halt_ppm(10'000);
  test.set_false_pass_ppm(50'000);
}

void SetGates(Gates& gates) {
  SetTest(*gates.mutable_wave_failures());
  SetTest(*gates.mutable_rollout_failures());
  SetTest(*gates.mutable_slice_failures());
  SilenceTest& silence = *gates.mutable_silence();
  silence.set_trial_ms(4 * kHourMs);
  silence.set_ratio_ppm(3'000'000);
  silence.set_halt_micronats(4'553'877);
  silence.set_pass_micronats(-2'985'682);
  silence.set_least_controls(20);
  CountRule& counts = *gates.mutable_counts();
  counts.set_below_hosts(200);
  CountStep& step = *counts.add_steps();
  step.set_hosts(1);
  step.set_share_ppm(100'000);
  counts.set_hold_at_bad(1);
  gates.set_max_harmed(38);
  gates.set_max_first_wave(20);
  gates.set_confirmed_ppm(900'000);
  gates.set_overdue_ms(2 * kDayMs);
  gates.add_slices("kernel");
}

void SetEnvironment(Environment& environment) {
  environment.set_hostname("lap-0193");
  environment.set_os("linux");
  environment.set_distribution("debian");
  environment.set_distribution_version("12");
  environment.set_kernel("6.1.0-18-amd64");
  environment.set_arch("x86_64");
  environment.set_init("systemd");
  environment.set_model("20XW00ABCD");
  environment.add_addresses("10.1.4.7");
  environment.add_addresses("2001:db8::7");
  environment.set_operator_("ana");
  environment.set_proxied(true);
  environment.set_time_zone("America/St_Johns");
  environment.set_utc_offset_min(-210);
  Tag& tag = *environment.add_tags();
  tag.set_name("site");
  tag.set_value("yyt");
  environment.set_loader_version("1.0.0");
}

}  // namespace

Root ExampleRoot() {
  Root root = WithHead<Root>(kIssuedMs);
  root.set_version(3);
  AddRole(root, Role::ROOT, 0x11, "root");
  AddRole(root, Role::RELEASE, 0x12, "release");
  AddRole(root, Role::ROLLOUT, 0x13, "rollout");
  AddRole(root, Role::ONLINE, 0x15, "online");
  RootProduct& product = *root.add_products();
  product.set_product("agent");
  product.set_epoch(1);
  product.set_floor(100);
  product.add_withdrawn(Bytes32(0x21));
  RootStream& stream = *root.add_streams();
  stream.set_stream("main");
  stream.set_epoch(1);
  PlanRules& rules = *root.mutable_plan_rules();
  rules.set_least_soak_ms(kHourMs);
  rules.set_largest_share_ppm(750'000);
  rules.set_longest_life_ms(30 * kDayMs);
  rules.set_longest_baseline_ms(90 * kDayMs);
  rules.set_max_plan_age_ms(90 * kDayMs);
  root.add_server_ca_certificates("certificate in DER");
  root.add_loader_ca_spki_digests(Bytes32(0x22));
  root.add_operator_ca_spki_digests(Bytes32(0x23));
  root.set_expires_ms(kIssuedMs + 365 * kDayMs);
  return root;
}

Manifest ExampleManifest() {
  Manifest manifest = WithHead<Manifest>(kIssuedMs);
  manifest.set_product("agent");
  manifest.set_version("4.2.0");
  manifest.set_epoch(1);
  manifest.set_sequence(118);
  Variant& variant = *manifest.add_variants();
  variant.set_filter("os = \"linux\" AND arch = \"x86_64\"");
  Component& agent = *variant.add_components();
  agent.set_name("agent");
  agent.set_size_bytes(13'800'000);
  agent.set_sha256(Bytes32(0x31));
  Form& form = *agent.add_forms();
  form.set_encoding(Form::ZSTD_PATCH);
  form.set_base_sha256(Bytes32(0x32));
  form.set_size_bytes(1'900'000);
  form.set_sha256(Bytes32(0x33));
  form.set_window_bytes(8 << 20);
  Component& key = *variant.add_components();
  key.set_name("conf/agent.key");
  key.set_size_bytes(241);
  key.set_sha256(Bytes32(0x34));
  key.set_confidential(true);
  manifest.add_retired("conf/10-old.cfg");
  Requirement& requirement = *manifest.add_requirements();
  requirement.set_product("loader");
  requirement.set_epoch(1);
  requirement.set_sequence(9);
  return manifest;
}

Plan ExamplePlan() {
  Plan plan = WithHead<Plan>(kIssuedMs + kHourMs);
  plan.set_name("agent-4.2");
  plan.set_stream("main");
  plan.set_epoch(1);
  plan.set_sequence(61);
  plan.set_rollout(Bytes16(0x41));
  plan.set_first_issued_ms(kIssuedMs);
  plan.set_priority(7);
  plan.set_cohort_seed(Bytes32(0x42));
  plan.set_filter("distribution = \"debian\"");
  Window& window = *plan.mutable_window();
  window.set_days(0x1f);
  window.set_start_minute(9 * 60);
  window.set_length_minutes(8 * 60);
  plan.set_base(Bytes32(0x43));
  PlanItem& item = *plan.add_items();
  item.set_product("agent");
  item.set_epoch(1);
  item.set_manifest_digest(Bytes32(0x44));
  item.set_fallback_manifest_digest(Bytes32(0x45));
  Canaries& canaries = *plan.mutable_canaries();
  canaries.add_host_ids(Bytes32(0x46));
  canaries.set_not_before_ms(kIssuedMs + kDayMs);
  canaries.set_soak_ms(kDayMs);
  Wave& wave = *plan.add_waves();
  wave.set_lo_ppm(10'000);
  wave.set_hi_ppm(250'000);
  wave.set_filter("tags.site = \"yyt\"");
  wave.set_not_before_ms(kIssuedMs + 3 * kDayMs);
  wave.set_ramp_ms(8 * kHourMs);
  wave.set_soak_ms(kDayMs);
  wave.set_hold(true);
  wave.set_name("early");
  plan.set_holdback_ppm(20'000);
  SetGates(*plan.mutable_gates());
  plan.set_emergency(true);
  plan.add_retry(Bytes32(0x47));
  plan.set_expires_ms(kIssuedMs + 14 * kDayMs);
  plan.set_baseline_until_ms(kIssuedMs + 60 * kDayMs);
  return plan;
}

Assignment ExampleAssignment() {
  Assignment assignment = WithHead<Assignment>(kIssuedMs + 4 * kDayMs);
  assignment.set_host_id(Bytes32(0x46));
  assignment.set_nonce(Bytes32(0x51));
  AssignmentItem& item = *assignment.add_items();
  item.set_product("agent");
  item.set_manifest_digest(Bytes32(0x44));
  item.set_variant(1);
  item.set_plan_digest(Bytes32(0x52));
  assignment.set_lifetime_ms(kMinuteMs);
  assignment.set_next_hint_ms(kHourMs);
  assignment.set_ticket("a ticket, opaque to the host");
  return assignment;
}

Head ExampleHead() {
  Head head = WithHead<Head>(kIssuedMs + 4 * kDayMs);
  head.set_store_id(Bytes16(0x53));
  head.set_generation(2);
  head.set_sequence(123'456);
  return head;
}

Envelope ExampleEnvelope() {
  Envelope envelope;
  envelope.set_payload(ExampleHead().SerializeAsString());
  envelope.set_payload_type("application/vnd.mig.head.v1+protobuf");
  for (int fill = 0x61; fill <= 0x62; ++fill) {
    Signature& signature = *envelope.add_signatures();
    signature.set_key_id(Bytes32(fill));
    signature.set_signature(Bytes32(fill) + Bytes32(fill + 0x10));
  }
  return envelope;
}

CheckInRequest ExampleCheckInRequest() {
  CheckInRequest request;
  request.set_nonce(Bytes32(0x51));
  SetEnvironment(*request.mutable_environment());
  LocalComponent& component = *request.mutable_local_manifest()->add_components();
  component.set_product("agent");
  component.set_name("agent");
  component.set_state(LocalComponent::PRESENT);
  component.set_size_bytes(13'700'000);
  component.set_sha256(Bytes32(0x32));
  component.set_mode(0755);
  component.set_owner("root:root");
  component.set_observe(true);
  ProductState& product = *request.add_products();
  product.set_product("agent");
  SetInstalled(*product.mutable_installed(), 0x71);
  SetInstalled(*product.mutable_previous(), 0x72);
  SetSeen(*product.mutable_seen(), 117, 0x71);
  BadRelease& bad = *product.add_bad();
  bad.set_manifest_digest(Bytes32(0x73));
  bad.set_code(Refusal::EXIT);
  bad.set_plan_issued_ms(kIssuedMs - 7 * kDayMs);
  bad.set_exit_status(139);
  product.set_variant_changed_ms(kIssuedMs - 2 * kDayMs);
  product.set_health(ProductState::HEALTHY);
  StreamState& stream = *request.add_streams();
  stream.set_stream("main");
  SetSeen(*stream.mutable_seen(), 60, 0x43);
  request.set_waves_closed_until_ms(kIssuedMs + 5 * kDayMs);
  request.set_streams_forgotten_ms(kIssuedMs - 30 * kDayMs);
  request.add_document_digests(Bytes32(0x43));
  request.add_document_digests(Bytes32(0x71));
  request.set_root_version(3);
  request.set_newest_head(ExampleEnvelope().SerializeAsString());
  request.set_last_acknowledged_attempt(Bytes16(0x74));
  request.set_machine(Bytes32(0x75));
  request.set_previous_answer(Bytes16(0x76));
  return request;
}

CheckInAnswer ExampleCheckInAnswer() {
  CheckInAnswer answer;
  answer.add_documents("an envelope of a root");
  answer.add_documents("an envelope of a plan");
  answer.set_assignment("an envelope of an assignment");
  answer.set_head(ExampleEnvelope().SerializeAsString());
  answer.set_more(true);
  answer.set_answer_id(Bytes16(0x77));
  answer.set_next_hint_ms(kHourMs);
  return answer;
}

}  // namespace mig::v1::examples
