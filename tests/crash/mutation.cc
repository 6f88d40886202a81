#include "tests/crash/mutation.h"

#include "absl/strings/match.h"

namespace mig::tests {

namespace {

using Kind = Call::Kind;
using Change = Mutant::Change;
using Step = Mutant::Step;

constexpr absl::string_view kState = "/var/lib/mig-loader";
constexpr absl::string_view kKept = "/var/lib/mig-loader/kept/agent";
constexpr absl::string_view kSpool = "/var/lib/mig-loader/spool";
constexpr absl::string_view kDocuments = "/var/lib/mig-loader/documents";

bool IsTarget(absl::string_view directory) {
  return absl::StartsWith(directory, "/opt") || absl::StartsWith(directory, "/etc/agent");
}

bool IsStaged(const Call& call) {
  return IsTarget(call.directory) && absl::StartsWith(call.name, ".mig-");
}

Matches FileSync(absl::string_view directory, absl::string_view prefix) {
  return [=](const Call& call) {
    return call.kind == Kind::kSyncFile && call.directory == directory &&
           absl::StartsWith(call.name, prefix);
  };
}

Matches DirectorySync(absl::string_view directory) {
  return [=](const Call& call) {
    return call.kind == Kind::kSyncDirectory && call.directory == directory;
  };
}

Matches TargetDirectorySync(absl::string_view directory, bool has_journal) {
  return [=](const Call& call) {
    return call.kind == Kind::kSyncDirectory && call.has_journal == has_journal &&
           (directory.empty() ? IsTarget(call.directory) : call.directory == directory);
  };
}

bool StagedSync(const Call& call) { return call.kind == Kind::kSyncFile && IsStaged(call); }

std::vector<Mutant> Make() {
  const auto kept_file = [](const Call& call) {
    return call.kind == Kind::kSyncFile && call.directory == kKept &&
           !absl::StrContains(call.name, "sets");
  };
  return {
      // Each fsync in turn.
      {"drop-fsync-staged", "a staged file is not fsynced", Change::kDrop, StagedSync},
      {"drop-fsync-staged-directory", "the names of staged files are not fsynced", Change::kDrop,
       TargetDirectorySync("", false)},
      {.name = "drop-fsync-kept",
       .what = "a kept copy is not fsynced",
       .change = Change::kDrop,
       .matches = kept_file,
       .history = "foreign"},
      {.name = "drop-fsync-kept-directory",
       .what = "the names of kept copies are not fsynced",
       .change = Change::kDrop,
       .matches = DirectorySync(kKept),
       .history = "foreign"},
      {"drop-fsync-journal", "the journal is not fsynced", Change::kDrop,
       FileSync(kState, ".journal")},
      {"drop-fsync-state-directory", "the directory of the journal is not fsynced", Change::kDrop,
       DirectorySync(kState)},
      {"drop-fsync-target-opt", "the first target directory is not fsynced after the renames",
       Change::kDrop, TargetDirectorySync("/opt/agent", true)},
      {"drop-fsync-target-etc", "the second target directory is not", Change::kDrop,
       TargetDirectorySync("/etc/agent", true)},
      {"drop-fsync-target-tls", "the third target directory is not", Change::kDrop,
       TargetDirectorySync("/etc/agent/tls", true)},
      {"drop-fsync-trust", "the trusted state is not fsynced", Change::kDrop,
       FileSync(kState, "trust")},
      {"drop-fsync-report", "an outcome is not fsynced", Change::kDrop, FileSync(kSpool, "")},
      {"drop-fsync-report-directory", "the name of an outcome is not fsynced", Change::kDrop,
       DirectorySync(kSpool)},
      {"drop-fsync-document", "a signed document is not fsynced", Change::kDrop,
       FileSync(kDocuments, "")},
      {"drop-fsync-document-directory", "the name of a document is not fsynced", Change::kDrop,
       DirectorySync(kDocuments)},
      {.name = "drop-fsync-sets",
       .what = "the list of kept sets is not fsynced",
       .change = Change::kDrop,
       .matches = FileSync(kKept, ".sets"),
       .reason = "a damaged list counts as none: copies are found by their digests, and the next "
                 "install makes those that it needs"},
      // Another order.
      {"journal-in-place", "the journal is written in place", Change::kInPlace,
       [](const Call& call) {
         return call.directory == kState && absl::StrContains(call.name, "journal");
       }},
      {"journal-before-staging", "the journal is written before staging is complete",
       Change::kPostpone,
       [](const Call& call) { return StagedSync(call) || TargetDirectorySync("", false)(call); }},
      {.name = "keep-after-commit",
       .what = "the old files are kept after the commit point",
       .change = Change::kPostpone,
       .matches =
           [kept_file](const Call& call) { return kept_file(call) || DirectorySync(kKept)(call); },
       .history = "foreign"},
      {"no-journal", "the renames happen without a journal", Change::kVanish,
       [](const Call& call) {
         return call.directory == kState && absl::StrContains(call.name, "journal");
       }},
      {.name = "seen-after-renames",
       .what = "`seen` is saved after the renames",
       .step = Step::kSaveSeenAfterRenames},
      {.name = "report-before-renames",
       .what = "the report is queued before the last fsync",
       .step = Step::kReportBeforeRenames},
      {"unlink-then-rename", "the target is removed, then the staged file renamed",
       Change::kUnlinkFirst,
       [](const Call& call) { return call.kind == Kind::kRename && IsStaged(call); }},
      {.name = "skip-verify-at-recovery",
       .what = "recovery believes what is staged",
       .step = Step::kBelieveStaged},
      {"retry-fsync", "an fsync that failed is tried again", Change::kSyncTwice,
       [](const Call& call) { return call.kind == Kind::kSyncFile; }},
      {"activate-before-fsync", "the agent is started before its directories are fsynced",
       Change::kPostpone, TargetDirectorySync("", true)},
      {.name = "done-before-probation",
       .what = "DONE is written before the probation has ended",
       .step = Step::kDoneBeforeProbation,
       .history = "going-back"},
      {.name = "drop-kept-before-done",
       .what = "the old kept set is dropped before DONE",
       .step = Step::kDropKeptBeforeDone},
  };
}

}  // namespace

const std::vector<Mutant>& Mutants() {
  static const auto& mutants = *new std::vector<Mutant>(Make());
  return mutants;
}

}  // namespace mig::tests
