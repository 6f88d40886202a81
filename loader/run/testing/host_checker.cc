#include "loader/run/testing/host_checker.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/path.h"
#include "base/sizes.h"
#include "base/whole_file.h"
#include "loader/state/two_halves_file.h"
#include "proto/mig/v1/local_state.pb.h"
#include "trust/envelope.h"
#include "trust/half_file.h"
#include "trust/refusal.h"

namespace mig::loader::testing {

namespace {

void Note(const ::testing::AssertionResult& result, Violations& violations) {
  if (!result) violations.push_back(result.message());
}

void ReadSpool(base::FileSystem& disk, const std::string& path, Memory& memory) {
  const auto spool = disk.OpenRoot(path);
  if (!spool.ok()) return;
  const auto entries = (*spool)->List(base::kMaxDirectoryEntries);
  if (!entries.ok()) return;
  for (const base::DirectoryEntry& entry : *entries) {
    // Acknowledged, and kept only for a coordinator that is restored.
    if (absl::EndsWith(entry.name, ".kept")) continue;
    if (absl::StartsWith(entry.name, ".")) continue;  // of a write that was interrupted
    const auto bytes = base::ReadWhole(**spool, entry.name, base::kMaxReportBytes * 2);
    v1::SpoolRecord record;
    if (bytes.ok() && record.ParseFromString(*bytes) && record.format() == 1) {
      memory.spooled.push_back(record.outcome());
    } else {
      memory.unreadable.push_back(absl::StrCat("I4: the outcome ", entry.name, " is damaged"));
    }
  }
}

bool SaysNoWayBack(const std::vector<v1::Outcome>& outcomes) {
  return std::any_of(outcomes.begin(), outcomes.end(), [](const v1::Outcome& outcome) {
    return outcome.refusal().code() == v1::Refusal::NO_WAY_BACK;
  });
}

bool IsLeftover(absl::string_view path) {
  return absl::StrContains(path, "/.mig-stage-") || absl::EndsWith(path, "/journal") ||
         absl::EndsWith(path, "/.journal.new");
}

}  // namespace

Memory ReadMemory(base::FileSystem& disk, const std::string& state_directory) {
  Memory memory;
  const auto state = disk.OpenRoot(state_directory);
  if (!state.ok()) return memory;
  absl::StatusOr<std::optional<Journal>> journal = ReadJournal(**state);
  if (journal.ok()) {
    memory.journal = *std::move(journal);
  } else {
    memory.unreadable.push_back(absl::StrCat("I1: ", journal.status().message()));
  }
  TwoHalvesFile file(**state, "trust", trust::HalfFileKind::kTrust);
  const absl::StatusOr<TwoHalvesFile::Content> content = file.Read();
  if (content.ok() && content->payload.has_value()) {
    const auto trusted = trust::ParseTrustedState(*content->payload);
    if (trusted.ok()) memory.trusted = *trusted;
  } else if (content.ok() && content->exists) {
    memory.unreadable.push_back("I3: both halves of the trusted state are damaged");
  }
  ReadSpool(disk, base::JoinPath(state_directory, "spool"), memory);
  return memory;
}

bool HostChecker::IsAt(base::FileSystem& disk, const FileSet& set) const {
  return ReadFileSet(disk, invariants().paths()) == set;
}

bool HostChecker::HoldsDocument(base::FileSystem& disk, const base::Digest& manifest) const {
  const absl::StatusOr<std::string> bytes = base::ReadWhole(
      disk, base::JoinPath(change_.state_directory, absl::StrCat("documents/", manifest.ToHex())),
      base::kMaxEnvelopeBytes);
  if (!bytes.ok()) return false;
  const auto envelope = trust::Envelope::Parse(*bytes, trust::DocumentType::kManifest);
  return envelope.ok() && envelope->digest() == manifest;
}

Violations HostChecker::BetweenTwoCalls(base::FileSystem& seen) const {
  Violations violations;
  Note(invariants().NothingIsMissing(seen), violations);
  return violations;
}

Violations HostChecker::AsLeft(base::FileSystem& disk, const std::vector<v1::Outcome>& told) const {
  const Memory memory = ReadMemory(disk, change_.state_directory);
  Violations violations = memory.unreadable;
  Note(invariants().NothingIsMissing(disk), violations);

  const trust::TrustedProduct* const trusted = memory.trusted.product(change_.product);
  std::optional<base::Digest> seen;
  if (trusted != nullptr && trusted->seen.has_value()) seen = trusted->seen->digest;
  Note(invariants().SeenIsNotBehind(seen, change_.release, disk), violations);

  if (seen.has_value() && !HoldsDocument(disk, *seen)) {
    violations.push_back("I3: the trusted state names a manifest that is not durable");
  }

  std::vector<v1::Outcome> outcomes = told;
  outcomes.insert(outcomes.end(), memory.spooled.begin(), memory.spooled.end());
  for (const v1::Outcome& outcome : outcomes) {
    if (outcome.manifest_digest() != change_.release.bytes()) continue;
    if (outcome.result() == v1::Outcome::HEALTHY) {
      Note(invariants().ReportedIsDurable(invariants().after(), disk), violations);
      if (trusted == nullptr || !trusted->installed.has_value() ||
          trusted->installed->manifest != change_.release) {
        // An adoption reports before it records; doing it again reports the same attempt.
        if (outcome.kind() != v1::Outcome::ADOPT) {
          violations.push_back("I4: reported as installed, and the trusted state forgot it");
        }
      }
    } else if (outcome.result() == v1::Outcome::WENT_BACK) {
      Note(invariants().ReportedIsDurable(invariants().before(), disk), violations);
    }
  }

  if (!memory.journal.has_value()) {
    if (memory.unreadable.empty()) Note(invariants().IsOneSet(disk), violations);
    return violations;
  }
  const Journal& journal = *memory.journal;
  const bool is_repair = journal.facts.kind == v1::Outcome::REPAIR;
  switch (journal.phase) {
    case Phase::kActivating:
      if (!IsAt(disk, invariants().after())) {
        violations.push_back("I2: ACTIVATING, and not every rename is durable");
      }
      [[fallthrough]];
    case Phase::kCommitted:
      if (!is_repair && !SaysNoWayBack(outcomes)) {
        Note(invariants().HasWayBack(disk, base::JoinPath(change_.state_directory,
                                                          absl::StrCat("kept/", change_.product))),
             violations);
      }
      break;
    case Phase::kDone:
      if (!IsAt(disk, invariants().after())) violations.push_back("I1: DONE, and it is not");
      break;
    case Phase::kReactivating:
    case Phase::kReverted:
      if (!IsAt(disk, invariants().before()) && !is_repair) {
        violations.push_back(
            absl::StrCat("I2: ", PhaseName(journal.phase), ", and not every rename is durable"));
      }
      break;
    case Phase::kReverting:
      break;
  }
  return violations;
}

Violations HostChecker::WhenWhole(base::FileSystem& disk,
                                  const std::optional<FileSet>& running) const {
  const Memory memory = ReadMemory(disk, change_.state_directory);
  Violations violations = memory.unreadable;
  Note(invariants().IsOneSet(disk), violations);
  if (running.has_value()) Note(invariants().RunsWhatIsOnDisk(*running, disk), violations);

  const trust::TrustedProduct* const trusted = memory.trusted.product(change_.product);
  std::optional<base::Digest> seen;
  if (trusted != nullptr && trusted->seen.has_value()) seen = trusted->seen->digest;
  Note(invariants().SeenIsNotBehind(seen, change_.release, disk), violations);

  if (memory.journal.has_value()) {
    const Phase phase = memory.journal->phase;
    if (phase == Phase::kCommitted || phase == Phase::kReverting) {
      violations.push_back(absl::StrCat("I1: it ended with the journal at ", PhaseName(phase)));
    }
    return violations;
  }
  const bool is_installed = trusted != nullptr && trusted->installed.has_value() &&
                            trusted->installed->manifest == change_.release;
  const bool is_after = IsAt(disk, invariants().after());
  // A repair's two sets are of one release; the two of an adoption are the same files.
  const bool tells_apart =
      invariants().before() != invariants().after() && change_.release_before != change_.release;
  if (tells_apart && is_installed && !is_after) {
    violations.push_back("I4: what is recorded as installed is not on the disk");
  }
  if (tells_apart && is_after && !is_installed) {
    violations.push_back("I4: the new set is on the disk, and not recorded as installed");
  }
  return violations;
}

Violations HostChecker::WhenSettled(base::FileSystem& disk, const base::DiskImage& seen,
                                    const FileSet& wanted) const {
  Violations violations;
  if (!IsAt(disk, wanted)) violations.push_back("it does not come to the set that it should have");
  for (const std::string& line : seen.Describe()) {
    const absl::string_view path = absl::string_view(line).substr(0, line.find(' '));
    if (IsLeftover(path)) violations.push_back(absl::StrCat("I8: left behind: ", path));
  }
  const Memory memory = ReadMemory(disk, change_.state_directory);
  if (!memory.spooled.empty()) {
    violations.push_back(absl::StrCat(memory.spooled.size(), " outcomes were not delivered"));
  }
  return violations;
}

}  // namespace mig::loader::testing
