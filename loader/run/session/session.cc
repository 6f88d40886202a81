#include "loader/run/session/session.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "trust/refusal.h"

namespace mig::loader {

absl::StatusOr<std::unique_ptr<Session>> Session::Open(const Host& host,
                                                       StateDirectory::IfMissing if_missing) {
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<StateDirectory> directory,
                       StateDirectory::Open(host.disk, {.path = host.config.state_directory,
                                                        .owner_uid = host.owner_uid,
                                                        .if_missing = if_missing}));
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<base::FileLock> lock, directory->Lock());
  MIG_ASSIGN_OR_RETURN(TrustSession trust, TrustSession::Open(host, *directory));
  MIG_ASSIGN_OR_RETURN(ReportSpool spool, directory->OpenSpool());
  StatusRecord status = StatusRecord::Load(directory->status());
  std::unique_ptr<Session> session(new Session(host, std::move(directory), std::move(lock),
                                               std::move(trust), std::move(status),
                                               std::move(spool)));
  for (const Notice& notice : session->trust().notices()) session->ReportNotice(notice);
  if (!session->trust().notices().empty()) MIG_RETURN_IF_ERROR(session->trust().Save());
  return session;
}

Session::Session(const Host& host, std::unique_ptr<StateDirectory> directory,
                 std::unique_ptr<base::FileLock> lock, TrustSession trust, StatusRecord status,
                 ReportSpool spool)
    : host(host),
      directory_(std::move(directory)),
      lock_(std::move(lock)),
      trust_(std::move(trust)),
      status_(std::move(status)),
      spool_(std::move(spool)),
      began_(host.clock.MonotonicNow()) {}

void Session::Report(const v1::Outcome& outcome) {
  const absl::Status added = spool_.Add(outcome);
  if (added.ok()) return;
  notes_.push_back(absl::StrCat("a report could not be kept: ", added.message()));
}

void Session::ReportNotice(const Notice& notice, absl::string_view product) {
  notes_.push_back(absl::StrCat(v1::Refusal::Code_Name(notice.code), ": ", notice.text));
  Report(OutcomeOf(notice, product, host.random, host.clock.WallNow()));
}

absl::Status Session::CheckDeadline() const {
  const absl::Duration spent = host.clock.MonotonicNow() - began_;
  if (spent < kLongestRun) return absl::OkStatus();
  return absl::DeadlineExceededError(absl::StrCat("the run took ", absl::FormatDuration(spent),
                                                  ", at most ", absl::FormatDuration(kLongestRun),
                                                  " is let; the next run goes on from here"));
}

void Session::CountActivation() {
  status_.AddActivation(host.clock.WallNow());
  const absl::Status saved = status_.Save();
  if (!saved.ok()) notes_.push_back(absl::StrCat("status: ", saved.message()));
}

}  // namespace mig::loader
