#include "loader/run/run.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "loader/enroll/pending.h"
#include "loader/install/recover.h"
#include "loader/install/sweep.h"
#include "loader/run/check_in/clock_judge.h"
#include "loader/run/check_in/coordinators.h"
#include "loader/run/check_in/exchange.h"
#include "loader/run/check_in/identity.h"
#include "loader/run/install/finish_journal.h"
#include "loader/run/install/installer.h"
#include "loader/run/install/product_run.h"
#include "loader/run/session/failure.h"
#include "loader/run/session/session.h"
#include "loader/run/views/local_view.h"
#include "loader/run/views/standing.h"
#include "rollout/slot.h"
#include "trust/refusal.h"
#include "trust/times.h"

namespace mig::loader {

namespace {

constexpr int kMaxReportBatches = 32;

absl::Status NotEnrolledHere(const Host& host) {
  return trust::Refuse(v1::Refusal::NOT_ENROLLED,
                       absl::StrCat("this host is not enrolled (", host.config.state_directory,
                                    " is not there): mig-loader enroll --token-file FILE"));
}

class Runner {
 public:
  Runner(const Host& host, When when) : host_(host), when_(when) {}

  RunResult Run() {
    result_.refusal.set_code(v1::Refusal::NONE);
    absl::StatusOr<std::unique_ptr<Session>> session =
        Session::Open(host_, StateDirectory::IfMissing::kFail);
    if (!session.ok()) {
      Blame(absl::IsNotFound(session.status()) ? NotEnrolledHere(host_) : session.status());
      return std::move(result_);
    }
    session_ = *std::move(session);
    Blame(Work());
    TakeRemarks(*session_);
    if (result_.was_due || result_.changed()) Close();
    result_.trial_root = session_->trust().root()->IsTrial();
    result_.notes = std::move(session_->notes());
    return std::move(result_);
  }

 private:
  // The steps of DESIGN.md 1, in their order.
  absl::Status Work() {
    FinishWhatWasLeft();
    MIG_RETURN_IF_ERROR(BecomeEnrolled());
    MIG_ASSIGN_OR_RETURN(const rollout::CheckInSchedule schedule, Schedule());
    if (when_ == When::kAtItsSlot && !unfinished_.has_value() &&
        !schedule.IsDue(host_.clock.WallNow(), session_->status().last_attempt())) {
      result_.was_due = false;
      result_.next = schedule.NextDue(host_.clock.WallNow(), session_->status().last_attempt());
      return absl::OkStatus();
    }
    session_->status().message().set_last_attempt_ms(absl::ToUnixMillis(host_.clock.WallNow()));
    MIG_RETURN_IF_ERROR(JudgeClock(*session_));
    NoteClockBehind();
    MIG_ASSIGN_OR_RETURN(const LocalView local,
                         LookAround(*session_, unfinished_.has_value() ? finished_product_ : ""));
    return TalkAndAct(local);
  }

  absl::Status TalkAndAct(const LocalView& local) {
    absl::StatusOr<IdentityPem> identity = UsableIdentity(*session_);
    const absl::StatusOr<std::string> cas = ServerCasPem(host_, *session_->trust().root());
    if (!identity.ok() || !cas.ok()) {
      // What is on this host can be put right all the same.
      ActOnProducts(nullptr, local);
      return identity.ok() ? cas.status() : identity.status();
    }
    Coordinators coordinators(host_, *cas, *std::move(identity));
    Exchange exchange(*session_, coordinators, local);
    const absl::Status checked_in = CheckIn(exchange, coordinators);
    if (checked_in.ok()) {
      FinishWith(exchange, local);
      ActOnProducts(&exchange, local);
      SweepUp();
      RenewIfDue(*session_, coordinators);
    } else {
      result_.unreached = coordinators.unreached();
      ActOnProducts(nullptr, local);
      ReportRefusedAnswer(exchange, checked_in);
    }
    // Also after a refusal: that is what there is to report.
    if (checked_in.ok() || exchange.stage() == v1::Outcome::VERIFY) {
      Deliver(coordinators);
    }
    return checked_in;
  }

  void Deliver(Coordinators& coordinators) {
    const auto& head = session_->trust().head();
    const uint64_t generation = head.has_value() ? (*head)->position().generation : 0;
    for (const Notice& notice : DeliverReports(coordinators, generation, session_->spool(),
                                               session_->status(), kMaxReportBatches)) {
      session_->ReportNotice(notice);
    }
  }

  absl::Status BecomeEnrolled() {
    MIG_ASSIGN_OR_RETURN(const std::optional<IdentityPem> identity,
                         session_->directory().identity().Current());
    if (identity.has_value() && session_->trust().state().host_id.has_value()) {
      return absl::OkStatus();
    }
    return PollEnrollment(*session_);
  }

  absl::StatusOr<rollout::CheckInSchedule> Schedule() const {
    return rollout::CheckInSchedule::Make(*session_->trust().state().host_id,
                                          host_.config.interval);
  }

  void NoteClockBehind() {
    const absl::Time newest = session_->trust().held().newest_issued();
    if (host_.clock.WallNow() >= newest) return;
    session_->ReportNotice(
        {.code = v1::Refusal::CLOCK_BEHIND,
         .text = absl::StrCat("the clock is behind a document of ",
                              absl::FormatTime("%Y-%m-%d", newest, absl::UTCTimeZone()),
                              "; set it right")});
  }

  // An interrupted install that cannot be finished now (a directory of its targets is gone, say)
  // leaves the products alone, and does not keep the host from saying so.
  void FinishWhatWasLeft() {
    absl::StatusOr<FinishedJournal> finished = FinishJournal(*session_, Activate::kAll);
    if (!finished.ok()) {
      stuck_ = WithWayOut(finished.status());
      Blame(stuck_);
      session_->ReportNotice(
          {.code = trust::RefusalOf(stuck_).value_or(v1::Refusal::INTERRUPTED),
           .text = absl::StrCat("an interrupted install cannot be finished: ", stuck_.message())});
      return;
    }
    finished_product_ = finished->product;
    unfinished_ = std::move(finished->unfinished);
    if (finished->concluded.has_value()) Record(finished->product, *finished->concluded);
  }

  // Where the coordinator's store was restored, the former key may be the one that it knows.
  absl::Status CheckIn(Exchange& exchange, Coordinators& coordinators) {
    const absl::Status first = exchange.CheckIn();
    if (trust::RefusalOf(first) != v1::Refusal::UNRECORDED_KEY) return first;
    MIG_ASSIGN_OR_RETURN(IdentityPem identity, RenewWithFormerKey(*session_));
    MIG_ASSIGN_OR_RETURN(std::string cas, ServerCasPem(host_, *session_->trust().root()));
    coordinators.Reconnect(std::move(cas), std::move(identity));
    return exchange.CheckIn();
  }

  void ReportRefusedAnswer(const Exchange& exchange, const absl::Status& why) {
    if (exchange.stage() == v1::Outcome::CHECK_IN) return;  // the call failed: nothing was refused
    session_->Report(OutcomeOf({.stage = exchange.stage(), .started = host_.clock.WallNow()}, why,
                               host_.random, host_.clock.WallNow()));
  }

  void FinishWith(Exchange& exchange, const LocalView& local) {
    if (!unfinished_.has_value() || exchange.assignment() == nullptr) return;
    const Journal journal = unfinished_->transaction.journal();
    const std::string& product = journal.facts.product;
    const absl::StatusOr<Concluded> concluded =
        FinishByFetching(*session_, exchange.client(), exchange.assignment()->ticket(),
                         *std::exchange(unfinished_, std::nullopt));
    if (concluded.ok()) {
      Record(product, *concluded);
    } else if (!LeaveBehind(journal, exchange, local)) {
      BlameUnfinished(product, concluded.status());
    }
  }

  // The fleet may have gone on: the contents of neither set are to be had, and another release is
  // assigned. It is staged and verified whole before its journal takes the place of the other one,
  // so that what is there until then is the mix that was there, which nobody runs.
  bool LeaveBehind(const Journal& journal, Exchange& exchange, const LocalView& local) {
    const Product* product = host_.dictionary.Find(journal.facts.product);
    const trust::AssignmentItem* item = exchange.ItemFor(journal.facts.product);
    if (product == nullptr || item == nullptr || !item->plan.has_value()) return false;
    if (item->manifest == journal.facts.to.manifest) return false;
    ProductRun run(*session_, &exchange, local, *product, &journal);
    const ProductRun::Ended ended = run.Go();
    left_for_later_.insert(left_for_later_.end(), ended.left_for_later.begin(),
                           ended.left_for_later.end());
    if (ended.result.change == ProductResult::Change::kNone) return false;
    session_->ReportNotice(
        {.code = v1::Refusal::INTERRUPTED,
         .text = "an interrupted install could be finished neither way; another release took its "
                 "place"},
        product->name);
    result_.exit_code = Graver(result_.exit_code, ended.exit_code);
    result_.products.push_back(ended.result);
    return true;
  }

  void ActOnProducts(Exchange* exchange, const LocalView& local) {
    if (!stuck_.ok()) return;
    if (unfinished_.has_value()) {
      BlameUnfinished(unfinished_->transaction.journal().facts.product,
                      WhyUnfinished(*unfinished_));
      return;
    }
    if (exchange != nullptr) RefuseUnknownProducts(*exchange);
    for (const Product& product : host_.dictionary.products()) {
      if (Find(product.name) != nullptr) continue;  // its journal was finished in this run
      ProductRun run(*session_, exchange, local, product);
      const ProductRun::Ended ended = run.Go();
      result_.exit_code = Graver(result_.exit_code, ended.exit_code);
      result_.products.push_back(ended.result);
      left_for_later_.insert(left_for_later_.end(), ended.left_for_later.begin(),
                             ended.left_for_later.end());
      if (HasJournal()) {
        session_->notes().push_back(
            absl::StrCat(product.name,
                         ": its install is unfinished; the next run finishes it before any other"));
        break;
      }
    }
  }

  // Also where it cannot be told: then nothing more is begun.
  bool HasJournal() const {
    const absl::StatusOr<std::optional<Phase>> phase = PeekPhase(host_.place());
    return !phase.ok() || phase->has_value();
  }

  void RefuseUnknownProducts(Exchange& exchange) {
    if (exchange.assignment() == nullptr) return;
    for (const trust::AssignmentItem& item : exchange.assignment()->items()) {
      if (host_.dictionary.Find(item.product) != nullptr) continue;
      const absl::Status why = exchange.Judge(item, rollout::Moment::kVerify);
      session_->Report(OutcomeOf({.product = item.product,
                                  .item = &item,
                                  .stage = v1::Outcome::ADMIT,
                                  .started = host_.clock.WallNow()},
                                 why, host_.random, host_.clock.WallNow()));
      BlameProduct(item.product, why);
    }
  }

  // Only after a check-in: what an interrupted run staged is gone on from as soon as it may.
  void SweepUp() {
    const absl::Status swept =
        SweepLeftovers(host_.place(), host_.dictionary.Directories(), left_for_later_);
    if (!swept.ok() && !absl::IsFailedPrecondition(swept)) {
      session_->notes().push_back(absl::StrCat("sweep: ", swept.message()));
    }
  }

  // What the next run, `status` and `explain` will know of this one.
  void Close() {
    StatusRecord& status = session_->status();
    if (session_->trust().state().host_id.has_value()) {
      Blame(RecordStanding(host_, session_->trust(), status));
      const absl::StatusOr<rollout::CheckInSchedule> schedule = Schedule();
      if (schedule.ok()) {
        result_.next = schedule->NextDue(host_.clock.WallNow(), status.last_attempt());
      }
    }
    *status.message().mutable_last_refusal() = result_.refusal;
    status.message().set_last_exit_code(static_cast<uint32_t>(result_.exit_code));
    status.message().set_spooled_outcomes(
        static_cast<uint32_t>(session_->spool().WaitingOutcomes()));
    Blame(JudgeClock(*session_));
    const absl::Status saved = status.Save();
    if (!saved.ok()) {
      session_->notes().push_back(absl::StrCat("status: ", saved.message()));
      result_.exit_code = Graver(result_.exit_code, ExitCodeOf(saved));
    }
  }

  // The first thing that went wrong is what people read; the gravest is what programs see.
  void Blame(const absl::Status& status) {
    if (status.ok()) return;
    result_.exit_code = Graver(result_.exit_code, ExitCodeOf(WithWayOut(status)));
    if (result_.refusal.code() == v1::Refusal::NONE) {
      result_.refusal = RefusalFor(status, v1::Refusal::INTERNAL);
    }
  }

  void BlameProduct(const std::string& product, const absl::Status& status) {
    ProductResult& result = ResultOf(product);
    result.refusal = RefusalFor(status, v1::Refusal::INTERNAL);
    result_.exit_code = Graver(result_.exit_code, ExitCodeOf(WithWayOut(status)));
  }

  // A mix that stays one: its agent is not run, and somebody should know.
  void BlameUnfinished(const std::string& product, const absl::Status& why) {
    BlameProduct(product, why);
    if (trust::RefusalOf(why) != v1::Refusal::KEPT_SET_DAMAGED) return;
    session_->Report(OutcomeOf(
        {.product = product, .stage = v1::Outcome::RECOVER, .started = host_.clock.WallNow()}, why,
        host_.random, host_.clock.WallNow()));
  }

  void Record(const std::string& product, const Concluded& concluded) {
    ProductResult& result = ResultOf(product);
    result.change = concluded.change;
    result.refusal = concluded.refusal;
    result.version = VersionOf(product);
    result_.exit_code = Graver(result_.exit_code, ExitCodeOf(concluded.change));
  }

  std::string VersionOf(const std::string& product) const {
    const auto versions = InstalledVersions(session_->trust().held(), session_->trust().state());
    const auto found = versions.find(product);
    return found == versions.end() ? "" : found->second;
  }

  const ProductResult* Find(absl::string_view product) const {
    for (const ProductResult& result : result_.products) {
      if (result.product == product) return &result;
    }
    return nullptr;
  }

  ProductResult& ResultOf(const std::string& product) {
    for (ProductResult& result : result_.products) {
      if (result.product == product) return result;
    }
    result_.products.push_back({.product = product});
    return result_.products.back();
  }

  const Host& host_;
  const When when_;
  std::unique_ptr<Session> session_;
  absl::Status stuck_;  // why an interrupted install cannot be finished now
  std::string finished_product_;
  std::optional<Unfinished> unfinished_;
  std::vector<FileChange> left_for_later_;
  RunResult result_;
};

}  // namespace

RunResult Run(const Host& host, When when) { return Runner(host, when).Run(); }

}  // namespace mig::loader
