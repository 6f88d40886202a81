#include "sim/live/coordinator_home.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/check.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/system_clock.h"
#include "base/whole_file.h"
#include "coordinator/blobs/directory_blob_store.h"
#include "coordinator/handlers/coordinator.h"
#include "coordinator/server/config_template.h"
#include "coordinator/server/directory_layout.h"
#include "coordinator/server/init.h"
#include "coordinator/server/material.h"
#include "coordinator/store/sqlite_store.h"
#include "trust/key_file.h"
#include "trust/x509/authority.h"
#include "trust/x509/certificate.h"
#include "trust/x509/certificate_request.h"
#include "trust/x509/spiffe_id.h"

namespace mig::sim {

namespace {

namespace layout = coordinator::layout;
namespace x509 = trust::x509;
using coordinator::testing::DrivenCoordinator;
using coordinator::testing::Operators;

constexpr char kName[] = "simulation";
constexpr char kOperator[] = "operator";
constexpr char kAddress[] = "127.0.0.1";
constexpr absl::Duration kServerLife = absl::Hours(24 * 30);
constexpr absl::Duration kBackdate = absl::Hours(1);

// All hosts come from one address, and each as often as its scenario says.
constexpr absl::string_view kLimits = R"([limits]
check_in_burst = 1000000
check_in_interval = "1ms"
fetch_burst = 1000000
fetch_interval = "1ms"
report_burst = 1000000
report_interval = "1ms"
renew_burst = 1000000
renew_interval = "1ms"
enrollment_burst = 1000000
enrollment_interval = "1ms"
all_enrollment_burst = 1000000
all_enrollment_interval = "1ms"
)";

// It is the start of the run already, for all that is issued and signed before it.
class StartClock : public base::Clock {
 public:
  StartClock(base::Clock& real, absl::Time start) : real_(real), start_(start) {}

  absl::Time WallNow() override { return start_; }
  base::MonotonicTime MonotonicNow() override { return real_.MonotonicNow(); }
  base::BootTime BootNow() override { return real_.BootNow(); }
  std::string BootId() override { return real_.BootId(); }
  void SleepUntil(base::MonotonicTime deadline) override { real_.SleepUntil(deadline); }
  std::unique_ptr<base::Event> NewEvent() override { return real_.NewEvent(); }

 private:
  base::Clock& real_;
  const absl::Time start_;
};

// Nobody counts how often hosts come in here.
coordinator::EnrollmentOptions NoLimits() {
  coordinator::EnrollmentOptions options;
  options.limits.each = {.burst = 1'000'000, .interval = absl::Milliseconds(1)};
  options.limits.sum = options.limits.each;
  return options;
}

}  // namespace

absl::StatusOr<CoordinatorHome> CoordinatorHome::Make(base::FileSystem& disk, base::Random& random,
                                                      const Options& options) {
  MIG_RETURN_IF_ERROR(coordinator::InitDirectory(disk, random, options.directory,
                                                 {.name = kName,
                                                  .trust_domain = options.trust_domain,
                                                  .operator_name = kOperator,
                                                  .now = options.start}));
  CoordinatorHome home(disk, random, options);
  MIG_RETURN_IF_ERROR(home.WriteServerCertificate());
  MIG_RETURN_IF_ERROR(home.WriteConfig());
  MIG_RETURN_IF_ERROR(home.ReadDomain());
  return home;
}

std::string CoordinatorHome::ConfigFile() const { return PathOf(layout::kCoordinatorConfig); }

std::string CoordinatorHome::Endpoint(uint16_t port) const {
  return absl::StrCat(kAddress, ":", port);
}

std::string CoordinatorHome::PathOf(absl::string_view name) const {
  return base::JoinPath(options_.directory, name);
}

// By a CA that nobody keeps: the run has no use for a second certificate.
absl::Status CoordinatorHome::WriteServerCertificate() {
  const absl::Time since = options_.start - kBackdate;
  MIG_ASSIGN_OR_RETURN(const x509::Authority ca,
                       x509::Authority::Create("simulation servers", since,
                                               options_.start + 2 * kServerLife, *random_));
  MIG_ASSIGN_OR_RETURN(
      const std::string csr_pem,
      base::ReadWhole(*disk_, PathOf(layout::kServerRequest), base::kMaxConfigurationFileBytes));
  MIG_ASSIGN_OR_RETURN(const x509::CertificateRequest csr,
                       x509::CertificateRequest::ParsePem(csr_pem));
  MIG_ASSIGN_OR_RETURN(x509::SpiffeId id,
                       x509::SpiffeId::Coordinator(options_.trust_domain, kName));
  x509::CertificateTemplate wanted = {std::move(id), since, options_.start + kServerLife};
  wanted.ip_addresses = {kAddress};
  MIG_ASSIGN_OR_RETURN(x509::Certificate leaf, ca.Issue(csr.spki(), wanted, *random_));
  domain_.server_cas = {std::string(ca.certificate().der())};
  const std::vector<x509::Certificate> chain = {std::move(leaf), ca.certificate()};
  MIG_ASSIGN_OR_RETURN(const auto directory, disk_->OpenRoot(options_.directory));
  return base::WriteDurably(*directory, layout::kServerCertificate, x509::ChainPem(chain),
                            layout::kPublicMode);
}

absl::Status CoordinatorHome::WriteConfig() {
  std::string text = absl::StrReplaceAll(coordinator::ConfigTemplate(kName, options_.trust_domain),
                                         {{"0.0.0.0:8443", Endpoint(options_.ports.loaders)},
                                          {"0.0.0.0:8444", Endpoint(options_.ports.enrollment)},
                                          {"0.0.0.0:8445", Endpoint(options_.ports.operators)},
                                          {"127.0.0.1:9090", Endpoint(0)}});
  const size_t limits = text.find("[limits]");
  MIG_CHECK(limits != std::string::npos) << "the template has no limits any more";
  text.resize(limits);
  absl::StrAppend(&text, kLimits);
  MIG_ASSIGN_OR_RETURN(const auto directory, disk_->OpenRoot(options_.directory));
  return base::WriteDurably(*directory, layout::kCoordinatorConfig, text, layout::kPublicMode);
}

absl::Status CoordinatorHome::ReadDomain() {
  const auto read = [this](absl::string_view name) {
    return base::ReadWhole(*disk_, PathOf(name), base::kMaxConfigurationFileBytes);
  };
  MIG_ASSIGN_OR_RETURN(const std::string loaders_pem, read(layout::kLoadersCaCertificate));
  MIG_ASSIGN_OR_RETURN(const std::string operators_pem, read(layout::kOperatorsCaCertificate));
  MIG_ASSIGN_OR_RETURN(const std::string online_file, read(layout::kOnlineKey));
  MIG_ASSIGN_OR_RETURN(const auto loaders, x509::Certificate::ParsePemChain(loaders_pem));
  MIG_ASSIGN_OR_RETURN(const auto operators, x509::Certificate::ParsePemChain(operators_pem));
  MIG_ASSIGN_OR_RETURN(const auto online, trust::DecodeKeyFile(online_file, std::nullopt));
  domain_.loaders_cas = {loaders.front().spki_digest()};
  domain_.operators_cas = {operators.front().spki_digest()};
  domain_.online_keys = {online.key.public_key()};
  return absl::OkStatus();
}

absl::Status CoordinatorHome::Work(
    const Documents& documents,
    absl::FunctionRef<absl::Status(DrivenCoordinator&, Operators&)> work) {
  MIG_ASSIGN_OR_RETURN(const auto directory, disk_->OpenRoot(options_.directory));
  MIG_RETURN_IF_ERROR(base::WriteDurably(*directory, layout::kFirstRoot, documents.root_envelope(),
                                         layout::kPublicMode));
  MIG_ASSIGN_OR_RETURN(const coordinator::Config config,
                       coordinator::Config::Load(*disk_, ConfigFile()));
  MIG_ASSIGN_OR_RETURN(const coordinator::Material material,
                       coordinator::LoadMaterial(*disk_, config, options_.start));
  MIG_ASSIGN_OR_RETURN(const auto real, base::SystemClock::Open());
  StartClock clock(*real, options_.start);
  MIG_ASSIGN_OR_RETURN(const auto store,
                       coordinator::SqliteStore::OpenFile(config.store, {}, *random_));
  MIG_RETURN_IF_ERROR(base::MakeDirs(*disk_, config.blobs, layout::kDirectoryMode).status());
  MIG_ASSIGN_OR_RETURN(const auto blobs,
                       coordinator::OpenDirectoryBlobStore(*disk_, config.blobs, {}));
  DrivenCoordinator driven(*store);
  MIG_ASSIGN_OR_RETURN(auto started, coordinator::Coordinator::Start(
                                         {.store = *store,
                                          .blobs = *blobs,
                                          .clock = clock,
                                          .random = *random_,
                                          .online_key = material.online_key,
                                          .loaders_ca = material.loaders_ca,
                                          .operators_ca = material.operators_ca},
                                         {.roots = material.roots, .enrollment = NoLimits()}));
  driven.Begin(std::move(started));
  MIG_ASSIGN_OR_RETURN(Operators operators,
                       Operators::Begin(driven, documents.authority(), *random_));
  const absl::Status worked = work(driven, operators);
  driven.Commit();
  return worked;
}

absl::Status PublishAll(const Documents& documents, absl::Time start, Operators& operators) {
  for (const SignedRelease& release : documents.releases()) {
    for (const auto& [name, content] : release.components) {
      MIG_RETURN_IF_ERROR(operators.PutContent(content->bytes).status());
    }
    MIG_RETURN_IF_ERROR(operators.PutDocument(release.envelope));
  }
  for (const SignedPlan& plan : documents.plans()) {
    if (plan.starts > start) continue;
    MIG_RETURN_IF_ERROR(operators.PutDocument(plan.envelope));
    MIG_RETURN_IF_ERROR(operators.StartRollout(plan.name, plan.digest));
  }
  return absl::OkStatus();
}

}  // namespace mig::sim
