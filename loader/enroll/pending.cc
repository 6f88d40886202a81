#include "loader/enroll/pending.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "loader/run/check_in/coordinators.h"
#include "loader/run/check_in/identity.h"
#include "loader/run/unreached.h"
#include "loader/run/views/self_view.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

// v1.PendingEnrollment; public, but nobody else's business.
constexpr absl::string_view kFileName = "enrollment";

absl::Status Waits(const v1::PendingEnrollment& pending) {
  return trust::Refuse(
      v1::Refusal::PENDING,
      absl::StrCat("the request waits for an operator as '", base::Escaped(pending.name(), 32),
                   "' (migctl enroll approve ", base::Escaped(pending.name(), 32),
                   "); the next runs ask again"));
}

absl::Status Forget(Session& session) {
  const absl::Status gone = session.directory().directory().Unlink(kFileName);
  return absl::IsNotFound(gone) ? absl::OkStatus() : gone;
}

absl::Status BecomeEnrolled(Session& session, const v1::IssuedCertificate& issued,
                            const trust::x509::PrivateKey& key) {
  MIG_ASSIGN_OR_RETURN(const trust::HostId host_id, trust::HostIdOf(key.spki()));
  if (issued.host_id() != host_id.bytes()) {
    return trust::Refuse(v1::Refusal::CERTIFICATE,
                         "the coordinator computed another host id than this key has");
  }
  const std::vector<std::string> chain(issued.certificate_chain().begin(),
                                       issued.certificate_chain().end());
  const trust::Verified<trust::Root>& root = session.trust().root();
  MIG_ASSIGN_OR_RETURN(const IdentityPem identity, CheckIssued(chain, key, host_id, *root));

  // The state first: a certificate without it would look like a state that was lost.
  trust::TrustedState& state = session.trust().state();
  state.host_id = host_id;
  state.enrolled = session.host.clock.WallNow();
  state.machine = MachineOf(session.host, host_id);
  MIG_RETURN_IF_ERROR(session.trust().Save());
  MIG_RETURN_IF_ERROR(session.directory().identity().SetAnchorRoot(root.envelope()));
  MIG_RETURN_IF_ERROR(session.directory().identity().Install(identity));
  return Forget(session);
}

}  // namespace

absl::Status TakeDecision(Session& session, const v1::EnrollAnswer& answer,
                          const trust::x509::PrivateKey& key) {
  switch (answer.decision_case()) {
    case v1::EnrollAnswer::kIssued:
      return BecomeEnrolled(session, answer.issued(), key);
    case v1::EnrollAnswer::kPending:
      MIG_RETURN_IF_ERROR(base::WriteDurably(session.directory().directory(), kFileName,
                                             answer.pending().SerializeAsString(), 0600));
      return Waits(answer.pending());
    case v1::EnrollAnswer::kDenied: {
      MIG_RETURN_IF_ERROR(Forget(session));
      return trust::FromMessage(answer.denied());
    }
    case v1::EnrollAnswer::DECISION_NOT_SET:
      break;
  }
  return trust::Refuse(v1::Refusal::MALFORMED, "the coordinator's answer has no decision");
}

absl::Status PollEnrollment(Session& session) {
  const absl::StatusOr<std::string> bytes =
      base::ReadWhole(session.directory().directory(), kFileName, base::kMaxPendingFileBytes);
  v1::PendingEnrollment pending;
  if (!bytes.ok() || !pending.ParseFromString(*bytes) || pending.request_id().empty()) {
    return trust::Refuse(v1::Refusal::NOT_ENROLLED,
                         "this host is not enrolled: get a token (migctl enroll token new), then "
                         "mig-loader enroll --token-file FILE");
  }
  MIG_ASSIGN_OR_RETURN(const trust::x509::PrivateKey key,
                       PendingKey(session.host, session.directory().identity()));
  MIG_ASSIGN_OR_RETURN(const std::string cas, ServerCasPem(session.host, *session.trust().root()));
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<EnrollmentClient> client,
                       ConnectToEnrollment(session.host, cas));
  v1::PollEnrollmentRequest request;
  request.set_request_id(pending.request_id());
  const absl::StatusOr<v1::EnrollAnswer> polled = client->Poll(request);
  if (!polled.ok()) return InOurWords(EnrollmentEndpoint(session.host.config), polled.status());
  const v1::EnrollAnswer& answer = *polled;
  return TakeDecision(session, answer, key);
}

}  // namespace mig::loader
