#include "sim/virtual/virtual_host.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "loader/enroll/enroll.h"
#include "loader/run/recover_run.h"
#include "loader/run/run.h"
#include "proto/mig/v1/checkin.pb.h"
#include "proto/mig/v1/report.pb.h"
#include "sim/virtual/copy.h"
#include "trust/assignment.h"
#include "trust/envelope.h"
#include "trust/refusal.h"

namespace mig::sim {

namespace {

using loader::Method;
using loader::ProductResult;
using loader::RunResult;

HostClockOptions ClockOf(const Stage& stage, size_t index, absl::Duration skew) {
  return {.name = World::NameOf(index), .wall = stage.Now() + skew};
}

// Each host calls from an address of its own.
std::string AddressOf(size_t index) {
  return absl::StrCat("10.", index >> 16 & 255, ".", index >> 8 & 255, ".", index & 255);
}

rollout::CheckInSchedule ScheduleOf(const World& world, size_t index) {
  const absl::StatusOr<rollout::CheckInSchedule> schedule =
      rollout::CheckInSchedule::Make(world.id(index), world.scenario().check_in_every);
  MIG_CHECK_OK(schedule);
  return *schedule;
}

std::string StatusWord(const absl::Status& status) {
  return absl::StatusCodeToString(status.code());
}

}  // namespace

// The last thing of a process, whether it ended or was killed.
class VirtualHost::EndOfProcess {
 public:
  explicit EndOfProcess(VirtualHost& host) : host_(host) {}
  ~EndOfProcess() { host_.ProcessEnds(); }

 private:
  VirtualHost& host_;
};

VirtualHost::VirtualHost(Stage& stage, size_t index)
    : stage_(stage),
      index_(index),
      skew_(stage.world.SkewOf(index)),
      random_(stage.world.seed().For("luck of host", index)),
      clock_(stage.time, ClockOf(stage, index, skew_)),
      connector_(stage.time, clock_, stage.coordinator,
                 {.address = AddressOf(index),
                  .seed = stage.world.seed().For("network of host", index),
                  .weather = [this] { return Weather(); },
                  .tap = this}),
      machine_(stage.world, index, clock_, connector_),
      faults_(machine_, random_),
      schedule_(ScheduleOf(stage.world, index)) {
  clock_.before_wait = [this] { BeforeWait(); };
  machine_.on_agent_start = [this] {
    BeforeWait();
    Note(stage_.promises.AgentStarts(machine_, stage_.Now()));
    Note(stage_.invariants.AgentStarts(machine_, stage_.promises.InstalledOn(index_)));
  };
}

void VirtualHost::Note(absl::string_view what) {
  stage_.chronicle.Note(index_, stage_.SinceStart(), what);
}

void VirtualHost::Note(const std::optional<Finding>& finding) {
  stage_.chronicle.Note(index_, stage_.SinceStart(), finding);
}

LinkWeather VirtualHost::Weather() const {
  const LinkPlan& link = stage_.world.scenario().link;
  LinkWeather weather{.latency = link.latency, .jitter = link.jitter};
  const absl::Duration now = stage_.SinceStart();
  if (stage_.faults && now >= absl::ZeroDuration() && link.span.Has(now)) {
    weather.lost_ppm = link.lost_ppm;
    weather.cut_ppm = link.cut_ppm;
  }
  return weather;
}

// --- The scheduler

void VirtualHost::Schedule() {
  const absl::Time slot = schedule_.NextSlot(clock_.WallNow() - absl::Nanoseconds(1));
  SlotComes(slot);
}

// Waits for `slot`, a time of the host's own clock, then for the one after it.
void VirtualHost::SlotComes(absl::Time slot) {
  const WorldTime when = stage_.time.Now() + (slot - clock_.WallNow());
  if (when - stage_.start >= stage_.world.scenario().duration) return;
  stage_.time.CallAt(when, [this, slot] {
    SlotComes(schedule_.NextSlot(slot));
    ++stage_.summary.runs_intended;
    if (power_ == Power::kOff) {
      missed_slot_ = true;
    } else if (!fiber_.has_value()) {  // else the one before still runs
      intended_ = stage_.time.Now();
      counted_ = true;
      TryCopy();
      MayDamage();
      Spawn(&VirtualHost::Loader);
    }
  });
}

// On no fiber: its stack is small, and the copy's time passes by itself.
void VirtualHost::TryCopy() {
  if (!enrolled_ || !stage_.try_copy) return;
  Note(stage_.try_copy(machine_, stage_.Now()));
}

// Between two runs, of a host that has all that it should have.
void VirtualHost::MayDamage() {
  const std::optional<size_t> installed = stage_.promises.InstalledOn(index_);
  if (!stage_.faults || !installed.has_value()) return;
  const absl::Duration now = stage_.SinceStart();
  const DamagePlan& damage = stage_.world.scenario().damage;
  if (damage.files_ppm + damage.trust_ppm == 0) return;
  const LoaderState state = machine_.State();
  if (state.has_journal || state.files.release != installed) return;
  if (const std::optional<std::string> what = faults_.MayDamageFile(now, *installed)) {
    Note(*what);
    ++stage_.summary.damages;
    stage_.promises.Damaged(index_);
    stage_.invariants.Damaged(machine_);
  }
  if (const std::optional<std::string> what = faults_.MayDamageTrust(now)) {
    Note(*what);
    ++stage_.summary.damages;
    stage_.promises.TrustDamaged(index_);
    stage_.invariants.TrustDamaged(index_);
  }
}

void VirtualHost::Spawn(void (VirtualHost::*body)()) {
  began_ = stage_.time.Now();
  const absl::StatusOr<FiberId> fiber = stage_.time.Spawn(World::NameOf(index_), [this, body] {
    const EndOfProcess end(*this);
    (this->*body)();
  });
  MIG_CHECK_OK(fiber);
  fiber_ = *fiber;
}

void VirtualHost::EnrollNow() {
  counted_ = false;
  Spawn(&VirtualHost::Loader);
}

void VirtualHost::RunAgain() {
  if (power_ == Power::kOff || fiber_.has_value()) return;
  counted_ = false;
  intended_ = stage_.time.Now();
  Spawn(&VirtualHost::Loader);
}

// --- The processes

void VirtualHost::Loader() {
  late_ = stage_.time.Now() - intended_;
  faults_.ProcessBegins();
  checked_in_ = false;
  operations_before_ = machine_.disk().operations();
  const bool is_before = stage_.SinceStart() < absl::ZeroDuration();
  if (counted_) ++stage_.summary.runs;
  if (!enrolled_) {
    const absl::StatusOr<loader::Enrollment> enrolled =
        loader::Enroll(machine_.host(), {.token = stage_.token});
    Note(enrolled.ok() ? "is enrolled" : absl::StrCat("enroll: ", StatusWord(enrolled.status())));
    if (!enrolled.ok()) return;
    enrolled_ = true;
    if (!is_before) ++stage_.summary.enrollments;
  }
  if (is_before) return;
  const RunResult result =
      loader::Run(machine_.host(), counted_ ? loader::When::kAtItsSlot : loader::When::kNow);
  NoteRun("run", result);
  if (counted_) {
    stage_.summary.phases[Phase::kRun].Add(stage_.time.Now() - intended_);
    if (result.changed()) {
      stage_.install_operations =
          std::max(stage_.install_operations, machine_.disk().operations() - operations_before_);
    }
  }
  last_run_ = result;
  faults_.EndedByItself();
  if (faults_.stop() != HostFaults::Stop::kNone) return;
  Note(stage_.promises.Ended(machine_, Promises::Process::kRun, result, stage_.Now()));
  if (faults_.WasDisturbed()) {
    ++stage_.summary.disk_faults;
    CheckWhatIsLeft(machine_.disk().SeenImage());
  } else {
    Note(stage_.invariants.Whole(machine_, stage_.promises.InstalledOn(index_),
                                 Promises::Process::kRun, result));
  }
}

// At boot, before the agent (DESIGN.md 5); then what was missed.
void VirtualHost::Recover() {
  faults_.ProcessBegins();
  if (stage_.faults) faults_.MayStrikeRecovery(stage_.SinceStart());
  const RunResult result = loader::RecoverRun(machine_.host());
  NoteRun("recover", result);
  if (faults_.stop() != HostFaults::Stop::kNone) return;
  Note(stage_.promises.Ended(machine_, Promises::Process::kRecover, result, stage_.Now()));
  Note(stage_.invariants.Whole(machine_, stage_.promises.InstalledOn(index_),
                               Promises::Process::kRecover, result));
  stage_.time.CallAt(stage_.time.Now(), [this] { TryToRecoverAgain(); });
  if (!std::exchange(missed_slot_, false)) return;
  counted_ = stage_.faults;
  intended_ = stage_.time.Now();
  Loader();
}

void VirtualHost::NoteRun(absl::string_view what, const RunResult& result) {
  std::string line = absl::StrCat(what, ": exit ", static_cast<int>(result.exit_code));
  if (!result.was_due) absl::StrAppend(&line, ", not due");
  if (result.refusal.code() != v1::Refusal::NONE) {
    absl::StrAppend(&line, ", ", trust::DisplayOf(result.refusal));
  }
  for (const ProductResult& product : result.products) {
    absl::StrAppend(&line, ", ", product.product, " ", loader::ChangeText(product.change), " ",
                    product.version);
    if (product.refusal.code() != v1::Refusal::NONE) {
      absl::StrAppend(&line, " ", trust::DisplayOf(product.refusal), " ", product.refusal.text());
    }
    if (!stage_.faults) continue;
    stage_.summary.installs += product.change == ProductResult::Change::kInstalled ? 1 : 0;
    stage_.summary.repairs += product.change == ProductResult::Change::kRepaired ? 1 : 0;
    stage_.summary.went_back += product.change == ProductResult::Change::kWentBack ? 1 : 0;
  }
  Note(line);
}

void VirtualHost::Kill() {
  if (fiber_.has_value()) stage_.time.Cancel(*fiber_);
}

void VirtualHost::ProcessEnds() {
  fiber_.reset();
  const HostFaults::Stop stop = faults_.stop();
  faults_.ProcessIsGone();
  faults_.ProcessBegins();
  if (stop == HostFaults::Stop::kPowerCut) PowerGoes();
  if (stop == HostFaults::Stop::kKill) LoaderIsKilled();
}

// --- Power and kills

// A machine without power waits for nothing, and sends nothing; nor does who was killed.
void VirtualHost::BeforeWait() {
  if (faults_.HasStopped()) stage_.time.Cancel(stage_.time.Current());
}

void VirtualHost::PowerGoes() {
  machine_.disk().CutPower();
  const std::string where = machine_.disk().first_cut_operation();
  const size_t pending = machine_.disk().PendingChanges();
  const base::DiskImage image = faults_.DrawImage();
  machine_.Boot(image);
  power_ = Power::kOff;
  ++stage_.summary.power_cuts;
  Note(absl::StrCat("loses power", where.empty() ? "" : " at ", where, ", ", pending,
                    " changes pending"));
  stage_.invariants.PowerWent(index_);
  Note(stage_.promises.PowerWent(machine_, stage_.Now()));
  CheckWhatIsLeft(image);
  stage_.time.CallAt(stage_.time.Now() + stage_.world.scenario().power_cuts.off,
                     [this] { PowerComes(); });
}

void VirtualHost::LoaderIsKilled() {
  Note(absl::StrCat("is killed at ", machine_.disk().first_cut_operation()));
  ++stage_.summary.loader_kills;
  machine_.LoaderDies();
  CheckWhatIsLeft(machine_.disk().SeenImage());
}

void VirtualHost::CheckWhatIsLeft(const base::DiskImage& image) {
  Note(stage_.invariants.Left(machine_, image, stage_.promises.InstalledOn(index_), Told()));
}

std::vector<v1::Outcome> VirtualHost::Told() const {
  std::vector<v1::Outcome> told;
  for (const auto& [attempt, outcome] : stage_.promises.OutcomesOf(index_)) {
    if (stage_.coordinator_promises.IsDurable(index_, attempt)) told.push_back(outcome);
  }
  return told;
}

void VirtualHost::TryToRecoverAgain() {
  if (!enrolled_ || fiber_.has_value() || power_ == Power::kOff || machine_.State().has_journal) {
    return;
  }
  Copy copy(machine_, clock_.WallNow());
  copy.Recover();
  Note(HostInvariants::RecoveredAgain(copy.image_before(), copy.machine().disk().SeenImage()));
}

void VirtualHost::PowerComes() {
  power_ = Power::kOn;
  clock_.Reboot();
  Note("boots");
  Spawn(&VirtualHost::Recover);
}

// --- On the wire

void VirtualHost::CallBegins(Method method, absl::string_view request) {
  if (method != Method::kReport) return;
  v1::ReportRequest report;
  if (report.ParseFromString(std::string(request))) stage_.promises.Reported(index_, report);
}

void VirtualHost::CallEnds(Method method, const absl::StatusOr<std::string>& answer,
                           absl::Duration took) {
  if (!counted_) return;
  Summary& summary = stage_.summary;
  ++summary.calls;
  if (!answer.ok()) {
    ++summary.errors_by_status[StatusWord(answer.status())];
    Note(absl::StrCat(loader::MethodPath(method), ": ", StatusWord(answer.status())));
    return;
  }
  if (method == Method::kFetch) summary.phases[Phase::kFetch].Add(late_ + took);
  if (method == Method::kReport) summary.phases[Phase::kReport].Add(late_ + took);
  if (method == Method::kCheckIn) {
    ++summary.check_ins;
    summary.phases[Phase::kCheckIn].Add(late_ + took);
  }
  CheckAnswer(method, *answer);
}

void VirtualHost::CheckAnswer(Method method, const std::string& bytes) {
  if (method != Method::kCheckIn) return;
  checked_in_ = true;
  v1::CheckInAnswer answer;
  if (!answer.ParseFromString(bytes) || answer.assignment().empty()) return;
  if (stage_.faults) faults_.MayStrikeInstall(stage_.SinceStart(), stage_.install_operations);
}

void VirtualHost::Answers(Method method, absl::string_view,
                          const absl::StatusOr<std::string>& bytes) {
  if (!bytes.ok()) return;
  std::optional<Finding> finding;
  if (v1::CheckInAnswer answer; method == Method::kCheckIn && answer.ParseFromString(*bytes)) {
    finding = stage_.coordinator_promises.ChecksIn(index_, answer, stage_.Now());
  }
  if (v1::ReportAnswer answer; method == Method::kReport && answer.ParseFromString(*bytes)) {
    finding = stage_.coordinator_promises.TakesReport(index_, answer);
  }
  Note(finding);
}

}  // namespace mig::sim
