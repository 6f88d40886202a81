#include "ctl/transport/testing/fake_coordinator.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "base/sha256.h"
#include "ctl/transport/testing/fake_enrollment.h"
#include "ctl/transport/testing/fake_records.h"
#include "proto/mig/v1/admin_service.grpc.pb.h"
#include "trust/envelope.h"
#include "trust/manifest.h"
#include "trust/plan.h"
#include "trust/root.h"

namespace mig::ctl::testing {
namespace {

grpc::Status NotFound(absl::string_view what) {
  return grpc::Status(grpc::StatusCode::NOT_FOUND, absl::StrCat("no ", what));
}

// Kind and name, as the coordinator calls it.
void Name(const trust::Envelope& envelope, v1::DocumentInfo& info) {
  if (envelope.type() == trust::DocumentType::kManifest) {
    const auto manifest = trust::Manifest::Parse(envelope.payload());
    info.set_kind(v1::DOCUMENT_KIND_MANIFEST);
    if (manifest.ok()) info.set_name(absl::StrCat(manifest->product(), "@", manifest->version()));
  } else if (envelope.type() == trust::DocumentType::kPlan) {
    const auto plan = trust::Plan::Parse(envelope.payload());
    info.set_kind(v1::DOCUMENT_KIND_PLAN);
    if (plan.ok()) info.set_name(plan->name());
  } else {
    const auto root = trust::Root::Parse(envelope.payload());
    info.set_kind(v1::DOCUMENT_KIND_ROOT);
    if (root.ok()) info.set_name(absl::StrCat("root-", root->version()));
  }
}

class FakeAdmin : public FakeRecords {
 public:
  FakeAdmin(FakeState& state, const FakeCoordinatorFiles& files)
      : FakeRecords(state), state_(state), files_(files) {}

  grpc::Status UploadBlob(grpc::ServerContext*, grpc::ServerReader<v1::UploadBlobRequest>* reader,
                          v1::UploadBlobAnswer* answer) override {
    v1::UploadBlobRequest part;
    std::string bytes;
    while (reader->Read(&part)) bytes += part.chunk();
    MIG_FAKE_BEGIN();
    const base::Digest digest = base::Sha256().Add(state_.stored_instead.value_or(bytes)).Finish();
    answer->set_digest(std::string(digest.bytes()));
    state_.blobs[std::string(digest.bytes())] = bytes;
    ++state_.uploads;
    return grpc::Status::OK;
  }

  grpc::Status FindBlobs(grpc::ServerContext*, const v1::FindBlobsRequest* request,
                         v1::FindBlobsAnswer* answer) override {
    MIG_FAKE_BEGIN();
    for (const std::string& digest : request->digests()) {
      if (!state_.blobs.contains(digest)) answer->add_missing_digests(digest);
    }
    return grpc::Status::OK;
  }

  grpc::Status PutDocument(grpc::ServerContext*, const v1::PutDocumentRequest* request,
                           v1::DocumentInfo* info) override {
    MIG_FAKE_BEGIN();
    auto envelope = trust::Envelope::ParseAny(request->envelope());
    if (!envelope.ok()) return ToGrpc(envelope.status());
    const std::string digest(envelope->digest().bytes());
    if (const auto known = state_.documents.find(digest); known != state_.documents.end()) {
      const auto before = trust::Envelope::ParseAny(known->second.envelope());
      envelope->Merge(*before).IgnoreError();
    } else {
      state_.document_order.push_back(digest);
    }
    info->set_envelope(envelope->Serialize());
    info->set_digest(digest);
    info->set_signature_count(static_cast<uint32_t>(envelope->signatures().size()));
    info->set_threshold(1);
    Name(*envelope, *info);
    state_.documents[digest] = *info;
    return grpc::Status::OK;
  }

  grpc::Status GetDocument(grpc::ServerContext*, const v1::GetDocumentRequest* request,
                           v1::DocumentInfo* info) override {
    MIG_FAKE_BEGIN();
    if (state_.lie.has_value() && request->name().rfind("root-", 0) != 0) {
      *info = *state_.lie;
      return grpc::Status::OK;
    }
    for (auto digest = state_.document_order.rbegin(); digest != state_.document_order.rend();
         ++digest) {
      const v1::DocumentInfo& known = state_.documents[*digest];
      if (*digest != request->digest() && (known.name() != request->name())) continue;
      *info = known;
      return grpc::Status::OK;
    }
    return NotFound("such document");
  }

  grpc::Status ListDocuments(grpc::ServerContext*, const v1::ListDocumentsRequest* request,
                             v1::ListDocumentsAnswer* answer) override {
    MIG_FAKE_BEGIN();
    for (auto digest = state_.document_order.rbegin(); digest != state_.document_order.rend();
         ++digest) {
      const v1::DocumentInfo& known = state_.documents[*digest];
      const bool is_kind = request->kind() == 0 || known.kind() == request->kind();
      const bool waits = request->waiting_for_key_id().empty() || known.signature_count() == 0;
      if (is_kind && waits) *answer->add_documents() = known;
    }
    return grpc::Status::OK;
  }

  grpc::Status ListReleases(grpc::ServerContext*, const v1::ListReleasesRequest*,
                            v1::ListReleasesAnswer* answer) override {
    MIG_FAKE_BEGIN();
    for (const auto& [digest, info] : state_.documents) {
      if (info.kind() != v1::DOCUMENT_KIND_MANIFEST) continue;
      v1::Release& release = *answer->add_releases();
      *release.mutable_manifest() = info;
      const std::vector<std::string> parts = absl::StrSplit(info.name(), '@');
      release.set_product(parts.front());
      release.set_version(parts.back());
    }
    return grpc::Status::OK;
  }

  grpc::Status StartRollout(grpc::ServerContext*, const v1::StartRolloutRequest* request,
                            v1::Rollout* rollout) override {
    MIG_FAKE_BEGIN();
    rollout->set_name(request->name());
    rollout->set_plan_digest(request->plan_digest());
    rollout->set_state(v1::Rollout::RUNNING);
    rollout->set_started_by(files_.operator_name);
    state_.rollouts[request->name()] = *rollout;
    return grpc::Status::OK;
  }

  grpc::Status HaltRollout(grpc::ServerContext*, const v1::HaltRolloutRequest* request,
                           v1::Rollout* rollout) override {
    MIG_FAKE_BEGIN();
    const auto known = state_.rollouts.find(request->name());
    if (known == state_.rollouts.end()) return NotFound("such rollout");
    known->second.set_state(v1::Rollout::HALTED);
    known->second.mutable_why()->set_code(v1::Refusal::HALTED);
    known->second.mutable_why()->set_text(request->why().reason());
    *rollout = known->second;
    return grpc::Status::OK;
  }

  grpc::Status GetRollout(grpc::ServerContext*, const v1::GetRolloutRequest* request,
                          v1::Rollout* rollout) override {
    MIG_FAKE_BEGIN();
    const auto known = state_.rollouts.find(request->name());
    if (known == state_.rollouts.end()) return NotFound("such rollout");
    *rollout = known->second;
    return grpc::Status::OK;
  }

  grpc::Status ListRollouts(grpc::ServerContext*, const v1::ListRolloutsRequest*,
                            v1::ListRolloutsAnswer* answer) override {
    MIG_FAKE_BEGIN();
    for (const auto& [name, rollout] : state_.rollouts) *answer->add_rollouts() = rollout;
    return grpc::Status::OK;
  }

  grpc::Status ListRolloutEvents(grpc::ServerContext*, const v1::ListRolloutEventsRequest*,
                                 v1::ListRolloutEventsAnswer*) override {
    MIG_FAKE_BEGIN();
    return grpc::Status::OK;
  }

  grpc::Status WatchRollout(grpc::ServerContext*, const v1::GetRolloutRequest* request,
                            grpc::ServerWriter<v1::Rollout>* writer) override {
    MIG_FAKE_BEGIN();
    for (const v1::Rollout& rollout : state_.watched) writer->Write(rollout);
    const auto known = state_.rollouts.find(request->name());
    if (known == state_.rollouts.end()) return NotFound("such rollout");
    if (state_.watched.empty()) writer->Write(known->second);
    return grpc::Status::OK;
  }

  grpc::Status ListHosts(grpc::ServerContext*, const v1::ListHostsRequest* request,
                         v1::ListHostsAnswer* answer) override {
    MIG_FAKE_BEGIN();
    // Pages of the size that was asked for, so that clients must follow them.
    size_t from = 0;
    if (!request->page().token().empty()) from = std::stoul(request->page().token());
    const size_t to = std::min(state_.hosts.size(), from + request->page().size());
    for (size_t i = from; i < to; ++i) *answer->add_hosts() = state_.hosts[i];
    if (to < state_.hosts.size()) answer->set_next_token(absl::StrCat(to));
    answer->set_matched_hosts(state_.hosts.size());
    answer->set_all_hosts(state_.hosts.size());
    return grpc::Status::OK;
  }

  grpc::Status GetHost(grpc::ServerContext*, const v1::GetHostRequest* request,
                       v1::HostDetails* details) override {
    MIG_FAKE_BEGIN();
    for (const v1::Host& host : state_.hosts) {
      if (host.hostname() != request->host() && host.id() != request->host()) continue;
      *details->mutable_host() = host;
      return grpc::Status::OK;
    }
    return NotFound("such host");
  }

  grpc::Status ExplainHost(grpc::ServerContext*, const v1::ExplainHostRequest*,
                           v1::Explanation* explanation) override {
    MIG_FAKE_BEGIN();
    *explanation = state_.explanation;
    return grpc::Status::OK;
  }

  grpc::Status RevokeHosts(grpc::ServerContext*, const v1::RevokeHostsRequest* request,
                           v1::RevokeHostsAnswer* answer) override {
    MIG_FAKE_BEGIN();
    state_.revocations.push_back(*request);
    for (const std::string& host : request->hosts()) answer->add_hosts()->set_hostname(host);
    return grpc::Status::OK;
  }

  grpc::Status CreateToken(grpc::ServerContext*, const v1::CreateTokenRequest* request,
                           v1::CreateTokenAnswer* answer) override {
    MIG_FAKE_BEGIN();
    v1::Token& token = *answer->mutable_token();
    token.set_name(absl::StrCat("t-", state_.tokens.size() + 1));
    token.set_uses(request->uses());
    token.set_manual_approval(request->manual_approval());
    token.set_expires_ms(absl::ToUnixMillis(TimeNow()) + request->life_ms());
    *token.mutable_labels() = request->labels();
    state_.tokens.push_back(token);
    answer->set_token_text("mt_secret");
    return grpc::Status::OK;
  }

  grpc::Status ListTokens(grpc::ServerContext*, const v1::ListTokensRequest*,
                          v1::ListTokensAnswer* answer) override {
    MIG_FAKE_BEGIN();
    for (const v1::Token& token : state_.tokens) *answer->add_tokens() = token;
    return grpc::Status::OK;
  }

  grpc::Status ListEnrollments(grpc::ServerContext*, const v1::ListEnrollmentsRequest*,
                               v1::ListEnrollmentsAnswer* answer) override {
    MIG_FAKE_BEGIN();
    for (const v1::Enrollment& each : state_.enrollments) *answer->add_enrollments() = each;
    return grpc::Status::OK;
  }

  grpc::Status ApproveEnrollment(grpc::ServerContext*, const v1::ApproveEnrollmentRequest* request,
                                 v1::Enrollment* enrollment) override {
    MIG_FAKE_BEGIN();
    for (v1::Enrollment& each : state_.enrollments) {
      if (each.name() != request->name()) continue;
      each.set_state(v1::Enrollment::APPROVED);
      *enrollment = each;
      return grpc::Status::OK;
    }
    return NotFound("such enrollment");
  }

  grpc::Status WhoAmI(grpc::ServerContext* context, const v1::WhoAmIRequest*,
                      v1::Operator* me) override {
    MIG_FAKE_BEGIN();
    const auto ids = context->auth_context()->FindPropertyValues("peer_spiffe_id");
    if (!ids.empty()) me->set_spiffe_id(std::string(ids.front().data(), ids.front().size()));
    me->set_name(files_.operator_name);
    me->add_roles(v1::ADMIN_ROLE_ROLLOUT_SIGNER);
    return grpc::Status::OK;
  }

  grpc::Status RenewOperatorCertificate(grpc::ServerContext*,
                                        const v1::RenewOperatorCertificateRequest* request,
                                        v1::RenewOperatorCertificateAnswer* answer) override {
    MIG_FAKE_BEGIN();
    ++state_.renewals;
    return Issue(files_, state_.certified_instead.value_or(request->csr()),
                 *answer->mutable_certificate_chain());
  }

  grpc::Status Doctor(grpc::ServerContext*, const v1::DoctorRequest*,
                      v1::DoctorAnswer* answer) override {
    MIG_FAKE_BEGIN();
    answer->set_coordinator_version("fake");
    v1::DoctorCheck& check = *answer->add_checks();
    check.set_name("store");
    check.set_result(v1::DoctorCheck::GOOD);
    check.set_text("in memory");
    return grpc::Status::OK;
  }

 private:
  FakeState& state_;
  const FakeCoordinatorFiles& files_;
};

std::shared_ptr<grpc::ServerCredentials> Credentials(const FakeCoordinatorFiles& files,
                                                     grpc_ssl_client_certificate_request_type who) {
  grpc::SslServerCredentialsOptions options(who);
  options.pem_key_cert_pairs.push_back({files.server_key_pem, files.server_chain_pem});
  options.pem_root_certs = files.operators_ca_pem;
  return grpc::SslServerCredentials(options);
}

}  // namespace

struct FakeCoordinator::Servers {
  Servers(FakeState& state, const FakeCoordinatorFiles& files)
      : admin(state, files), enrollment(state, files) {}

  FakeAdmin admin;
  FakeEnrollment enrollment;
  int admin_port = 0;
  int enrollment_port = 0;
  std::unique_ptr<grpc::Server> admin_server;
  std::unique_ptr<grpc::Server> enrollment_server;
};

FakeCoordinator::FakeCoordinator(FakeCoordinatorFiles files)
    : files_(std::move(files)), servers_(std::make_unique<Servers>(state_, files_)) {
  grpc::ServerBuilder admin;
  admin.AddListeningPort(
      "127.0.0.1:0",
      Credentials(files_, GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY),
      &servers_->admin_port);
  admin.RegisterService(&servers_->admin);
  servers_->admin_server = admin.BuildAndStart();
  grpc::ServerBuilder enrollment;
  enrollment.AddListeningPort("127.0.0.1:0",
                              Credentials(files_, GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE),
                              &servers_->enrollment_port);
  enrollment.RegisterService(&servers_->enrollment);
  servers_->enrollment_server = enrollment.BuildAndStart();
  MIG_CHECK(servers_->admin_server != nullptr && servers_->enrollment_server != nullptr)
      << "no free port on loopback";
}

FakeCoordinator::~FakeCoordinator() { Stop(); }

void FakeCoordinator::Stop() {
  servers_->admin_server->Shutdown(gpr_inf_past(GPR_CLOCK_MONOTONIC));
  servers_->enrollment_server->Shutdown(gpr_inf_past(GPR_CLOCK_MONOTONIC));
}

std::string FakeCoordinator::admin_endpoint() const {
  return absl::StrCat("127.0.0.1:", servers_->admin_port);
}

std::string FakeCoordinator::enrollment_endpoint() const {
  return absl::StrCat("127.0.0.1:", servers_->enrollment_port);
}

}  // namespace mig::ctl::testing
