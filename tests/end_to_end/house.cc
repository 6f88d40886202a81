#include "tests/end_to_end/house.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/testing/status_matchers.h"
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
  auto site = TrialSite::Make(*programs, "house");
  ASSERT_THAT(site, IsOk());
  site_ = *std::move(site);
}

void House::TearDown() {
  if (HasFailure() && site_ != nullptr) {
    RecordProperty("coordinator_said", coordinator().Said());
  }
}

LoaderHost& House::NewHost(const HostOptions& options) {
  auto host = site_->NewHost(options);
  EXPECT_THAT(host, IsOk());
  return hosts_.emplace_back(*std::move(host));
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
  return ana().Ask<v1::HostDetails>({"host", "get", id});
}

absl::Status House::RollOut(const AgentRelease& release) const {
  const std::string program = Source(absl::StrCat("agent-", release.version));
  MIG_RETURN_IF_ERROR(world().MakeAgent(program, release.version, release.make));
  std::vector<ReleaseVariant> variants;
  for (const LoaderHost& host : hosts_) {
    const std::string config = Source(absl::StrCat(host.name(), "-", release.version, ".conf"));
    MIG_RETURN_IF_ERROR(
        WriteFile(config, host.AgentConfiguration(release.setting) + release.more_configuration));
    ReleaseVariant variant{.filter = absl::StrCat("tags.desk = \"", host.name(), "\""),
                           .files = {{"agent", program}, {"configuration", config}}};
    variant.files.insert(variant.files.end(), release.extra.begin(), release.extra.end());
    variants.push_back(std::move(variant));
  }
  return site_->RollOut(release.version, variants, release.retire);
}

}  // namespace mig::tests
