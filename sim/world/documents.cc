#include "sim/world/documents.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/testing/seed.h"
#include "base/testing/seeded_random.h"
#include "sim/world/turn.h"

namespace mig::sim {

namespace {

using base::testing::Seed;
using base::testing::SeededRandom;

// Of every plan: the longest that a root may let one stand, which is the longest run too.
constexpr absl::Duration kPlanLife = base::kDefaultLongestBaseline;
constexpr absl::Duration kRootLife = absl::Hours(24 * 365);
constexpr absl::Duration kSoak = absl::Milliseconds(1);

int64_t Ms(absl::Time time) { return absl::ToUnixMillis(time); }
int64_t Ms(absl::Duration span) { return absl::ToInt64Milliseconds(span); }

template <typename Bytes>
std::string Text(const Bytes& bytes) {
  return std::string(bytes.bytes());
}

std::shared_ptr<const Content> MakeContent(uint64_t seed, const ComponentPlan& component,
                                           base::ChunkPool& pool) {
  auto content = std::make_shared<Content>();
  content->bytes = ContentBytes(seed, component);
  content->digest = base::Sha256Of(content->bytes);
  content->file.Write(0, content->bytes);
  content->file.Intern(pool);
  return content;
}

}  // namespace

std::string PathOf(absl::string_view component) {
  if (component == "agent") return "/opt/a/agent";
  if (component == "configuration") return "/opt/a/agent.cfg";
  MIG_CHECK(absl::StartsWith(component, "conf/")) << component;
  return absl::StrCat("/opt/a/conf.d/", component.substr(5));
}

std::string ContentBytes(uint64_t seed, const ComponentPlan& component) {
  const uint64_t label =
      Seed(seed).For(component.name).For(component.content, component.size_bytes).value();
  return SeededRandom(Seed(label)).Bytes(component.size_bytes);
}

absl::StatusOr<std::unique_ptr<Documents>> Documents::Make(const Scenario& scenario, uint64_t seed,
                                                           absl::Time start,
                                                           const std::vector<trust::HostId>& hosts,
                                                           const DomainParts& domain,
                                                           base::ChunkPool& pool) {
  std::unique_ptr<Documents> documents(new Documents());
  documents->SignRoot(start, domain);
  documents->SignReleases(scenario, seed, start, pool);
  for (size_t i = 0; i < scenario.rollouts.size(); ++i) {
    MIG_RETURN_IF_ERROR(documents->SignPlan(scenario, seed, start, i, hosts));
  }
  return documents;
}

void Documents::SignRoot(absl::Time start, const DomainParts& domain) {
  root_ = authority_.Root();
  root_.set_issued_ms(Ms(start - absl::Hours(48)));
  root_.set_expires_ms(Ms(start + kRootLife));
  v1::PlanRules& rules = *root_.mutable_plan_rules();
  rules.set_least_soak_ms(Ms(kSoak));
  rules.set_longest_life_ms(Ms(kRootLife));
  rules.set_longest_baseline_ms(Ms(kPlanLife));
  rules.set_max_plan_age_ms(Ms(kRootLife));
  if (!domain.loaders_cas.empty()) {
    root_.clear_loader_ca_spki_digests();
    for (const base::Digest& ca : domain.loaders_cas) root_.add_loader_ca_spki_digests(Text(ca));
  }
  if (!domain.operators_cas.empty()) {
    root_.clear_operator_ca_spki_digests();
    for (const base::Digest& ca : domain.operators_cas) {
      root_.add_operator_ca_spki_digests(Text(ca));
    }
  }
  if (!domain.server_cas.empty()) {
    root_.clear_server_ca_certificates();
    for (const std::string& der : domain.server_cas) root_.add_server_ca_certificates(der);
  }
  if (!domain.online_keys.empty()) {
    for (v1::Role& role : *root_.mutable_roles()) {
      if (role.kind() != v1::Role::ONLINE) continue;
      role.clear_keys();
      for (const trust::PublicKey& public_key : domain.online_keys) {
        v1::Key& key = *role.add_keys();
        key.set_key_id(Text(public_key.id()));
        key.set_algorithm(v1::Key::ED25519);
        key.set_public_key(public_key.bytes());
        key.set_name(absl::StrCat("online-", role.keys_size()));
      }
    }
  }
  root_envelope_ = authority_.Sign(root_);
}

void Documents::SignReleases(const Scenario& scenario, uint64_t seed, absl::Time start,
                             base::ChunkPool& pool) {
  std::map<std::tuple<std::string, uint64_t, std::string>, std::shared_ptr<const Content>> known;
  std::set<std::string> names;  // of the releases before: what is left out is retired
  for (size_t i = 0; i < scenario.releases.size(); ++i) {
    SignedRelease release;
    release.version = scenario.releases[i].version;
    std::map<std::string, std::string> nothing;
    v1::Manifest manifest = authority_.Manifest(kProduct, i + 1, nothing);
    manifest.set_version(release.version);
    manifest.set_issued_ms(Ms(start - absl::Hours(24) + absl::Seconds(static_cast<int64_t>(i))));
    for (const ComponentPlan& plan : scenario.releases[i].components) {
      std::shared_ptr<const Content>& content = known[{plan.name, plan.size_bytes, plan.content}];
      if (content == nullptr) content = MakeContent(seed, plan, pool);
      release.components[plan.name] = content;
      release.files[PathOf(plan.name)] = content;
    }
    for (const auto& [name, content] : release.components) {
      v1::Component& component = *manifest.mutable_variants(0)->add_components();
      component.set_name(name);
      component.set_size_bytes(content->bytes.size());
      component.set_sha256(Text(content->digest));
    }
    for (const std::string& name : names) {
      if (release.components.count(name) == 0) manifest.add_retired(name);
    }
    for (const auto& [name, content] : release.components) names.insert(name);
    release.digest = base::Sha256Of(manifest.SerializeAsString());
    release.envelope = authority_.Sign(manifest);
    releases_.push_back(std::move(release));
  }
}

absl::Status Documents::SignPlan(const Scenario& scenario, uint64_t seed, absl::Time start,
                                 size_t index, const std::vector<trust::HostId>& hosts) {
  const RolloutPlan& rollout = scenario.rollouts[index];
  SeededRandom random(Seed(seed).For("rollout", index));
  SignedPlan plan;
  plan.name = absl::StrCat("rollout-", index + 1);
  plan.rollout = trust::RolloutId::Random(random);
  plan.cohort_seed = trust::CohortSeed::Random(random);
  plan.release = rollout.release;
  plan.starts = start + rollout.start;
  if (rollout.halt.has_value()) plan.halts = start + *rollout.halt;
  // A moment before it is started, so that the first wave may open then.
  plan.canaries_open = plan.starts - kSoak;
  for (size_t i = 0; i < rollout.canaries && i < hosts.size(); ++i) {
    plan.canaries.push_back(hosts[i]);
  }
  std::sort(plan.canaries.begin(), plan.canaries.end());

  v1::Plan message = authority_.Plan(index + 1, kProduct, releases_[rollout.release].digest);
  message.set_name(plan.name);
  message.set_rollout(Text(plan.rollout));
  message.set_cohort_seed(Text(plan.cohort_seed));
  message.set_issued_ms(Ms(plan.canaries_open));
  message.set_first_issued_ms(Ms(plan.canaries_open));
  message.set_expires_ms(Ms(plan.canaries_open + kPlanLife));
  message.set_baseline_until_ms(Ms(plan.canaries_open + kPlanLife));
  if (index > 0) message.set_base(Text(plans_[index - 1].digest));
  if (!plan.canaries.empty()) {
    v1::Canaries& canaries = *message.mutable_canaries();
    for (const trust::HostId& host : plan.canaries) canaries.add_host_ids(Text(host));
    canaries.set_not_before_ms(Ms(plan.canaries_open));
    canaries.set_soak_ms(Ms(kSoak));
  }
  message.clear_waves();
  uint32_t lo_ppm = 0;
  for (size_t i = 0; i < rollout.waves.size(); ++i) {
    const WavePlan& planned = rollout.waves[i];
    plan.waves.push_back({.lo_ppm = lo_ppm,
                          .hi_ppm = planned.upto_ppm,
                          .opens = start + planned.opens,
                          .ramp = planned.ramp});
    const SignedPlan::Wave& wave = plan.waves.back();
    const bool has_hosts =
        std::any_of(hosts.begin(), hosts.end(), [&plan, &wave](const trust::HostId& host) {
          const uint64_t cohort = CohortIn(plan, host);
          return !IsBelow(cohort, wave.lo_ppm) && IsBelow(cohort, wave.hi_ppm);
        });
    if (!has_hosts) {
      return absl::InvalidArgumentError(
          absl::StrCat(scenario.file, ":", planned.line, ": rollouts[", index, "].waves[", i,
                       "].upto_ppm: none of the ", hosts.size(), " hosts has its place between ",
                       wave.lo_ppm, " and ", wave.hi_ppm, " ppm with seed ", seed,
                       "; make the wave larger, take more hosts, or another --seed"));
    }
    v1::Wave& out = *message.add_waves();
    out.set_lo_ppm(wave.lo_ppm);
    out.set_hi_ppm(wave.hi_ppm);
    out.set_not_before_ms(Ms(wave.opens));
    out.set_ramp_ms(Ms(wave.ramp));
    out.set_soak_ms(Ms(kSoak));
    lo_ppm = wave.hi_ppm;
  }
  plan.digest = base::Sha256Of(message.SerializeAsString());
  plan.envelope = authority_.Sign(message);
  plans_.push_back(std::move(plan));
  return absl::OkStatus();
}

}  // namespace mig::sim
