#include "sim/live/witness.h"

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/store/write_batch.h"
#include "sim/report/reported.h"
#include "trust/refusal.h"

namespace mig::sim {

namespace {

std::string LineOf(const loader::RunResult& result) {
  std::string line = absl::StrCat("run: exit ", static_cast<int>(result.exit_code));
  if (result.refusal.code() != v1::Refusal::NONE) {
    absl::StrAppend(&line, ", ", trust::DisplayOf(result.refusal));
  }
  for (const loader::ProductResult& product : result.products) {
    absl::StrAppend(&line, ", ", product.product, " ", loader::ChangeText(product.change), " ",
                    product.version);
  }
  return line;
}

absl::StatusOr<std::vector<coordinator::OutcomeRecord>> RowsOf(coordinator::Store& store,
                                                               const trust::HostId& host) {
  std::vector<coordinator::OutcomeRecord> rows;
  for (;;) {
    const uint64_t before = rows.empty() ? 0 : rows.back().number;
    MIG_ASSIGN_OR_RETURN(auto page, store.ListOutcomes(host, before, base::kMaxPageRows));
    const bool is_last = page.size() < base::kMaxPageRows;
    for (coordinator::OutcomeRecord& row : page) rows.push_back(std::move(row));
    if (is_last) return rows;
  }
}

bool IsAsSaid(const v1::Outcome& there, const v1::Outcome& said) {
  return there.kind() == said.kind() && there.result() == said.result() &&
         there.manifest_digest() == said.manifest_digest();
}

Finding Lost(std::string what) {
  return {.promise = std::string(kPromiseReports), .what = std::move(what)};
}

}  // namespace

Witness::Witness(const World& world, base::Clock& clock)
    : world_(world), clock_(clock), promises_(world), chronicle_(world.hosts()) {}

void Witness::AgentStarts(const Machine& machine) {
  const absl::MutexLock lock(&mutex_);
  if (closed_) return;
  Note(machine, promises_.AgentStarts(machine, clock_.WallNow()));
}

void Witness::Ended(const Machine& machine, const loader::RunResult& result) {
  const absl::MutexLock lock(&mutex_);
  if (closed_) return;
  chronicle_.Note(machine.index(), SinceStart(), LineOf(result));
  Note(machine, promises_.Ended(machine, Promises::Process::kRun, result, clock_.WallNow()));
}

void Witness::Reports(size_t host, const v1::ReportRequest& request) {
  const absl::MutexLock lock(&mutex_);
  promises_.Reported(host, request);
}

void Witness::Close() {
  const absl::MutexLock lock(&mutex_);
  closed_ = true;
}

bool Witness::has_violation() const {
  const absl::MutexLock lock(&mutex_);
  return chronicle_.violation().has_value();
}

void Witness::Note(const Machine& machine, const std::optional<Finding>& finding) {
  chronicle_.Note(machine.index(), SinceStart(), finding);
}

absl::Status Witness::Compare(const Machine& machine, coordinator::Store& store, Summary& summary) {
  const absl::MutexLock lock(&mutex_);
  MIG_ASSIGN_OR_RETURN(const std::vector<coordinator::OutcomeRecord> rows,
                       RowsOf(store, machine.id()));
  ++compared_;
  const std::map<std::string, v1::Outcome>& said = promises_.OutcomesOf(machine.index());
  size_t there = 0;
  for (const coordinator::OutcomeRecord& row : rows) {
    v1::Outcome outcome;
    const bool is_read = outcome.ParseFromString(row.outcome);
    CountReported(is_read ? outcome : v1::Outcome(), summary);
    const auto known = said.find(std::string(row.attempt.bytes()));
    if (is_read && known != said.end() && IsAsSaid(outcome, known->second)) {
      ++there;
    } else if (!closed_) {  // else: what it said last was not looked at
      Note(machine, Lost("the coordinator has an outcome that the host never reported, or reported "
                         "otherwise"));
    }
  }
  const size_t waiting = machine.State().spooled.size();
  // Of more the store keeps the newest.
  const bool all_are_kept = said.size() <= base::kMaxCountedOutcomes;
  if (!closed_ && all_are_kept && there + waiting < said.size()) {
    Note(machine, Lost(absl::StrCat("the host reported ", said.size(), " outcomes; ", there,
                                    " are durable, and ", waiting, " wait on the host")));
  }
  return absl::OkStatus();
}

}  // namespace mig::sim
