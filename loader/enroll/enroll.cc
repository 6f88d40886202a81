#include "loader/enroll/enroll.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "loader/enroll/pending.h"
#include "loader/run/check_in/coordinators.h"
#include "loader/run/check_in/identity.h"
#include "loader/run/session/session.h"
#include "loader/run/unreached.h"
#include "loader/run/views/self_view.h"
#include "trust/pem.h"
#include "trust/refusal.h"
#include "trust/x509/certificate.h"

namespace mig::loader {

namespace {

// Only the CAs that the pin names; all of them without one.
absl::StatusOr<std::string> PinnedCas(const std::string& pem,
                                      const std::optional<base::Digest>& pin) {
  if (!pin.has_value()) return pem;
  MIG_ASSIGN_OR_RETURN(const std::vector<trust::PemBlock> blocks,
                       trust::DecodePem(pem, base::kMaxServerCas));
  for (const trust::PemBlock& block : blocks) {
    const absl::StatusOr<trust::x509::Certificate> ca =
        trust::x509::Certificate::ParseDer(block.bytes);
    const bool is_pinned =
        base::Sha256Of(block.bytes) == *pin || (ca.ok() && ca->spki_digest() == *pin);
    if (is_pinned) return trust::EncodePem("CERTIFICATE", block.bytes);
  }
  return trust::Refuse(v1::Refusal::SERVER_CERTIFICATE,
                       absl::StrCat("none of the server CAs of the packaged root (or ca_file) has "
                                    "the SHA-256 ",
                                    pin->ToHex(), "; compare the pin with who gave it to you"));
}

// From the packaged root on, until there is no newer one.
absl::Status FollowRoots(Session& session, EnrollmentClient& client) {
  for (size_t asked = 0; asked < base::kMaxRootsPerRun; ++asked) {
    v1::WalkRootsRequest request;
    request.set_root_version(session.trust().root()->version());
    MIG_ASSIGN_OR_RETURN(const v1::WalkRootsAnswer answer, client.WalkRoots(request));
    const std::vector<std::string> roots(answer.roots().begin(), answer.roots().end());
    if (roots.empty()) return absl::OkStatus();
    MIG_RETURN_IF_ERROR(session.trust().AcceptRoots(roots));
    if (!answer.more()) return absl::OkStatus();
  }
  return absl::UnavailableError("the coordinator has more roots; run enroll again to go on");
}

// The digest of the root of `version` on the way here, as far as it is still on the disk.
absl::StatusOr<base::Digest> DigestOfRoot(Session& session, uint64_t version) {
  const trust::Verified<trust::Root>& root = session.trust().root();
  if (root->version() == version) return root.digest();
  MIG_ASSIGN_OR_RETURN(const std::vector<base::Digest> digests,
                       session.directory().documents().List());
  for (const base::Digest& digest : digests) {
    const absl::StatusOr<std::string> envelope = session.directory().documents().Get(digest);
    if (!envelope.ok()) continue;
    const absl::StatusOr<trust::Verified<trust::Root>> stored = trust::VerifyFirstRoot(*envelope);
    if (stored.ok() && (*stored)->version() == version) return stored->digest();
  }
  return absl::NotFoundError("no such root");
}

// Whoever made the token saw this root: who shows the host only older ones, or others, hides
// something (docs/protocol.md, "Identity").
absl::Status CheckTokensRoot(Session& session, const trust::Token& token,
                             const trust::Verified<trust::Root>& packaged) {
  const auto refuse = [&token](absl::string_view why) {
    return trust::Refuse(
        v1::Refusal::ROOT_VERSION,
        absl::StrCat("the token was made under root version ", token.root_version, ", ", why));
  };
  if (token.root_version == 0) return refuse("which is none; ask for another token");
  if (token.root_version > session.trust().root()->version()) {
    return refuse(absl::StrCat("the coordinator's roots end at version ",
                               session.trust().root()->version(),
                               "; ask again, or ask who made the token"));
  }
  // The package vouches for what came before its own root.
  if (token.root_version < packaged->version()) return absl::OkStatus();
  const absl::StatusOr<base::Digest> digest = packaged->version() == token.root_version
                                                  ? packaged.digest()
                                                  : DigestOfRoot(session, token.root_version);
  if (digest.ok() && *digest == token.root_digest) return absl::OkStatus();
  return refuse(
      "and the coordinator's root of that version is another one; ask who made the token");
}

absl::StatusOr<v1::EnrollRequest> RequestOf(Session& session, const trust::Token& token,
                                            const trust::x509::PrivateKey& key,
                                            const trust::HostId& host_id) {
  v1::EnrollRequest request;
  request.set_token_secret(std::string(token.secret.bytes()));
  MIG_ASSIGN_OR_RETURN(*request.mutable_csr(), RequestFor(key, host_id));
  *request.mutable_environment() = ReportedEnvironment(session.host);
  request.mutable_environment()->set_utc_offset_min(
      session.host.facts.UtcOffsetMinutes(session.host.clock.WallNow()));
  request.set_machine(std::string(MachineOf(session.host, host_id).bytes()));
  request.set_root_version(session.trust().root()->version());
  request.set_root_digest(std::string(session.trust().root().digest().bytes()));
  return request;
}

absl::StatusOr<bool> IsEnrolled(Session& session) {
  MIG_ASSIGN_OR_RETURN(const std::optional<IdentityPem> identity,
                       session.directory().identity().Current());
  return identity.has_value() && session.trust().state().host_id.has_value();
}

absl::Status Ask(Session& session, const EnrollOptions& options, const trust::x509::PrivateKey& key,
                 const trust::HostId& host_id) {
  const Host& host = session.host;
  MIG_ASSIGN_OR_RETURN(const trust::Verified<trust::Root> packaged, ReadPackagedRoot(host));
  MIG_ASSIGN_OR_RETURN(const std::string all_cas, ServerCasPem(host, *session.trust().root()));
  MIG_ASSIGN_OR_RETURN(const std::string cas, PinnedCas(all_cas, options.ca_pin));
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<EnrollmentClient> client,
                       ConnectToEnrollment(host, cas));
  const std::string endpoint = EnrollmentEndpoint(host.config);
  MIG_RETURN_IF_ERROR(InOurWords(endpoint, FollowRoots(session, *client)));
  MIG_RETURN_IF_ERROR(CheckTokensRoot(session, options.token, packaged));
  MIG_RETURN_IF_ERROR(session.trust().CheckRootLives());
  MIG_ASSIGN_OR_RETURN(const v1::EnrollRequest request,
                       RequestOf(session, options.token, key, host_id));
  const absl::StatusOr<v1::EnrollAnswer> answer = client->Enroll(request);
  if (!answer.ok()) return InOurWords(endpoint, answer.status());
  return TakeDecision(session, *answer, key);
}

}  // namespace

absl::StatusOr<Enrollment> Enroll(const Host& host, const EnrollOptions& options) {
  // Before anything is made: a wrong configuration leaves no directory behind.
  MIG_RETURN_IF_ERROR(ReadPackagedRoot(host).status());
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                       Session::Open(host, StateDirectory::IfMissing::kCreate));
  Enrollment result{.trial_root = session->trust().root()->IsTrial()};
  MIG_ASSIGN_OR_RETURN(const bool is_enrolled, IsEnrolled(*session));
  if (is_enrolled) {
    result.host_id = *session->trust().state().host_id;
    result.state = Enrollment::State::kAlready;
    return result;
  }
  MIG_ASSIGN_OR_RETURN(const trust::x509::PrivateKey key,
                       PendingKey(host, session->directory().identity()));
  MIG_ASSIGN_OR_RETURN(result.host_id, trust::HostIdOf(key.spki()));
  const absl::Status decided = Ask(*session, options, key, result.host_id);
  if (trust::RefusalOf(decided) == v1::Refusal::PENDING) {
    result.state = Enrollment::State::kPending;
    result.waits = std::string(decided.message());
    return result;
  }
  MIG_RETURN_IF_ERROR(decided);
  result.trial_root = session->trust().root()->IsTrial();
  return result;
}

}  // namespace mig::loader
