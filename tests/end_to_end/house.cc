#include "tests/end_to_end/house.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/testing/status_matchers.h"
#include "tests/harness/ceremony.h"
#include "tests/harness/files.h"
#include "tests/harness/programs.h"
#include "trust/x509/certificate.h"

namespace mig::tests {

using base::testing::IsOk;

void House::SetUp() {
  auto clock = base::SystemClock::Open();
  ASSERT_THAT(clock, IsOk());
  clock_ = *std::move(clock);
  const auto programs = Programs::Find("");
  ASSERT_THAT(programs, IsOk());
  auto world = World::Make(*programs, "house");
  ASSERT_THAT(world, IsOk());
  world_ = *std::move(world);
  ana_.emplace(*world_);
  ASSERT_THAT(
      world_->RunWell({programs->migctl, "trial", "init", TrialFile(""), "--operator", "ana"}),
      IsOk());
  auto coordinator = Coordinator::In(*world_, world_->Path("trial"));
  ASSERT_THAT(coordinator, IsOk());
  coordinator_.emplace(*std::move(coordinator));
  ASSERT_THAT(coordinator_->Start(), IsOk());
  ASSERT_THAT(LogIn(*ana_, world_->Path("trial"), LoopbackEndpoint(coordinator_->ports().operators),
                    LoopbackEndpoint(coordinator_->ports().enrollment), TrialFile("servers-ca.pem"),
                    TrialFile("root-1")),
              IsOk());
}

void House::TearDown() {
  if (HasFailure() && coordinator_.has_value()) {
    RecordProperty("coordinator_said", coordinator_->Said());
  }
}

LoaderHost& House::NewHost(const HostOptions& options) {
  auto host =
      LoaderHost::Make(*world_, coordinator_->ports(), kTrialDomain, TrialFile("root-1"), options);
  EXPECT_THAT(host, IsOk());
  return hosts_.emplace_back(*std::move(host));
}

absl::Status House::Enroll(const LoaderHost& host) const {
  const std::string token = host.Path("token");
  MIG_RETURN_IF_ERROR(ana_->Do({"enroll", "token", "new", "--out", token}).status());
  return host.Do({"enroll", "--token-file", token}).status();
}

LoaderHost& House::EnrolledHost(const HostOptions& options) {
  LoaderHost& host = NewHost(options);
  EXPECT_THAT(Enroll(host), IsOk());
  return host;
}

absl::StatusOr<std::string> HostIdOf(const LoaderHost& host) {
  MIG_ASSIGN_OR_RETURN(const std::string pem, ReadFile(host.Path("state/identity/host.pem")));
  const size_t begin = pem.find("-----BEGIN CERTIFICATE");
  if (begin == std::string::npos) return absl::NotFoundError("host.pem has no certificate");
  MIG_ASSIGN_OR_RETURN(const auto chain,
                       trust::x509::Certificate::ParsePemChain(pem.substr(begin)));
  MIG_ASSIGN_OR_RETURN(const trust::x509::SpiffeId id, chain.front().spiffe_id());
  return id.name();
}

absl::StatusOr<v1::HostDetails> House::WordOf(const LoaderHost& host) const {
  MIG_ASSIGN_OR_RETURN(const std::string id, HostIdOf(host));
  return ana_->Ask<v1::HostDetails>({"host", "get", id});
}

absl::Status House::RollOut(const AgentRelease& release) const {
  const std::string program = Source(absl::StrCat("agent-", release.version));
  MIG_RETURN_IF_ERROR(world_->MakeAgent(program, release.version, release.make));
  std::vector<ReleaseVariant> variants;
  for (const LoaderHost& host : hosts_) {
    const std::string config = Source(absl::StrCat(host.name(), "-", release.version, ".conf"));
    MIG_RETURN_IF_ERROR(WriteFile(config, host.AgentConfiguration(release.setting)));
    ReleaseVariant variant{.filter = absl::StrCat("tags.desk = \"", host.name(), "\""),
                           .files = {{"agent", program}, {"configuration", config}}};
    variant.files.insert(variant.files.end(), release.extra.begin(), release.extra.end());
    variants.push_back(std::move(variant));
  }
  MIG_RETURN_IF_ERROR(ana_->Release("agent", release.version, variants,
                                    {TrialFile("keys/release.key")}, release.retire));
  MIG_RETURN_IF_ERROR(ana_->Plan("agent", release.version, {TrialFile("keys/rollout.key")}));
  return ana_->Start(absl::StrCat("agent-", release.version));
}

}  // namespace mig::tests
