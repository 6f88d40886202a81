#include "loader/install/transaction.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "loader/install/adopt.h"
#include "loader/install/component_error.h"
#include "loader/install/staged_file.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

std::string NamesOf(const std::vector<MissingContent>& missing) {
  return absl::StrJoin(missing, ", ", [](std::string* out, const MissingContent& content) {
    absl::StrAppend(out, "'", content.name, "'");
  });
}

// The old files, as the set that is replaced has them.
KeptSet ReplacedSet(const Journal& journal) {
  KeptSet set = {.release = journal.facts.from};
  for (const JournalFile& file : journal.files) {
    if (!file.before) continue;
    set.files.push_back({.name = file.name, .facts = WithoutAttributes(*file.before)});
  }
  return set;
}

std::vector<base::Digest> OldDigests(const Journal& journal) {
  std::vector<base::Digest> digests;
  for (const JournalFile& file : journal.files) {
    if (file.before) digests.push_back(file.before->digest);
  }
  return digests;
}

// What the new set is, as far as the journal and the set before say.
KeptSet NewSet(const Journal& journal, const std::optional<KeptSet>& current) {
  KeptSet set = {.release = journal.facts.to};
  for (const JournalFile& file : journal.files) {
    if (!file.after) continue;
    set.files.push_back({.name = file.name, .facts = WithoutAttributes(*file.after)});
  }
  const auto is_changed = [&journal](const KeptFile& kept) {
    return std::any_of(journal.files.begin(), journal.files.end(),
                       [&kept](const JournalFile& file) { return file.name == kept.name; });
  };
  if (current) {
    for (const KeptFile& file : current->files) {
      if (!is_changed(file)) set.files.push_back(file);
    }
  }
  std::sort(set.files.begin(), set.files.end(),
            [](const KeptFile& a, const KeptFile& b) { return a.name < b.name; });
  return set;
}

// One journal at a time: a second one would take the first one's way forward and back with it.
absl::Status CheckNothingElseIsUnfinished(base::Directory& state, const Journal& next,
                                          const std::optional<trust::AttemptId>& superseded) {
  const absl::StatusOr<std::optional<Journal>> there = ReadJournal(state);
  if (trust::RefusalOf(there.status()) == v1::Refusal::JOURNAL_DAMAGED) {
    return absl::FailedPreconditionError(
        absl::StrCat("a journal is there already: ", there.status().message(),
                     "; run mig-loader recover, which sets it aside"));
  }
  MIG_RETURN_IF_ERROR(there.status());
  if (!there->has_value()) return absl::OkStatus();
  const TransactionFacts& facts = (*there)->facts;
  if (facts.id == superseded && facts.product == next.facts.product) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "an install of product '", facts.product, "' is unfinished (", PhaseName((*there)->phase),
      "); the next run finishes it first: mig-loader run"));
}

}  // namespace

absl::StatusOr<Transaction> Transaction::Open(const Place& place, Journal journal) {
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<base::Directory> state, OpenStateDirectory(place));
  MIG_ASSIGN_OR_RETURN(KeptSets kept, KeptSets::Open(place, journal.facts.product));
  return Transaction(place, std::move(journal), std::move(state), std::move(kept));
}

absl::StatusOr<Transaction> Transaction::Commit(const Place& place, Journal journal,
                                                const std::optional<trust::AttemptId>& superseded) {
  MIG_CHECK(journal.phase == Phase::kCommitted) << PhaseName(journal.phase);
  MIG_ASSIGN_OR_RETURN(Transaction transaction, Open(place, std::move(journal)));
  transaction.belief_ = Belief::kJustVerified;
  MIG_RETURN_IF_ERROR(
      CheckNothingElseIsUnfinished(*transaction.state_, transaction.journal_, superseded));
  const absl::Status written = WriteJournal(*transaction.state_, transaction.journal_);
  if (written.ok()) return transaction;
  if (superseded.has_value()) return written;
  // None was there, so that a journal that is there now is this one.
  // It may be there, and may be lost in a power cut: so no rename may follow.
  transaction.state_->Unlink(kJournalName).IgnoreError();
  transaction.state_->Sync().IgnoreError();
  return written;
}

bool Transaction::HasWayBack() const {
  return std::all_of(journal_.files.begin(), journal_.files.end(), [](const JournalFile& file) {
    return !file.before.has_value() || !file.kept_name.empty();
  });
}

absl::Status Transaction::ReplaceFiles() {
  MIG_CHECK(phase() == Phase::kCommitted) << PhaseName(phase());
  MIG_ASSIGN_OR_RETURN(Moves moves, Moves::Open(place_, journal_, kept_));
  MIG_ASSIGN_OR_RETURN(const std::vector<MissingContent> missing,
                       moves.Prepare(Side::kAfter, belief_));
  if (!missing.empty()) {
    return absl::DataLossError(absl::StrCat("the staged contents of ", NamesOf(missing),
                                            " are gone or damaged; run mig-loader recover"));
  }
  MIG_RETURN_IF_ERROR(moves.Apply());
  return Enter(Phase::kActivating);
}

absl::Status Transaction::KeepNew(const std::vector<Component>& components) {
  MIG_CHECK(phase() == Phase::kActivating) << PhaseName(phase());
  const NextSet next = {.transaction = journal_.facts.id,
                        .set = SetOf(journal_.facts.to, components)};
  MIG_RETURN_IF_ERROR(kept_.BeginNext(next, ReplacedSet(journal_)));
  MIG_RETURN_IF_ERROR(kept_.Collect(OldDigests(journal_)));
  return KeepComponents(place_, components, kept_);
}

absl::Status Transaction::Finish() {
  MIG_CHECK(phase() == Phase::kActivating) << PhaseName(phase());
  MIG_RETURN_IF_ERROR(Enter(Phase::kDone));
  return SettleKeptSets();
}

absl::Status Transaction::GoBack(const v1::Refusal& why, absl::string_view agent_output) {
  MIG_CHECK(phase() == Phase::kCommitted || phase() == Phase::kActivating) << PhaseName(phase());
  for (const JournalFile& file : journal_.files) {
    if (!file.before.has_value() || !file.kept_name.empty()) continue;
    return AtComponent(
        file.name,
        trust::Refuse(v1::Refusal::NO_WAY_BACK,
                      absl::StrCat(file.path(),
                                   " was damaged before this install, and no good copy of it "
                                   "was there; roll out another release")));
  }
  MIG_ASSIGN_OR_RETURN(Moves moves, Moves::Open(place_, journal_, kept_));
  MIG_ASSIGN_OR_RETURN(const std::vector<MissingContent> missing,
                       moves.Prepare(Side::kBefore, Belief::kReadAll));
  if (!missing.empty()) {
    return AboutComponent(
        missing.front().name,
        trust::Refuse(v1::Refusal::KEPT_SET_DAMAGED,
                      absl::StrCat("the kept copies of ", NamesOf(missing),
                                   " are damaged or missing; roll out another release")));
  }
  MIG_RETURN_IF_ERROR(EnterReverting(why, agent_output));
  MIG_RETURN_IF_ERROR(moves.Apply());
  return Enter(Phase::kReactivating);
}

absl::Status Transaction::EnterReverting(const v1::Refusal& why, absl::string_view agent_output) {
  journal_.refusal = why;
  if (why.text().size() > base::kMaxReportTextBytes) {
    journal_.refusal->set_text(base::Escaped(why.text(), base::kMaxReportTextBytes - 8));
  }
  size_t cut = agent_output.size() - std::min(agent_output.size(), base::kMaxAgentOutputBytes);
  while (cut < agent_output.size() && (agent_output[cut] & 0xC0) == 0x80) ++cut;  // within UTF-8
  journal_.agent_output = std::string(agent_output.substr(cut));
  return Enter(Phase::kReverting);
}

absl::Status Transaction::FinishGoingBack(const v1::Refusal* unhealthy) {
  MIG_CHECK(phase() == Phase::kReactivating) << PhaseName(phase());
  if (unhealthy != nullptr) journal_.refusal = *unhealthy;
  MIG_RETURN_IF_ERROR(Enter(Phase::kReverted));
  return SettleKeptSets();
}

absl::Status Transaction::SettleKeptSets() {
  if (phase() == Phase::kReverted) return kept_.DropNext();
  MIG_CHECK(phase() == Phase::kDone) << PhaseName(phase());
  const TransactionFacts& facts = journal_.facts;
  const bool is_next = kept_.next() && kept_.next()->transaction == facts.id;
  const bool is_settled = kept_.current() && kept_.current()->release == facts.to;
  if (!is_next && is_settled) return absl::OkStatus();
  if (!is_next) {
    NextSet next = {.transaction = facts.id, .set = NewSet(journal_, kept_.current())};
    MIG_RETURN_IF_ERROR(kept_.BeginNext(std::move(next), ReplacedSet(journal_)));
  }
  return kept_.Promote();
}

absl::Status Transaction::Close() {
  MIG_CHECK(phase() == Phase::kDone || phase() == Phase::kReverted) << PhaseName(phase());
  const absl::Status removed = state_->Unlink(kJournalName);
  if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
  MIG_RETURN_IF_ERROR(state_->Sync());
  return kept_.Collect({});
}

absl::Status Transaction::Supply(const MissingContent& missing, base::ByteSource& contents) {
  return Supply(missing, [&contents](PartialFile& part) {
    MIG_RETURN_IF_ERROR(part.Rewind(0));
    return part.AppendAll(contents);
  });
}

absl::Status Transaction::Supply(const MissingContent& missing,
                                 absl::FunctionRef<absl::Status(PartialFile& part)> fill) {
  const auto file =
      std::find_if(journal_.files.begin(), journal_.files.end(),
                   [&missing](const JournalFile& f) { return f.name == missing.name; });
  MIG_CHECK(file != journal_.files.end()) << missing.name;
  // Which way it goes is Recover's to decide; the content says what it is for. (Where both sides
  // have it, Recover puts mode and owner right.)
  const std::optional<FileFacts>& after = FactsOn(Side::kAfter, *file);
  const bool is_after = after.has_value() && after->content() == missing.content;
  const std::optional<FileFacts>& wanted = is_after ? after : FactsOn(Side::kBefore, *file);
  MIG_CHECK(wanted.has_value() && wanted->content() == missing.content) << missing.name;
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::Directory> directory,
                       OpenTargetDirectory(place_, file->directory));
  MIG_ASSIGN_OR_RETURN(PartialFile part, PartialFile::Resume(*directory, file->file_name,
                                                             wanted->content(), place_.owner_uid));
  MIG_RETURN_IF_ERROR(fill(part));
  MIG_ASSIGN_OR_RETURN(StagedFile staged, std::move(part).Finish(*wanted));
  staged.Release();
  return directory->Sync();
}

absl::Status Transaction::Enter(Phase phase) {
  Journal entered = journal_;
  entered.phase = phase;
  MIG_RETURN_IF_ERROR(WriteJournal(*state_, entered));
  journal_ = std::move(entered);
  return absl::OkStatus();
}

}  // namespace mig::loader
