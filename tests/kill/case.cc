#include "tests/kill/case.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "tests/harness/files.h"

namespace mig::tests {

namespace {

using loader::testing::FileSet;
using loader::testing::Invariants;

constexpr int kOk = 0;
constexpr int kWentBack = 6;
constexpr absl::Duration kPatience = absl::Seconds(60);

absl::Status Held(const ::testing::AssertionResult& result) {
  if (result) return absl::OkStatus();
  return absl::FailedPreconditionError(result.message());
}

absl::Status Not(const std::string& what) { return absl::FailedPreconditionError(what); }

// What an operator's editor and a careless script do.
absl::Status Damage(const Victim& victim) {
  MIG_RETURN_IF_ERROR(FlipByte(victim.host().agent_config(), 0));
  std::error_code error;
  std::filesystem::remove(victim.host().Path("agent/conf.d/new.cfg"), error);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Case> Case::Begin(KillSite& site, const Scenario& scenario, DiskKind disk) {
  Victim* const victim = site.Find(disk, scenario.temper);
  if (victim == nullptr) {
    return absl::NotFoundError(absl::StrCat("no host on ", DiskName(disk)));
  }
  MIG_RETURN_IF_ERROR(victim->Restore(std::string(scenario.begins)));
  if (scenario.agent == Scenario::Agent::kRuns) {
    MIG_RETURN_IF_ERROR(victim->StartAgent());
  }
  const bool is_damaged = scenario.damage == Scenario::Damage::kFiles;
  if (is_damaged) {
    MIG_RETURN_IF_ERROR(Damage(*victim));
  }

  const FileSet two = site.SetTwo(*victim);
  FileSet before = two;
  if (scenario.begins == kEnrolled) {
    before.clear();
  } else if (scenario.begins != kTwo) {
    before = site.SetOne(*victim);
  } else if (is_damaged) {
    const Invariants all(two, two);
    before = loader::testing::ReadFileSet(victim->disk(), all.paths());
  }
  return Case(site, scenario, *victim, Invariants(std::move(before), two));
}

absl::StatusOr<TraceResult> Case::Trace(const std::vector<std::string>& verb,
                                        absl::FunctionRef<Order(const Stop&)> judge) const {
  return TraceProgram(victim_->host().Words(verb),
                      {.environment = site_.trial().world().options().environment,
                       .files = victim_->host().directory(),
                       .patience = kPatience},
                      judge);
}

absl::StatusOr<CommandResult> Case::Run(const std::vector<std::string>& verb) const {
  return victim_->host().Try(verb);
}

absl::Status Case::CheckInstant() {
  MIG_RETURN_IF_ERROR(Held(invariants_.NothingIsMissing(victim_->disk())));
  MIG_ASSIGN_OR_RETURN(const std::optional<base::Digest> seen, victim_->Seen());
  MIG_RETURN_IF_ERROR(
      Held(invariants_.SeenIsNotBehind(seen, site_.release_two(), victim_->disk())));
  // Of what was damaged before there is no copy.
  if (scenario_.damage == Scenario::Damage::kFiles) return absl::OkStatus();
  return Held(invariants_.HasWayBack(victim_->disk(), victim_->kept()));
}

bool Case::HasJournal() const {
  return std::filesystem::exists(victim_->host().Path("state/journal"));
}

absl::Status Case::CheckSet() { return Held(invariants_.IsOneSet(victim_->disk())); }

absl::Status Case::CheckRecovered(int exit_status) {
  const bool may_go_back = IsBad() || may_have_gone_back_;
  if (exit_status != kOk && !(may_go_back && exit_status == kWentBack)) {
    return Not(absl::StrCat("recover ended with ", exit_status));
  }
  MIG_RETURN_IF_ERROR(CheckSet());
  MIG_RETURN_IF_ERROR(CheckInstant());
  if (HasJournal()) return Not("I7: a journal is left after recover");
  return victim_->CheckAgent(Victim::Expected::kAtMostOne);
}

absl::Status Case::CheckRecoveringAgain() {
  const FileSet files = loader::testing::ReadFileSet(victim_->disk(), invariants_.paths());
  const auto census = victim_->Census();
  const auto agents = victim_->Agents();
  MIG_ASSIGN_OR_RETURN(const CommandResult again, Run({"recover"}));
  if (again.exit_status != kOk) return Not(absl::StrCat("I7: again, ", again.ToString()));
  if (loader::testing::ReadFileSet(victim_->disk(), invariants_.paths()) != files ||
      victim_->Census() != census) {
    return Not("I7: recovering again changed files");
  }
  if (victim_->Agents() != agents) return Not("I7: recovering again touched the agent");
  return absl::OkStatus();
}

absl::Status Case::CheckConverged(int exit_status) {
  const bool may_go_back = IsBad() || may_have_gone_back_;
  if (exit_status != kOk && !(may_go_back && exit_status == kWentBack)) {
    return Not(absl::StrCat("the next run ended with ", exit_status));
  }
  const FileSet now = loader::testing::ReadFileSet(victim_->disk(), invariants_.paths());
  const bool is_after = now == invariants_.after();
  const bool is_before = now == invariants_.before();
  if (IsBad() ? !is_before : !is_after && !(may_have_gone_back_ && is_before)) {
    MIG_RETURN_IF_ERROR(CheckSet());
    return Not(absl::StrCat("the host is whole, but does not have the ", IsBad() ? "old" : "new",
                            " set after the next run"));
  }
  MIG_RETURN_IF_ERROR(CheckInstant());
  const std::vector<std::string> leftovers = victim_->Leftovers();
  if (!leftovers.empty()) return Not(absl::StrCat("P3: left: ", absl::StrJoin(leftovers, ", ")));
  if (now.empty()) return victim_->CheckAgent(Victim::Expected::kAtMostOne);
  return victim_->CheckAgent(Victim::Expected::kOne);
}

absl::Status Case::CheckNextRun() {
  const FileSet files = loader::testing::ReadFileSet(victim_->disk(), invariants_.paths());
  const auto census = victim_->Census();
  const auto agents = victim_->Agents();
  MIG_ASSIGN_OR_RETURN(const CommandResult again, Run({"run", "--now"}));
  if (again.exit_status != kOk) return Not(absl::StrCat("P6: ", again.ToString()));
  if (loader::testing::ReadFileSet(victim_->disk(), invariants_.paths()) != files) {
    return Not("P6: one more run changed files");
  }
  if (victim_->Agents() != agents) return Not("P9: one more run touched the agent");
  const auto now = victim_->Census();
  for (const auto& [directory, count] : now) {
    const auto had = census.find(directory);
    if (had == census.end() || had->second < count) {
      return Not(absl::StrCat("I8: one more run left more files in ", directory));
    }
  }
  return absl::OkStatus();
}

}  // namespace mig::tests
