#include "sim/virtual/virtual_coordinator.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/blobs/directory_blob_store.h"
#include "coordinator/handlers/operators/method_roles.h"
#include "proto/mig/v1/enrollment_service.pb.h"
#include "trust/refusal.h"
#include "trust/x509/certificate.h"
#include "trust/x509/certificate_request.h"

namespace mig::sim {

namespace {

using coordinator::Coordinator;
using coordinator::Done;
using coordinator::Peer;
using loader::Method;

constexpr absl::string_view kBlobs = "/blobs";
constexpr absl::string_view kAdminName = "admin";
// "About once a second" of the program's own alarm is enough this often: what it does is hours or
// tens of seconds apart.
constexpr absl::Duration kTick = absl::Seconds(10);

trust::x509::Authority MakeCa(absl::string_view name, base::Clock& clock, base::Random& random) {
  absl::StatusOr<trust::x509::Authority> ca =
      trust::x509::Authority::Create(name, clock.WallNow() - absl::Hours(24 * 60),
                                     clock.WallNow() + absl::Hours(24 * 3650), random);
  MIG_CHECK_OK(ca);
  return *std::move(ca);
}

std::unique_ptr<coordinator::SqliteStore> NewStore(base::Random& random) {
  absl::StatusOr<std::unique_ptr<coordinator::SqliteStore>> store =
      coordinator::SqliteStore::OpenInMemory(random);
  MIG_CHECK_OK(store);
  return *std::move(store);
}

template <typename Request, typename Answer, typename Call>
void CallBytes(const std::string& bytes, Server::Answered answered, const Call& call) {
  Request request;
  if (!request.ParseFromString(bytes)) {
    return answered(absl::InternalError("the request cannot be parsed"));
  }
  call(request,
       Done<Answer>([answered = std::move(answered)](absl::StatusOr<Answer> answer) mutable {
         if (!answer.ok()) return answered(answer.status());
         answered(answer->SerializeAsString());
       }));
}

}  // namespace

// Knows its process: after a kill it is a broken connection.
class VirtualCoordinator::OpenStream : public Server::Stream {
 public:
  OpenStream(VirtualCoordinator& owner, std::unique_ptr<coordinator::FetchStream> stream)
      : owner_(&owner), stream_(std::move(stream)) {
    owner_->streams_.insert(this);
  }
  ~OpenStream() override {
    if (owner_ != nullptr) owner_->streams_.erase(this);
  }

  absl::StatusOr<std::optional<std::string>> Next() override {
    if (stream_ == nullptr) {
      return trust::Refuse(v1::Refusal::UNAVAILABLE, "the coordinator broke the connection");
    }
    MIG_ASSIGN_OR_RETURN(const std::optional<v1::FetchAnswer> next, stream_->Next());
    if (!next.has_value()) return std::nullopt;
    return next->SerializeAsString();
  }

  void Break() {
    stream_.reset();
    owner_ = nullptr;
  }

 private:
  VirtualCoordinator* owner_;
  std::unique_ptr<coordinator::FetchStream> stream_;
};

VirtualCoordinator::VirtualCoordinator(VirtualTime& time, base::testing::Seed seed)
    : time_(time),
      clock_(time, {.name = "coordinator", .wall = trust::testing::TestEpoch()}),
      random_(seed),
      loaders_ca_(MakeCa("loaders", clock_, random_)),
      operators_ca_(MakeCa("operators", clock_, random_)),
      store_(NewStore(random_), [this] {
        time_.CallAt(time_.Now() + base::kStoreCommitDelay, [this] { store_.Commit(); });
      }) {
  MIG_CHECK_OK(base::MakeDirs(disk_, kBlobs, 0700));
}

VirtualCoordinator::~VirtualCoordinator() { Kill(); }

DomainParts VirtualCoordinator::domain() const {
  return {.loaders_cas = {loaders_ca_.certificate().spki_digest()},
          .operators_cas = {operators_ca_.certificate().spki_digest()},
          .server_cas = {},
          .online_keys = {}};
}

void VirtualCoordinator::Open(const Documents& documents) {
  documents_ = &documents;
  StartProcess();
  admin_ = FirstLogin();
  std::set<base::Digest> known;
  for (const SignedRelease& release : documents.releases()) {
    for (const auto& [name, content] : release.components) {
      if (known.insert(content->digest).second) Upload(*content);
    }
    PutDocument(release.envelope);
  }
  Tick();
}

void VirtualCoordinator::StartProcess() {
  absl::StatusOr<std::unique_ptr<coordinator::BlobStore>> blobs =
      coordinator::OpenDirectoryBlobStore(disk_, kBlobs, {});
  MIG_CHECK_OK(blobs);
  blobs_ = *std::move(blobs);
  absl::StatusOr<std::unique_ptr<Coordinator>> started = Coordinator::Start(
      {.store = store_,
       .blobs = *blobs_,
       .clock = clock_,
       .random = random_,
       .online_key = documents_->authority().keys(trust::RoleKind::kOnline).front().key,
       .loaders_ca = loaders_ca_,
       .operators_ca = operators_ca_},
      {.roots = {documents_->root_envelope()}, .self = {.version = "1.0"}});
  MIG_CHECK_OK(started);
  coordinator_ = *std::move(started);
}

void VirtualCoordinator::Tick() {
  if (coordinator_ != nullptr) coordinator_->Tick();
  time_.CallAt(time_.Now() + kTick, [this] { Tick(); });
}

void VirtualCoordinator::Kill() {
  if (coordinator_ == nullptr) return;
  store_.Lose();
  for (OpenStream* stream : streams_) stream->Break();
  streams_.clear();
  coordinator_.reset();
  blobs_.reset();
}

void VirtualCoordinator::StartAgain() {
  if (coordinator_ == nullptr) StartProcess();
}

// --- What operators do

Peer VirtualCoordinator::FirstLogin() {
  const coordinator::RoleBits everything = coordinator::BitOf(v1::ADMIN_ROLE_OPERATOR) |
                                           coordinator::BitOf(v1::ADMIN_ROLE_RELEASE_SIGNER) |
                                           coordinator::BitOf(v1::ADMIN_ROLE_ROLLOUT_SIGNER) |
                                           coordinator::BitOf(v1::ADMIN_ROLE_ADMIN);
  const trust::TokenSecret secret = trust::NewTokenSecret(random_);
  MIG_CHECK_OK(Wait<bool>([&](Done<bool> done) {
    coordinator_->RecordFirstInvite(trust::HashOf(secret), kAdminName, everything, std::move(done));
  }));
  const trust::x509::PrivateKey key = trust::x509::PrivateKey::Generate(random_);
  const absl::StatusOr<std::string> csr =
      trust::x509::CertificateRequest::Make(key, std::string(kAdminName));
  MIG_CHECK_OK(csr);
  v1::FirstLoginRequest request;
  request.set_token_secret(std::string(secret.bytes()));
  request.set_csr(*csr);
  const absl::StatusOr<v1::FirstLoginAnswer> answer =
      Wait<v1::FirstLoginAnswer>([&](Done<v1::FirstLoginAnswer> done) {
        coordinator_->enrollment().FirstLogin(PeerOf("", "192.0.2.2"), request, std::move(done));
      });
  MIG_CHECK_OK(answer);
  return PeerOf(answer->certificate_chain(0), "192.0.2.2");
}

void VirtualCoordinator::Upload(const Content& content) {
  v1::BlobStart start;
  start.set_digest(std::string(content.digest.bytes()));
  start.set_size_bytes(content.bytes.size());
  absl::StatusOr<std::unique_ptr<coordinator::Upload>> upload =
      coordinator_->documents().BeginUpload(admin_, start);
  MIG_CHECK_OK(upload);
  const absl::string_view bytes = content.bytes;
  for (size_t at = 0; at < bytes.size(); at += base::kMaxFetchChunkBytes) {
    MIG_CHECK_OK((*upload)->Write(bytes.substr(at, base::kMaxFetchChunkBytes)));
  }
  MIG_CHECK_OK(Wait<v1::UploadBlobAnswer>(
      [&](Done<v1::UploadBlobAnswer> done) { (*upload)->Finish(std::move(done)); }));
}

void VirtualCoordinator::PutDocument(absl::string_view envelope) {
  v1::PutDocumentRequest request;
  request.set_envelope(std::string(envelope));
  MIG_CHECK_OK(Wait<v1::DocumentInfo>([&](Done<v1::DocumentInfo> done) {
    coordinator_->documents().PutDocument(admin_, request, std::move(done));
  }));
}

void VirtualCoordinator::StartRollout(const SignedPlan& plan) {
  PutDocument(plan.envelope);
  v1::StartRolloutRequest request;
  request.set_name(plan.name);
  request.set_plan_digest(std::string(plan.digest.bytes()));
  MIG_CHECK_OK(Wait<v1::Rollout>([&](Done<v1::Rollout> done) {
    coordinator_->rollouts().StartRollout(admin_, request, std::move(done));
  }));
}

void VirtualCoordinator::Halt(const SignedPlan& plan) {
  v1::HaltRolloutRequest request;
  request.set_name(plan.name);
  request.mutable_why()->set_reason("the scenario says so");
  MIG_CHECK_OK(Wait<v1::Rollout>([&](Done<v1::Rollout> done) {
    coordinator_->rollouts().HaltRollout(admin_, request, std::move(done));
  }));
}

trust::Token VirtualCoordinator::NewToken(uint32_t uses) {
  v1::CreateTokenRequest request;
  request.set_uses(uses);
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

// --- Server

Peer VirtualCoordinator::PeerOf(absl::string_view certificate_der, absl::string_view address) {
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

void VirtualCoordinator::Unary(Method method, const Peer& peer, std::string request,
                               Answered answered) {
  coordinator::LoaderHandlers& loaders = coordinator_->loaders();
  coordinator::EnrollmentHandlers& enrollment = coordinator_->enrollment();
  switch (method) {
    case Method::kCheckIn:
      return CallBytes<v1::CheckInRequest, v1::CheckInAnswer>(
          request, std::move(answered),
          [&](const auto& message, auto done) { loaders.CheckIn(peer, message, std::move(done)); });
    case Method::kReport:
      return CallBytes<v1::ReportRequest, v1::ReportAnswer>(
          request, std::move(answered),
          [&](const auto& message, auto done) { loaders.Report(peer, message, std::move(done)); });
    case Method::kRenewCertificate:
      return CallBytes<v1::RenewCertificateRequest, v1::RenewCertificateAnswer>(
          request, std::move(answered), [&](const auto& message, auto done) {
            loaders.RenewCertificate(peer, message, std::move(done));
          });
    case Method::kEnroll:
      return CallBytes<v1::EnrollRequest, v1::EnrollAnswer>(
          request, std::move(answered), [&](const auto& message, auto done) {
            enrollment.Enroll(peer, message, std::move(done));
          });
    case Method::kPollEnrollment:
      return CallBytes<v1::PollEnrollmentRequest, v1::EnrollAnswer>(
          request, std::move(answered), [&](const auto& message, auto done) {
            enrollment.PollEnrollment(peer, message, std::move(done));
          });
    case Method::kRenewByPossession:
      return CallBytes<v1::RenewByPossessionRequest, v1::RenewByPossessionAnswer>(
          request, std::move(answered), [&](const auto& message, auto done) {
            enrollment.RenewByPossession(peer, message, std::move(done));
          });
    case Method::kWalkRoots:
      return CallBytes<v1::WalkRootsRequest, v1::WalkRootsAnswer>(
          request, std::move(answered), [&](const auto& message, auto done) {
            enrollment.WalkRoots(peer, message, std::move(done));
          });
    case Method::kFetch:
      break;
  }
  answered(absl::UnimplementedError("Fetch is a stream"));
}

absl::StatusOr<std::unique_ptr<Server::Stream>> VirtualCoordinator::Open(
    Method method, const Peer& peer, absl::string_view request) {
  v1::FetchRequest message;
  if (method != Method::kFetch || !message.ParseFromString(std::string(request))) {
    return absl::InternalError("the request cannot be parsed");
  }
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<coordinator::FetchStream> stream,
                       coordinator_->loaders().Fetch(peer, message));
  return std::make_unique<OpenStream>(*this, std::move(stream));
}

}  // namespace mig::sim
