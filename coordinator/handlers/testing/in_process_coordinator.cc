#include "coordinator/handlers/testing/in_process_coordinator.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/blobs/directory_blob_store.h"
#include "coordinator/handlers/method_roles.h"
#include "trust/refusal.h"
#include "trust/x509/certificate.h"
#include "trust/x509/certificate_request.h"

namespace mig::coordinator::testing {
namespace {

using trust::testing::TestEpoch;

constexpr absl::string_view kAdminName = "admin";

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

// One call over bytes: bounded, parsed, answered, bounded.
template <typename Request, typename Answer, typename Call>
absl::StatusOr<std::string> CallBytes(InProcessCoordinator& coordinator, absl::string_view bytes,
                                      const Call& call) {
  Request request;
  if (bytes.size() > base::kMaxGrpcMessageBytes) {
    return absl::ResourceExhaustedError("the request is larger than a message may be");
  }
  if (!request.ParseFromString(std::string(bytes))) {
    return absl::InternalError("the request cannot be parsed");
  }
  MIG_ASSIGN_OR_RETURN(const Answer answer, coordinator.Wait<Answer>([&](Done<Answer> done) {
    call(request, std::move(done));
  }));
  std::string serialised = answer.SerializeAsString();
  if (serialised.size() > base::kMaxGrpcMessageBytes) {
    return absl::ResourceExhaustedError("the answer is larger than a message may be");
  }
  return serialised;
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
      roots_({first_root_.envelope()}) {
  StartCoordinator();
  const RoleBits everything = BitOf(v1::ADMIN_ROLE_OPERATOR) |
                              BitOf(v1::ADMIN_ROLE_RELEASE_SIGNER) |
                              BitOf(v1::ADMIN_ROLE_ROLLOUT_SIGNER) | BitOf(v1::ADMIN_ROLE_ADMIN);
  admin_ = FirstLogin(kAdminName, everything);
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
  coordinator_ = *std::move(started);
}

void InProcessCoordinator::Restart() {
  while (store_->CommitNow() > 0) {
  }
  coordinator_.reset();
  blobs_.reset();
  blobs_ = OpenBlobs(*disk_);
  StartCoordinator();
}

void InProcessCoordinator::Commit() {
  coordinator_->Flush();
  while (store_->CommitNow() > 0) {
  }
}

v1::Root InProcessCoordinator::root() const {
  return RootWith(authority_, loaders_ca_, operators_ca_);
}

Peer InProcessCoordinator::PeerOf(absl::string_view certificate_der,
                                  absl::string_view address) const {
  Peer peer{.address = std::string(address)};
  if (certificate_der.empty()) return peer;
  const absl::StatusOr<trust::x509::Certificate> certificate =
      trust::x509::Certificate::ParseDer(certificate_der);
  MIG_CHECK_OK(certificate);
  const absl::StatusOr<trust::x509::SpiffeId> id = certificate->spiffe_id();
  MIG_CHECK_OK(id);
  peer.id = *id;
  peer.spki_digest = certificate->spki_digest();
  return peer;
}

// --- What loaders call

absl::StatusOr<std::string> InProcessCoordinator::Unary(LoaderCall call, const Peer& peer,
                                                        absl::string_view request) {
  LoaderHandlers& loaders = coordinator_->loaders();
  EnrollmentHandlers& enrollment = coordinator_->enrollment();
  switch (call) {
    case LoaderCall::kCheckIn:
      return CallBytes<v1::CheckInRequest, v1::CheckInAnswer>(
          *this, request,
          [&](const auto& message, auto done) { loaders.CheckIn(peer, message, std::move(done)); });
    case LoaderCall::kReport:
      return CallBytes<v1::ReportRequest, v1::ReportAnswer>(
          *this, request,
          [&](const auto& message, auto done) { loaders.Report(peer, message, std::move(done)); });
    case LoaderCall::kRenewCertificate:
      return CallBytes<v1::RenewCertificateRequest, v1::RenewCertificateAnswer>(
          *this, request, [&](const auto& message, auto done) {
            loaders.RenewCertificate(peer, message, std::move(done));
          });
    case LoaderCall::kEnroll:
      return CallBytes<v1::EnrollRequest, v1::EnrollAnswer>(
          *this, request, [&](const auto& message, auto done) {
            enrollment.Enroll(peer, message, std::move(done));
          });
    case LoaderCall::kPollEnrollment:
      return CallBytes<v1::PollEnrollmentRequest, v1::EnrollAnswer>(
          *this, request, [&](const auto& message, auto done) {
            enrollment.PollEnrollment(peer, message, std::move(done));
          });
    case LoaderCall::kRenewByPossession:
      return CallBytes<v1::RenewByPossessionRequest, v1::RenewByPossessionAnswer>(
          *this, request, [&](const auto& message, auto done) {
            enrollment.RenewByPossession(peer, message, std::move(done));
          });
    case LoaderCall::kWalkRoots:
      return CallBytes<v1::WalkRootsRequest, v1::WalkRootsAnswer>(
          *this, request, [&](const auto& message, auto done) {
            enrollment.WalkRoots(peer, message, std::move(done));
          });
    case LoaderCall::kFetch:
      break;
  }
  return absl::UnimplementedError("Fetch is a stream");
}

absl::Status InProcessCoordinator::ServerStream(
    LoaderCall call, const Peer& peer, absl::string_view request,
    absl::FunctionRef<absl::Status(absl::string_view frame)> take) {
  if (call != LoaderCall::kFetch) return absl::UnimplementedError("only Fetch is a stream");
  v1::FetchRequest message;
  if (!message.ParseFromString(std::string(request))) {
    return absl::InternalError("the request cannot be parsed");
  }
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<FetchStream> stream,
                       coordinator_->loaders().Fetch(peer, message));
  while (true) {
    MIG_ASSIGN_OR_RETURN(const std::optional<v1::FetchAnswer> next, stream->Next());
    if (!next.has_value()) return absl::OkStatus();
    MIG_RETURN_IF_ERROR(take(next->SerializeAsString()));
  }
}

// --- What operators do

base::Digest InProcessCoordinator::PutContent(absl::string_view bytes) {
  const base::Digest digest = base::Sha256Of(bytes);
  v1::BlobStart start;
  start.set_digest(std::string(digest.bytes()));
  start.set_size_bytes(bytes.size());
  absl::StatusOr<std::unique_ptr<Upload>> upload =
      coordinator_->documents().BeginUpload(admin_, start);
  MIG_CHECK_OK(upload);
  for (size_t at = 0; at < bytes.size(); at += base::kMaxFetchChunkBytes) {
    MIG_CHECK_OK((*upload)->Write(bytes.substr(at, base::kMaxFetchChunkBytes)));
  }
  MIG_CHECK_OK(Wait<v1::UploadBlobAnswer>(
      [&](Done<v1::UploadBlobAnswer> done) { (*upload)->Finish(std::move(done)); }));
  return digest;
}

absl::Status InProcessCoordinator::PutDocument(absl::string_view envelope) {
  v1::PutDocumentRequest request;
  request.set_envelope(std::string(envelope));
  return Wait<v1::DocumentInfo>([&](Done<v1::DocumentInfo> done) {
           coordinator_->documents().PutDocument(admin_, request, std::move(done));
         })
      .status();
}

trust::Verified<trust::Manifest> InProcessCoordinator::Publish(const v1::Manifest& manifest) {
  MIG_CHECK_OK(PutDocument(authority_.Sign(manifest)));
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
  MIG_CHECK_OK(PutDocument(authority_.Sign(plan)));
}

void InProcessCoordinator::StartPlan(const v1::Plan& plan) {
  PutPlan(plan);
  v1::StartRolloutRequest request;
  request.set_name(plan.name());
  request.set_plan_digest(std::string(base::Sha256Of(plan.SerializeAsString()).bytes()));
  MIG_CHECK_OK(Wait<v1::Rollout>([&](Done<v1::Rollout> done) {
    coordinator_->rollouts().StartRollout(admin_, request, std::move(done));
  }));
}

void InProcessCoordinator::Halt(absl::string_view plan_name) {
  v1::HaltRolloutRequest request;
  request.set_name(std::string(plan_name));
  request.mutable_why()->set_reason("a test says so");
  MIG_CHECK_OK(Wait<v1::Rollout>([&](Done<v1::Rollout> done) {
    coordinator_->rollouts().HaltRollout(admin_, request, std::move(done));
  }));
}

trust::Token InProcessCoordinator::NewToken(uint32_t uses, bool manual_approval) {
  v1::CreateTokenRequest request;
  request.set_uses(uses);
  request.set_manual_approval(manual_approval);
  const absl::StatusOr<v1::CreateTokenAnswer> answer =
      Wait<v1::CreateTokenAnswer>([&](Done<v1::CreateTokenAnswer> done) {
        coordinator_->tokens().CreateToken(admin_, request, std::move(done));
      });
  MIG_CHECK_OK(answer);
  const absl::StatusOr<trust::Token> token =
      trust::ParseToken(answer->token_text(), trust::TokenKind::kHost);
  MIG_CHECK_OK(token);
  return *token;
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

Peer InProcessCoordinator::FirstLogin(absl::string_view name, RoleBits roles) {
  const trust::TokenSecret secret = trust::NewTokenSecret(random_);
  MIG_CHECK_OK(Wait<bool>([&](Done<bool> done) {
    coordinator_->RecordFirstInvite(trust::HashOf(secret), name, roles, std::move(done));
  }));
  const trust::x509::PrivateKey key = trust::x509::PrivateKey::Generate(random_);
  const absl::StatusOr<std::string> csr = trust::x509::CertificateRequest::Make(key, name);
  MIG_CHECK_OK(csr);
  v1::FirstLoginRequest request;
  request.set_token_secret(std::string(secret.bytes()));
  request.set_csr(*csr);
  const absl::StatusOr<v1::FirstLoginAnswer> answer =
      Wait<v1::FirstLoginAnswer>([&](Done<v1::FirstLoginAnswer> done) {
        coordinator_->enrollment().FirstLogin(PeerOf(""), request, std::move(done));
      });
  MIG_CHECK_OK(answer);
  return PeerOf(answer->certificate_chain(0));
}

Peer InProcessCoordinator::NewOperator(absl::string_view name, RoleBits roles) {
  return FirstLogin(name, roles);
}

}  // namespace mig::coordinator::testing
