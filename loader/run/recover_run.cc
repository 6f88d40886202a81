#include "loader/run/recover_run.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "loader/install/recover.h"
#include "loader/run/install/finish_journal.h"
#include "loader/run/install/product_run.h"
#include "loader/run/session/failure.h"
#include "loader/run/session/session.h"
#include "loader/run/views/local_view.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

constexpr absl::Duration kAskAgainAfter = absl::Milliseconds(100);

// Files are being renamed: whoever starts the agent now might run a mix.
bool IsRenaming(const absl::StatusOr<std::optional<Phase>>& phase) {
  return phase.ok() && phase->has_value() &&
         (**phase == Phase::kCommitted || **phase == Phase::kReverting);
}

void Blame(const absl::Status& error, RunResult& result) {
  const absl::Status status = WithWayOut(error);
  result.exit_code = Graver(result.exit_code, ExitCodeOf(status));
  result.refusal = trust::ToMessage(status, v1::Refusal::INTERNAL);
}

RunResult Finish(Session& session) {
  RunResult result;
  result.refusal.set_code(v1::Refusal::NONE);
  const absl::StatusOr<FinishedJournal> finished = FinishJournal(session, Activate::kOnlyOurOwn);
  if (!finished.ok()) {
    Blame(finished.status(), result);
  } else if (finished->unfinished.has_value()) {
    Blame(WhyUnfinished(*finished->unfinished), result);
  } else if (finished->concluded.has_value()) {
    result.products.push_back({.product = finished->product,
                               .change = finished->concluded->change,
                               .refusal = finished->concluded->refusal});
    result.exit_code = ExitCodeOf(finished->concluded->change);
  }
  TakeRemarks(session);
  const absl::Status saved = session.status().Save();
  if (!saved.ok()) session.notes().push_back(absl::StrCat("status: ", saved.message()));
  result.notes = std::move(session.notes());
  result.trial_root = session.trust().root()->IsTrial();
  return result;
}

}  // namespace

RunResult RecoverRun(const Host& host) {
  const base::MonotonicTime deadline = host.clock.MonotonicNow() + base::kRecoverLockWait;
  for (;;) {
    const absl::StatusOr<std::unique_ptr<Session>> session =
        Session::Open(host, StateDirectory::IfMissing::kFail);
    if (session.ok()) return Finish(**session);

    RunResult result;
    result.refusal.set_code(v1::Refusal::NONE);
    if (absl::IsNotFound(session.status())) return result;  // never enrolled: nothing to recover
    if (trust::RefusalOf(session.status()) != v1::Refusal::BUSY) {
      Blame(session.status(), result);
      return result;
    }
    if (!IsRenaming(PeekPhase(host.place()))) return result;
    if (host.clock.MonotonicNow() >= deadline) {
      Blame(session.status(), result);
      return result;
    }
    host.clock.SleepUntil(host.clock.MonotonicNow() + kAskAgainAfter);
  }
}

}  // namespace mig::loader
