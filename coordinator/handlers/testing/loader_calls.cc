#include "coordinator/handlers/testing/loader_calls.h"

#include <memory>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "proto/mig/v1/enrollment_service.pb.h"
#include "trust/x509/certificate.h"

namespace mig::coordinator::testing {
namespace {

// One call over bytes: bounded, parsed, answered, bounded.
template <typename Request, typename Answer, typename Call>
absl::StatusOr<std::string> CallBytes(DrivenCoordinator& coordinator, absl::string_view bytes,
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

absl::StatusOr<std::string> CallUnary(DrivenCoordinator& coordinator, LoaderCall call,
                                      const Peer& peer, absl::string_view request) {
  LoaderHandlers& loaders = coordinator->loaders();
  EnrollmentHandlers& enrollment = coordinator->enrollment();
  switch (call) {
    case LoaderCall::kCheckIn:
      return CallBytes<v1::CheckInRequest, v1::CheckInAnswer>(
          coordinator, request,
          [&](const auto& message, auto done) { loaders.CheckIn(peer, message, std::move(done)); });
    case LoaderCall::kReport:
      return CallBytes<v1::ReportRequest, v1::ReportAnswer>(
          coordinator, request,
          [&](const auto& message, auto done) { loaders.Report(peer, message, std::move(done)); });
    case LoaderCall::kRenewCertificate:
      return CallBytes<v1::RenewCertificateRequest, v1::RenewCertificateAnswer>(
          coordinator, request, [&](const auto& message, auto done) {
            loaders.RenewCertificate(peer, message, std::move(done));
          });
    case LoaderCall::kEnroll:
      return CallBytes<v1::EnrollRequest, v1::EnrollAnswer>(
          coordinator, request, [&](const auto& message, auto done) {
            enrollment.Enroll(peer, message, std::move(done));
          });
    case LoaderCall::kPollEnrollment:
      return CallBytes<v1::PollEnrollmentRequest, v1::EnrollAnswer>(
          coordinator, request, [&](const auto& message, auto done) {
            enrollment.PollEnrollment(peer, message, std::move(done));
          });
    case LoaderCall::kRenewByPossession:
      return CallBytes<v1::RenewByPossessionRequest, v1::RenewByPossessionAnswer>(
          coordinator, request, [&](const auto& message, auto done) {
            enrollment.RenewByPossession(peer, message, std::move(done));
          });
    case LoaderCall::kWalkRoots:
      return CallBytes<v1::WalkRootsRequest, v1::WalkRootsAnswer>(
          coordinator, request, [&](const auto& message, auto done) {
            enrollment.WalkRoots(peer, message, std::move(done));
          });
    case LoaderCall::kFetch:
      break;
  }
  return absl::UnimplementedError("Fetch is a stream");
}

absl::Status CallServerStream(DrivenCoordinator& coordinator, LoaderCall call, const Peer& peer,
                              absl::string_view request,
                              absl::FunctionRef<absl::Status(absl::string_view frame)> take) {
  if (call != LoaderCall::kFetch) return absl::UnimplementedError("only Fetch is a stream");
  v1::FetchRequest message;
  if (!message.ParseFromString(std::string(request))) {
    return absl::InternalError("the request cannot be parsed");
  }
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<FetchStream> stream,
                       coordinator->loaders().Fetch(peer, message));
  while (true) {
    MIG_ASSIGN_OR_RETURN(const std::optional<v1::FetchAnswer> next, stream->Next());
    if (!next.has_value()) return absl::OkStatus();
    MIG_RETURN_IF_ERROR(take(next->SerializeAsString()));
  }
}

Peer PeerWith(absl::string_view certificate_der, absl::string_view address) {
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

}  // namespace mig::coordinator::testing
