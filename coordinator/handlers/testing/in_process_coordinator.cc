#include "coordinator/handlers/testing/in_process_coordinator.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/path.h"
#include "coordinator/blobs/directory_blob_store.h"
#include "trust/x509/certificate_request.h"

namespace mig::coordinator::testing {
namespace {

using trust::testing::TestEpoch;

trust::x509::Authority MakeCa(absl::string_view name, base::Random& random) {
  absl::StatusOr<trust::x509::Authority> ca = trust::x509::Authority::Create(
      name, TestEpoch() - absl::Hours(24), TestEpoch() + absl::Hours(24 * 3650), random);
  MIG_CHECK_OK(ca);
  return *std::move(ca);
}

std::unique_ptr<base::MemoryFileSystem> NewDisk() {
  auto disk = std::make_unique<base::MemoryFileSystem>();
  MIG_CHECK_OK(base::MakeDirs(*disk, InProcessCoordinator::kBlobDirectory, 0700));
  return disk;
}

std::unique_ptr<BlobStore> OpenBlobs(base::MemoryFileSystem& disk) {
  absl::StatusOr<std::unique_ptr<BlobStore>> blobs =
      OpenDirectoryBlobStore(disk, InProcessCoordinator::kBlobDirectory, {});
  MIG_CHECK_OK(blobs);
  return *std::move(blobs);
}

std::unique_ptr<SqliteStore> OpenStore(base::Random& random) {
  absl::StatusOr<std::unique_ptr<SqliteStore>> store = SqliteStore::OpenInMemory(random);
  MIG_CHECK_OK(store);
  return *std::move(store);
}

v1::Root RootWith(const trust::testing::TestAuthority& authority,
                  const trust::x509::Authority& loaders, const trust::x509::Authority& operators) {
  v1::Root root = authority.Root();
  root.clear_loader_ca_spki_digests();
  root.add_loader_ca_spki_digests(std::string(loaders.certificate().spki_digest().bytes()));
  root.clear_operator_ca_spki_digests();
  root.add_operator_ca_spki_digests(std::string(operators.certificate().spki_digest().bytes()));
  return root;
}

}  // namespace

InProcessCoordinator::InProcessCoordinator(base::Clock& clock, const InProcessOptions& options)
    : clock_(clock),
      options_(options),
      random_(options.seed),
      authority_(options.authority),
      disk_(NewDisk()),
      blobs_(OpenBlobs(*disk_)),
      store_(OpenStore(random_)),
      loaders_ca_(MakeCa("loaders", random_)),
      operators_ca_(MakeCa("operators", random_)),
      first_root_(authority_.VerifiedFirst(RootWith(authority_, loaders_ca_, operators_ca_))),
      roots_({first_root_.envelope()}),
      coordinator_(*store_) {
  StartCoordinator();
  absl::StatusOr<Operators> operators = Operators::Begin(coordinator_, authority_, random_);
  MIG_CHECK_OK(operators);
  operators_.emplace(*std::move(operators));
}

InProcessCoordinator::~InProcessCoordinator() { Commit(); }

void InProcessCoordinator::StartCoordinator() {
  absl::StatusOr<std::unique_ptr<Coordinator>> started =
      Coordinator::Start({.store = *store_,
                          .blobs = *blobs_,
                          .clock = clock_,
                          .random = random_,
                          .online_key = authority_.keys(trust::RoleKind::kOnline).front().key,
                          .loaders_ca = loaders_ca_,
                          .operators_ca = operators_ca_},
                         {.roots = roots_,
                          .loaders = options_.loaders,
                          .enrollment = options_.enrollment,
                          .self = {.version = "1.0"}});
  MIG_CHECK_OK(started);
  coordinator_.Begin(*std::move(started));
}

void InProcessCoordinator::Restart() {
  coordinator_.End();
  blobs_.reset();
  blobs_ = OpenBlobs(*disk_);
  StartCoordinator();
}

v1::Root InProcessCoordinator::root() const {
  return RootWith(authority_, loaders_ca_, operators_ca_);
}

// --- What operators do

base::Digest InProcessCoordinator::PutContent(absl::string_view bytes) {
  const absl::StatusOr<base::Digest> digest = operators_->PutContent(bytes);
  MIG_CHECK_OK(digest);
  return *digest;
}

trust::Verified<trust::Manifest> InProcessCoordinator::Publish(const v1::Manifest& manifest) {
  MIG_CHECK_OK(operators_->Publish(manifest));
  return authority_.Verified(manifest);
}

trust::Verified<trust::Manifest> InProcessCoordinator::Publish(
    absl::string_view product, uint64_t sequence,
    const std::map<std::string, std::string>& components) {
  for (const auto& [name, content] : components) {
    if (!content.empty()) PutContent(content);
  }
  return Publish(authority_.Manifest(product, sequence, components));
}

void InProcessCoordinator::PutPlan(const v1::Plan& plan) {
  MIG_CHECK_OK(operators_->PutPlan(plan));
}

void InProcessCoordinator::StartPlan(const v1::Plan& plan) {
  MIG_CHECK_OK(operators_->StartPlan(plan));
}

void InProcessCoordinator::Halt(absl::string_view plan_name) {
  MIG_CHECK_OK(operators_->Halt(plan_name));
}

trust::Token InProcessCoordinator::NewToken(uint32_t uses, bool manual_approval) {
  const absl::StatusOr<trust::Token> token = operators_->NewToken(uses, manual_approval);
  MIG_CHECK_OK(token);
  return *token;
}

Peer InProcessCoordinator::NewOperator(absl::string_view name, RoleBits roles) {
  const absl::StatusOr<Operators::Login> login = operators_->FirstLogin(name, roles);
  MIG_CHECK_OK(login);
  return login->peer;
}

v1::EnrollRequest InProcessCoordinator::EnrollRequestOf(const trust::Token& token,
                                                        const trust::x509::PrivateKey& key,
                                                        uint64_t number) const {
  v1::EnrollRequest request;
  request.set_token_secret(std::string(token.secret.bytes()));
  const absl::StatusOr<std::string> csr =
      trust::x509::CertificateRequest::Make(key, absl::StrCat("host-", number));
  MIG_CHECK_OK(csr);
  request.set_csr(*csr);
  request.mutable_environment()->set_hostname(absl::StrCat("host-", number));
  request.mutable_environment()->set_loader_version("1.0");
  request.set_machine(std::string(MachineOf(number).bytes()));
  request.set_root_version(first_root_->version());
  request.set_root_digest(std::string(first_root_.digest().bytes()));
  return request;
}

base::Digest InProcessCoordinator::MachineOf(uint64_t number) {
  return trust::MachineDigest(absl::StrCat("machine-", number));
}

InProcessCoordinator::EnrolledHost InProcessCoordinator::Enroll(uint64_t number) {
  base::testing::SeededRandom random(options_.seed.For("host key", number));
  auto key = std::make_unique<trust::x509::PrivateKey>(trust::x509::PrivateKey::Generate(random));
  const v1::EnrollRequest request = EnrollRequestOf(NewToken(1), *key, number);
  const absl::StatusOr<v1::EnrollAnswer> answer =
      Wait<v1::EnrollAnswer>([&](Done<v1::EnrollAnswer> done) {
        coordinator_->enrollment().Enroll(PeerOf(""), request, std::move(done));
      });
  MIG_CHECK_OK(answer);
  MIG_CHECK(answer->has_issued());
  EnrolledHost host;
  const absl::StatusOr<trust::HostId> id = trust::HostId::FromBytes(answer->issued().host_id());
  MIG_CHECK_OK(id);
  host.id = *id;
  host.key = std::move(key);
  host.certificate_der = answer->issued().certificate_chain(0);
  host.peer = PeerOf(host.certificate_der);
  return host;
}

}  // namespace mig::coordinator::testing
