#include "sim/live/operator_desk.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "proto/mig/v1/admin_documents.pb.h"
#include "proto/mig/v1/admin_rollouts.pb.h"

namespace mig::sim {

namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(10);
// Until the coordinator is there again.
constexpr absl::Duration kTryAgain = absl::Milliseconds(250);

}  // namespace

OperatorDesk::OperatorDesk(base::Clock& clock, const loader::Tls13Required& tls13,
                           const Documents& documents, const Options& options)
    : clock_(clock), tls13_(tls13), connection_(options.connection), stop_(clock.NewEvent()) {
  for (const SignedPlan& plan : documents.plans()) {
    if (plan.starts > options.start) {
      actions_.push_back({.at = plan.starts, .plan = &plan, .what = Action::What::kStart});
    }
    if (plan.halts.has_value()) {
      actions_.push_back({.at = *plan.halts, .plan = &plan, .what = Action::What::kHalt});
    }
  }
  std::stable_sort(actions_.begin(), actions_.end(),
                   [](const Action& a, const Action& b) { return a.at < b.at; });
  thread_ = std::thread([this] { Work(); });
}

OperatorDesk::~OperatorDesk() {
  stop_->Notify();
  thread_.join();
}

absl::Status OperatorDesk::failure() const {
  const absl::MutexLock lock(&mutex_);
  return failure_;
}

void OperatorDesk::Work() {
  for (const Action& action : actions_) {
    absl::Duration wait = action.at - clock_.WallNow();
    for (;;) {
      if (stop_->WaitUntil(clock_.MonotonicNow() + wait) == base::Event::Result::kHappened) return;
      const absl::Status done = Do(action);
      if (done.ok()) break;
      if (!absl::IsUnavailable(done)) {
        const absl::MutexLock lock(&mutex_);
        failure_.Update(done);
        return;
      }
      wait = kTryAgain;
    }
  }
}

absl::Status OperatorDesk::Do(const Action& action) {
  if (action.what == Action::What::kHalt) {
    v1::HaltRolloutRequest halt;
    halt.set_name(action.plan->name);
    halt.mutable_why()->set_reason("the scenario says so");
    return Call("HaltRollout", halt.SerializeAsString());
  }
  v1::PutDocumentRequest put;
  put.set_envelope(action.plan->envelope);
  MIG_RETURN_IF_ERROR(Call("PutDocument", put.SerializeAsString()));
  v1::StartRolloutRequest start;
  start.set_name(action.plan->name);
  start.set_plan_digest(std::string(action.plan->digest.bytes()));
  return Call("StartRollout", start.SerializeAsString());
}

absl::Status OperatorDesk::Call(absl::string_view method, const std::string& request) {
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<loader::GrpcTransport> transport,
                       loader::GrpcTransport::Create(clock_, tls13_, connection_));
  const absl::Status answered =
      transport
          ->UnaryAt(absl::StrCat("/mig.v1.AdminService/", method), request,
                    {.deadline = clock_.MonotonicNow() + kCallTimeout})
          .status();
  if (answered.ok()) return answered;
  return absl::Status(answered.code(),
                      absl::StrCat("an operator's ", method, ": ", answered.message()));
}

}  // namespace mig::sim
