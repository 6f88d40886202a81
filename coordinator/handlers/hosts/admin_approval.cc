// Enrollments that wait for an operator: AdminEnrollment's second half.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/handlers/check_in/check_in_summary.h"
#include "coordinator/handlers/enroll/new_host.h"
#include "coordinator/handlers/hosts/admin_enrollment.h"
#include "coordinator/handlers/hosts/host_line.h"
#include "coordinator/handlers/hosts/host_lookup.h"
#include "coordinator/handlers/operators/page.h"
#include "trust/refusal.h"
#include "trust/x509/certificate_request.h"

namespace mig::coordinator {
namespace {

v1::Enrollment::State StateOf(EnrollmentState state) {
  switch (state) {
    case EnrollmentState::kPending:
      return v1::Enrollment::WAITING;
    case EnrollmentState::kApproved:
      return v1::Enrollment::APPROVED;
    case EnrollmentState::kDenied:
      break;
  }
  return v1::Enrollment::DENIED;
}

v1::Enrollment ViewOf(const EnrollmentRecord& record) {
  v1::Enrollment view;
  view.set_name(absl::StrCat("e-", record.number));
  view.set_host_id(record.host.ToHex());
  if (!view.mutable_environment()->ParseFromString(record.environment)) view.clear_environment();
  view.set_seen_address(record.seen_address);
  view.set_token(absl::StrCat("t-", record.token_number));
  view.set_asked_ms(absl::ToUnixMillis(record.asked_at));
  view.set_state(StateOf(record.state));
  view.set_decided_by(record.decided_by);
  return view;
}

absl::Status Decided(absl::string_view name) {
  return trust::Refuse(v1::Refusal::CHANGED_MEANWHILE,
                       absl::StrCat("somebody has decided on ", name, " already"));
}

}  // namespace

absl::StatusOr<EnrollmentRecord> AdminEnrollment::FindWaiting(absl::string_view name) {
  MIG_ASSIGN_OR_RETURN(const uint64_t number, NumberedName(name, "e-"));
  absl::StatusOr<EnrollmentRecord> record = fleet_.store().GetEnrollmentByNumber(number);
  if (absl::IsNotFound(record.status())) {
    return trust::Refuse(v1::Refusal::NOT_FOUND, absl::StrCat("there is no enrollment ", name,
                                                              "; see migctl enroll "
                                                              "pending"));
  }
  MIG_RETURN_IF_ERROR(record.status());
  if (record->state != EnrollmentState::kPending) return Decided(name);
  return record;
}

void AdminEnrollment::ListEnrollments(const Peer& peer, const v1::ListEnrollmentsRequest& request,
                                      Done<v1::ListEnrollmentsAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "ListEnrollments");
  if (!caller.ok()) return done(caller.status());
  absl::StatusOr<size_t> rows = PageRows(request.page());
  if (!rows.ok()) return done(rows.status());
  const absl::StatusOr<uint64_t> after = NumberToken(request.page());
  if (!after.ok()) return done(after.status());
  // Each carries an environment of up to 16 KiB.
  rows = std::min<size_t>(*rows, 50);
  const absl::StatusOr<std::vector<EnrollmentRecord>> waiting =
      fleet_.store().ListEnrollments(EnrollmentState::kPending, *after, *rows);
  if (!waiting.ok()) return done(waiting.status());
  v1::ListEnrollmentsAnswer answer;
  for (const EnrollmentRecord& record : *waiting) *answer.add_enrollments() = ViewOf(record);
  if (waiting->size() == *rows) answer.set_next_token(absl::StrCat(waiting->back().number));
  // One walk over the inventory for all of the page.
  const absl::Status read =
      fleet_.ForEachHost([&](const HostRecord& host, const HostSeenRecord* seen) {
        const std::optional<v1::CheckInRequest> said = SaidIn(seen);
        const std::string name = NameOf(host, said.has_value() ? &*said : nullptr);
        for (size_t i = 0; i < waiting->size(); ++i) {
          v1::Enrollment& view = *answer.mutable_enrollments(static_cast<int>(i));
          const bool same_name = !name.empty() && view.environment().hostname() == name;
          const bool same = same_name || (*waiting)[i].machine == host.machine;
          if (same && view.same_as_size() < static_cast<int>(base::kMaxSameAs)) {
            view.add_same_as(host.id.ToHex());
          }
        }
      });
  if (!read.ok()) return done(read);
  done(std::move(answer));
}

absl::StatusOr<WriteBatch> AdminEnrollment::Approval(const Caller& caller,
                                                     const EnrollmentRecord& waiting,
                                                     absl::string_view replaces) {
  MIG_ASSIGN_OR_RETURN(const trust::x509::CertificateRequest csr,
                       trust::x509::CertificateRequest::ParseDer(waiting.csr));
  MIG_ASSIGN_OR_RETURN(const TokenRecord token,
                       fleet_.store().GetTokenByNumber(waiting.token_number));
  v1::Environment environment;
  if (!environment.ParseFromString(waiting.environment)) environment.Clear();
  HostRecord host = NewHost(waiting.host, waiting.machine, token, environment, caller.now);
  host.keys.current = csr.spki_digest();

  WriteBatch batch = {DecideEnrollment{.id = waiting.id,
                                       .state = EnrollmentState::kApproved,
                                       .at = caller.now,
                                       .by = caller.name()}};
  std::string difference = waiting.host.ToHex();
  if (!replaces.empty()) {
    MIG_ASSIGN_OR_RETURN(const HostId old_id, FindHost(fleet_, replaces));
    MIG_ASSIGN_OR_RETURN(HostRecord old, fleet_.store().GetHost(old_id));
    host.labels = old.labels;
    host.expected_environment = old.expected_environment;
    old.state = HostState::kRevoked;
    absl::StrAppend(&difference, ", replaces ", old_id.ToHex());
    batch.push_back(UpdateHost{std::move(old)});
  }
  batch.push_back(InsertHost{std::move(host)});
  batch.push_back(AppendAudit{
      AuditOf(caller, "enrollment.approve", absl::StrCat("e-", waiting.number), "", difference)});
  return batch;
}

void AdminEnrollment::ApproveEnrollment(const Peer& peer,
                                        const v1::ApproveEnrollmentRequest& request,
                                        Done<v1::Enrollment> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "ApproveEnrollment");
  if (!caller.ok()) return done(caller.status());
  if (absl::Status s = fleet_.CheckNotBehind(); !s.ok()) return done(s);
  const absl::StatusOr<EnrollmentRecord> waiting = FindWaiting(request.name());
  if (!waiting.ok()) return done(waiting.status());
  absl::StatusOr<WriteBatch> batch = Approval(*caller, *waiting, request.replaces_host());
  if (!batch.ok()) return done(batch.status());
  Decide(*std::move(batch), *waiting, std::move(done));
}

void AdminEnrollment::DenyEnrollment(const Peer& peer, const v1::DenyEnrollmentRequest& request,
                                     Done<v1::Enrollment> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "DenyEnrollment");
  if (!caller.ok()) return done(caller.status());
  if (absl::Status s = CheckReason(request.why().reason(), Needed::kYes); !s.ok()) return done(s);
  const absl::StatusOr<EnrollmentRecord> waiting = FindWaiting(request.name());
  if (!waiting.ok()) return done(waiting.status());
  WriteBatch batch = {DecideEnrollment{.id = waiting->id,
                                       .state = EnrollmentState::kDenied,
                                       .at = caller->now,
                                       .by = caller->name(),
                                       .reason = request.why().reason()},
                      AppendAudit{AuditOf(*caller, "enrollment.deny", request.name(),
                                          request.why().reason(), waiting->host.ToHex())}};
  Decide(std::move(batch), *waiting, std::move(done));
}

void AdminEnrollment::Decide(WriteBatch batch, const EnrollmentRecord& waiting,
                             Done<v1::Enrollment> done) {
  fleet_.Append(
      std::move(batch), [this, id = waiting.id, number = waiting.number,
                         done = std::move(done)](const absl::StatusOr<Written>& written) mutable {
        if (absl::IsAborted(written.status())) return done(Decided(absl::StrCat("e-", number)));
        if (absl::IsAlreadyExists(written.status())) {
          return done(trust::Refuse(
              v1::Refusal::EXISTS,
              absl::StrCat("the host of e-", number, " came in by another token; deny this one")));
        }
        if (!written.ok()) return done(written.status());
        const absl::StatusOr<EnrollmentRecord> decided = fleet_.store().GetEnrollment(id);
        if (!decided.ok()) return done(decided.status());
        done(ViewOf(*decided));
      });
}

}  // namespace mig::coordinator
