#include "coordinator/handlers/testing/operators.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/handlers/operators/method_roles.h"
#include "coordinator/handlers/testing/loader_calls.h"
#include "proto/mig/v1/admin_documents.pb.h"
#include "proto/mig/v1/admin_rollouts.pb.h"
#include "proto/mig/v1/enrollment_service.pb.h"
#include "trust/pem.h"
#include "trust/x509/certificate_request.h"
#include "trust/x509/private_key.h"

namespace mig::coordinator::testing {

namespace {

constexpr absl::string_view kAdminName = "admin";

}  // namespace

absl::StatusOr<Operators> Operators::Begin(DrivenCoordinator& coordinator,
                                           const trust::testing::TestAuthority& authority,
                                           base::Random& random) {
  const RoleBits everything = BitOf(v1::ADMIN_ROLE_OPERATOR) |
                              BitOf(v1::ADMIN_ROLE_RELEASE_SIGNER) |
                              BitOf(v1::ADMIN_ROLE_ROLLOUT_SIGNER) | BitOf(v1::ADMIN_ROLE_ADMIN);
  Operators operators(coordinator, authority, random);
  MIG_ASSIGN_OR_RETURN(operators.admin_, operators.FirstLogin(kAdminName, everything));
  return operators;
}

absl::StatusOr<Operators::Login> Operators::FirstLogin(absl::string_view name, RoleBits roles) {
  const trust::TokenSecret secret = trust::NewTokenSecret(random_);
  MIG_RETURN_IF_ERROR(coordinator_
                          .Wait<bool>([&](Done<bool> done) {
                            coordinator_->RecordFirstInvite(trust::HashOf(secret), name, roles,
                                                            std::move(done));
                          })
                          .status());
  const trust::x509::PrivateKey key = trust::x509::PrivateKey::Generate(random_);
  v1::FirstLoginRequest request;
  request.set_token_secret(std::string(secret.bytes()));
  MIG_ASSIGN_OR_RETURN(*request.mutable_csr(), trust::x509::CertificateRequest::Make(key, name));
  MIG_ASSIGN_OR_RETURN(
      const v1::FirstLoginAnswer answer,
      coordinator_.Wait<v1::FirstLoginAnswer>([&](Done<v1::FirstLoginAnswer> done) {
        coordinator_->enrollment().FirstLogin(PeerWith("", "192.0.2.1"), request, std::move(done));
      }));
  Login login{.private_key_pem = key.ToPem(),
              .peer = PeerWith(answer.certificate_chain(0), "192.0.2.1")};
  for (const std::string& der : answer.certificate_chain()) {
    absl::StrAppend(&login.certificate_chain_pem, trust::EncodePem("CERTIFICATE", der));
  }
  return login;
}

absl::StatusOr<base::Digest> Operators::PutContent(absl::string_view bytes) {
  const base::Digest digest = base::Sha256Of(bytes);
  v1::BlobStart start;
  start.set_digest(std::string(digest.bytes()));
  start.set_size_bytes(bytes.size());
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<Upload> upload,
                       coordinator_->documents().BeginUpload(admin(), start));
  for (size_t at = 0; at < bytes.size(); at += base::kMaxFetchChunkBytes) {
    MIG_RETURN_IF_ERROR(upload->Write(bytes.substr(at, base::kMaxFetchChunkBytes)));
  }
  MIG_RETURN_IF_ERROR(coordinator_
                          .Wait<v1::UploadBlobAnswer>([&](Done<v1::UploadBlobAnswer> done) {
                            upload->Finish(std::move(done));
                          })
                          .status());
  return digest;
}

absl::Status Operators::PutDocument(absl::string_view envelope) {
  v1::PutDocumentRequest request;
  request.set_envelope(std::string(envelope));
  return coordinator_
      .Wait<v1::DocumentInfo>([&](Done<v1::DocumentInfo> done) {
        coordinator_->documents().PutDocument(admin(), request, std::move(done));
      })
      .status();
}

absl::Status Operators::Publish(const v1::Manifest& manifest) {
  return PutDocument(authority_.Sign(manifest));
}

absl::Status Operators::PutPlan(const v1::Plan& plan) { return PutDocument(authority_.Sign(plan)); }

absl::Status Operators::StartPlan(const v1::Plan& plan) {
  MIG_RETURN_IF_ERROR(PutPlan(plan));
  return StartRollout(plan.name(), base::Sha256Of(plan.SerializeAsString()));
}

absl::Status Operators::StartRollout(absl::string_view plan_name, const base::Digest& plan_digest) {
  v1::StartRolloutRequest request;
  request.set_name(std::string(plan_name));
  request.set_plan_digest(std::string(plan_digest.bytes()));
  return coordinator_
      .Wait<v1::Rollout>([&](Done<v1::Rollout> done) {
        coordinator_->rollouts().StartRollout(admin(), request, std::move(done));
      })
      .status();
}

absl::Status Operators::Halt(absl::string_view plan_name) {
  v1::HaltRolloutRequest request;
  request.set_name(std::string(plan_name));
  request.mutable_why()->set_reason("a test says so");
  return coordinator_
      .Wait<v1::Rollout>([&](Done<v1::Rollout> done) {
        coordinator_->rollouts().HaltRollout(admin(), request, std::move(done));
      })
      .status();
}

absl::StatusOr<trust::Token> Operators::NewToken(uint32_t uses, bool manual_approval) {
  v1::CreateTokenRequest request;
  request.set_uses(uses);
  request.set_manual_approval(manual_approval);
  MIG_ASSIGN_OR_RETURN(
      const v1::CreateTokenAnswer answer,
      coordinator_.Wait<v1::CreateTokenAnswer>([&](Done<v1::CreateTokenAnswer> done) {
        coordinator_->tokens().CreateToken(admin(), request, std::move(done));
      }));
  return trust::ParseToken(answer.token_text(), trust::TokenKind::kHost);
}

}  // namespace mig::coordinator::testing
