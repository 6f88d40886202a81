#include "loader/run/testing/fake_coordinator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "trust/envelope.h"
#include "trust/refusal.h"
#include "trust/x509/certificate_request.h"
#include "trust/x509/possession.h"

namespace mig::loader::testing {

namespace {

using trust::x509::Certificate;
using trust::x509::CertificateRequest;
using trust::x509::SpiffeId;

template <typename T>
T Must(absl::StatusOr<T> result) {
  MIG_CHECK_OK(result);
  return *std::move(result);
}

template <typename Bytes>
std::string Text(const Bytes& bytes) {
  return std::string(bytes.bytes());
}

trust::x509::Authority NewCa(base::Clock& clock) {
  base::testing::SeededRandom random(base::testing::Seed(7));
  return Must(trust::x509::Authority::Create("test loaders", clock.WallNow() - absl::Hours(1),
                                             clock.WallNow() + absl::Hours(24 * 3650), random));
}

absl::Status Away() {
  return absl::UnavailableError("coordinator mig.corp.example:8443: connection refused");
}

}  // namespace

class FakeCoordinator::Client : public CoordinatorClient {
 public:
  Client(FakeCoordinator& owner, const trust::HostId& host) : owner_(owner), host_(host) {}

  absl::StatusOr<v1::CheckInAnswer> CheckIn(const v1::CheckInRequest& request) override {
    if (owner_.away) return Away();
    if (!owner_.refusal.ok()) return owner_.refusal;
    if (!owner_.knows_certificates) {
      return trust::Refuse(v1::Refusal::UNRECORDED_KEY, "this key is not recorded");
    }
    return owner_.Answer(host_, request);
  }

  absl::Status Fetch(const FetchWant& want, FetchSink& sink) override {
    if (owner_.before_fetch) owner_.before_fetch();
    if (owner_.away) return Away();
    owner_.fetches.push_back(want.digest);
    const auto found = owner_.contents.find(want.digest);
    if (!owner_.Allows(want.ticket, want.digest) || found == owner_.contents.end()) {
      return trust::Refuse(v1::Refusal::TICKET, "no right to this content, or no such content");
    }
    const std::string& content = found->second;
    MIG_RETURN_IF_ERROR(sink.Begin(want.offset));
    const uint64_t end =
        std::min<uint64_t>({content.size(), want.size_bytes,
                            want.offset + std::min<uint64_t>(owner_.cut_fetch_after, base::kGiB)});
    for (uint64_t at = want.offset; at < end; at += 1000) {
      MIG_RETURN_IF_ERROR(
          sink.Write(absl::string_view(content).substr(at, std::min<uint64_t>(1000, end - at))));
    }
    if (end == want.size_bytes) return absl::OkStatus();
    if (end == content.size()) return trust::Refuse(v1::Refusal::LENGTH, "it ended early");
    return absl::UnavailableError("the stream was cut");
  }

  absl::StatusOr<v1::ReportAnswer> Report(const v1::ReportRequest& request) override {
    if (owner_.away) return Away();
    if (owner_.refuses_reports) return absl::ResourceExhaustedError("the queue is full");
    v1::ReportAnswer answer;
    for (const v1::Outcome& outcome : request.outcomes()) {
      if (owner_.rejects && owner_.rejects(outcome)) {
        v1::RejectedOutcome& rejected = *answer.add_rejected();
        rejected.set_attempt(outcome.attempt());
        rejected.mutable_refusal()->set_code(v1::Refusal::MALFORMED);
        rejected.mutable_refusal()->set_text("field 'stage' is none");
        continue;
      }
      const auto same = [&outcome](const v1::Outcome& known) {
        return known.attempt() == outcome.attempt();
      };
      if (std::none_of(owner_.outcomes.begin(), owner_.outcomes.end(), same)) {
        owner_.outcomes.push_back(outcome);
      }
      answer.add_acknowledged_attempts(outcome.attempt());
    }
    if (owner_.loses_reports) return absl::UnavailableError("the answer was lost");
    return answer;
  }

  absl::StatusOr<v1::RenewCertificateAnswer> Renew(
      const v1::RenewCertificateRequest& request) override {
    if (owner_.away) return Away();
    ++owner_.renewals;
    v1::RenewCertificateAnswer answer;
    MIG_ASSIGN_OR_RETURN(const std::vector<std::string> chain, owner_.Issue(request.csr(), &host_));
    for (const std::string& der : chain) answer.add_certificate_chain(der);
    return answer;
  }

 private:
  FakeCoordinator& owner_;
  const trust::HostId host_;
};

class FakeCoordinator::Enrollment : public EnrollmentClient {
 public:
  explicit Enrollment(FakeCoordinator& owner) : owner_(owner) {}

  absl::StatusOr<v1::EnrollAnswer> Enroll(const v1::EnrollRequest& request) override {
    if (owner_.away) return Away();
    if (request.token_secret() != owner_.NewToken().secret.bytes()) {
      return trust::Refuse(v1::Refusal::TOKEN, "no such token");
    }
    owner_.waiting_csr_ = request.csr();
    return Decide();
  }

  absl::StatusOr<v1::EnrollAnswer> Poll(const v1::PollEnrollmentRequest& request) override {
    if (owner_.away) return Away();
    MIG_CHECK(request.request_id() == std::string(16, 'r'));
    return Decide();
  }

  absl::StatusOr<v1::RenewByPossessionAnswer> RenewExpired(
      const v1::RenewByPossessionRequest& request) override {
    if (owner_.away) return Away();
    MIG_ASSIGN_OR_RETURN(const Certificate certificate,
                         Certificate::ParseDer(request.certificate()));
    MIG_RETURN_IF_ERROR(trust::x509::CheckPossession(certificate.spki(), "corp.example",
                                                     request.csr(), request.proof()));
    MIG_ASSIGN_OR_RETURN(const SpiffeId id, certificate.spiffe_id());
    ++owner_.possession_renewals;
    owner_.knows_certificates = true;
    v1::RenewByPossessionAnswer answer;
    MIG_ASSIGN_OR_RETURN(const std::vector<std::string> chain,
                         owner_.Issue(request.csr(), &*id.host_id()));
    for (const std::string& der : chain) answer.add_certificate_chain(der);
    return answer;
  }

  absl::StatusOr<v1::WalkRootsAnswer> WalkRoots(const v1::WalkRootsRequest& request) override {
    if (owner_.away) return Away();
    v1::WalkRootsAnswer answer;
    for (size_t i = request.root_version() - 1; i < owner_.roots_.size(); ++i) {
      answer.add_roots(owner_.roots_[i]);
    }
    return answer;
  }

 private:
  absl::StatusOr<v1::EnrollAnswer> Decide() {
    v1::EnrollAnswer answer;
    if (!owner_.approves) {
      answer.mutable_pending()->set_request_id(std::string(16, 'r'));
      answer.mutable_pending()->set_poll_after_ms(60'000);
      answer.mutable_pending()->set_name("e-88");
      return answer;
    }
    MIG_ASSIGN_OR_RETURN(const CertificateRequest csr,
                         CertificateRequest::ParseDer(owner_.waiting_csr_));
    MIG_ASSIGN_OR_RETURN(const std::vector<std::string> chain,
                         owner_.Issue(owner_.waiting_csr_, nullptr));
    for (const std::string& der : chain) answer.mutable_issued()->add_certificate_chain(der);
    answer.mutable_issued()->set_host_id(Text(csr.host_id()));
    owner_.hosts.push_back(csr.host_id());
    return answer;
  }

  FakeCoordinator& owner_;
};

FakeCoordinator::Keys::Keys(base::Clock& clock) : ca(NewCa(clock)) {}

FakeCoordinator::FakeCoordinator(base::Clock& clock)
    : FakeCoordinator(clock, std::make_shared<const Keys>(clock)) {}

FakeCoordinator::FakeCoordinator(base::Clock& clock, std::shared_ptr<const Keys> shared_keys)
    : keys(std::move(shared_keys)), clock_(clock), random_(base::testing::Seed(8)) {
  root_ = authority.Root();
  root_.clear_loader_ca_spki_digests();
  root_.add_loader_ca_spki_digests(Text(keys->ca.certificate().spki_digest()));
}

void FakeCoordinator::PublishRoot(const std::function<void(v1::Root&)>& edit) {
  v1::Root next = root_;
  next.set_version(2 + roots_.size());
  next.set_issued_ms(absl::ToUnixMillis(clock_.WallNow()));
  edit(next);
  roots_.push_back(authority.SignSuccessor(next, authority));
}

base::Digest FakeCoordinator::PublishRelease(uint64_t sequence, const Contents& files,
                                             const std::function<void(v1::Manifest&)>& edit,
                                             absl::string_view product) {
  v1::Manifest manifest = authority.Manifest(product, sequence, files);
  if (edit) edit(manifest);
  for (const auto& [name, content] : files) contents[base::Sha256Of(content)] = content;
  const base::Digest digest = base::Sha256Of(manifest.SerializeAsString());
  documents[digest] = authority.Sign(manifest);
  for (const v1::Variant& variant : manifest.variants()) {
    for (const v1::Component& component : variant.components()) {
      const auto content = base::Digest::FromBytes(component.sha256());
      if (content.ok()) contents_of_[digest.ToHex()].insert(*content);
    }
  }
  return digest;
}

base::Digest FakeCoordinator::PublishPlan(uint64_t sequence, const base::Digest& release,
                                          const std::function<void(v1::Plan&)>& edit,
                                          absl::string_view product) {
  v1::Plan plan = authority.Plan(sequence, product, release);
  const int64_t now = absl::ToUnixMillis(clock_.WallNow());
  plan.set_issued_ms(now);
  plan.set_first_issued_ms(now);
  plan.mutable_waves(0)->set_not_before_ms(now);
  plan.set_expires_ms(now + absl::ToInt64Milliseconds(base::kDefaultLongestLife));
  plan.set_baseline_until_ms(now + absl::ToInt64Milliseconds(base::kDefaultLongestBaseline));
  if (edit) edit(plan);
  const base::Digest digest = base::Sha256Of(plan.SerializeAsString());
  documents[digest] = authority.Sign(plan);
  return digest;
}

base::Digest FakeCoordinator::Roll(uint64_t sequence, const Contents& files) {
  const base::Digest release = PublishRelease(sequence, files);
  const base::Digest plan = PublishPlan(sequence, release);
  assigned["agent"] = {.manifest = release, .plan = plan};
  return release;
}

trust::Token FakeCoordinator::NewToken() const {
  trust::Token token{.kind = trust::TokenKind::kHost};
  base::testing::SeededRandom random(base::testing::Seed(11));
  token.secret = trust::NewTokenSecret(random);
  const std::string newest = roots_.empty() ? packaged_root() : roots_.back();
  const trust::Envelope parsed = Must(trust::Envelope::Parse(newest, trust::DocumentType::kRoot));
  token.root_version = 1 + roots_.size();
  token.root_digest = parsed.digest();
  return token;
}

absl::StatusOr<std::vector<std::string>> FakeCoordinator::Issue(absl::string_view csr,
                                                                const trust::HostId* host) {
  MIG_ASSIGN_OR_RETURN(const CertificateRequest request, CertificateRequest::ParseDer(csr));
  const trust::HostId id = issue_for.value_or(host == nullptr ? request.host_id() : *host);
  MIG_ASSIGN_OR_RETURN(const Certificate leaf,
                       keys->ca.Issue(request.spki(),
                                      {.id = Must(SpiffeId::Loader("corp.example", id)),
                                       .not_before = clock_.WallNow() - absl::Minutes(1),
                                       .not_after = clock_.WallNow() + certificate_life},
                                      random_));
  return std::vector<std::string>{leaf.der(), keys->ca.certificate().der()};
}

absl::StatusOr<v1::CheckInAnswer> FakeCoordinator::Answer(const trust::HostId& host,
                                                          const v1::CheckInRequest& request) {
  check_ins.push_back(request);
  v1::CheckInAnswer answer;
  answer.set_answer_id(random_.Bytes(16));
  answer.set_head(authority.Sign(authority.Head(head_generation, head_sequence, clock_.WallNow())));
  AddDocuments(request, answer);
  if (!answer.more() && !assigned.empty()) AddAssignment(host, request, answer);
  if (change_answer) change_answer(answer);
  last_answer = answer.SerializeAsString();
  return answer;
}

bool FakeCoordinator::Allows(absl::string_view ticket, const base::Digest& content) const {
  if (refuses_tickets || any_ticket_is_good) return !refuses_tickets;
  for (const absl::string_view release : absl::StrSplit(ticket, ' ')) {
    const auto found = contents_of_.find(std::string(release));
    if (found != contents_of_.end() && found->second.contains(content)) return true;
  }
  return false;
}

void FakeCoordinator::AddDocuments(const v1::CheckInRequest& request, v1::CheckInAnswer& answer) {
  std::vector<std::string> wanted;
  for (size_t i = request.root_version() - 1; i < roots_.size(); ++i) wanted.push_back(roots_[i]);
  for (const auto& [digest, envelope] : documents) {
    const auto& held = request.document_digests();
    if (std::find(held.begin(), held.end(), Text(digest)) == held.end()) wanted.push_back(envelope);
  }
  answer.set_more(wanted.size() > documents_per_answer);
  wanted.resize(std::min(wanted.size(), documents_per_answer));
  for (const std::string& envelope : wanted) answer.add_documents(envelope);
}

void FakeCoordinator::AddAssignment(const trust::HostId& host, const v1::CheckInRequest& request,
                                    v1::CheckInAnswer& answer) {
  v1::Assignment assignment =
      authority.Assignment(host, Must(trust::Nonce::FromBytes(request.nonce())), clock_.WallNow());
  for (const auto& [product, item] : assigned) {
    v1::AssignmentItem& message = *assignment.add_items();
    message.set_product(product);
    message.set_manifest_digest(Text(item.manifest));
    message.set_variant(item.variant);
    if (item.plan.has_value()) message.set_plan_digest(Text(*item.plan));
  }
  std::vector<std::string> releases;
  for (const auto& [product, item] : assigned) releases.push_back(item.manifest.ToHex());
  assignment.set_ticket(absl::StrJoin(releases, " "));
  if (change_assignment) change_assignment(assignment);
  answer.set_assignment(authority.Sign(assignment));
}

absl::StatusOr<std::unique_ptr<CoordinatorClient>> FakeCoordinator::ToCoordinator(
    const ServerAddress& server, const IdentityPem& identity) {
  connected.push_back(server.endpoint);
  MIG_ASSIGN_OR_RETURN(const std::vector<Certificate> chain,
                       Certificate::ParsePemChain(identity.certificate_chain));
  MIG_ASSIGN_OR_RETURN(const SpiffeId id, chain.front().spiffe_id());
  return std::make_unique<Client>(*this, *id.host_id());
}

absl::StatusOr<std::unique_ptr<EnrollmentClient>> FakeCoordinator::ToEnrollment(
    const ServerAddress& server) {
  connected.push_back(server.endpoint);
  return std::make_unique<Enrollment>(*this);
}

}  // namespace mig::loader::testing
