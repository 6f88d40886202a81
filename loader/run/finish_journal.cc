#include "loader/run/finish_journal.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/byte_stream.h"
#include "base/status_macros.h"
#include "loader/install/file_source.h"
#include "loader/install/recover.h"
#include "loader/run/downloads.h"
#include "loader/run/going_back.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

absl::StatusOr<Recovery> RecoverFiles(Session& session) {
  MIG_ASSIGN_OR_RETURN(
      Recovery recovery,
      Recover(session.host.place(), session.trust().state().host_id, GoingBackOfJournal(session)));
  const std::string product =
      recovery.transaction.has_value() ? recovery.transaction->journal().facts.product : "";
  for (const Notice& notice : recovery.notices) session.ReportNotice(notice, product);
  return recovery;
}

// Activated and watched by the next run instead.
bool MustWait(const Host& host, const Transaction& transaction, Activate activate) {
  const Phase phase = transaction.phase();
  if (activate == Activate::kAll) return false;
  if (phase == Phase::kDone || phase == Phase::kReverted) return false;
  const Product* product = host.dictionary.Find(transaction.journal().facts.product);
  return product != nullptr && product->agent.activation == Activation::kSelfInstalling;
}

}  // namespace

absl::StatusOr<FinishedJournal> FinishJournal(Session& session, Activate activate) {
  MIG_ASSIGN_OR_RETURN(Recovery recovery, RecoverFiles(session));
  FinishedJournal finished;
  if (!recovery.transaction.has_value()) return finished;
  finished.product = recovery.transaction->journal().facts.product;
  if (!recovery.missing.empty()) {
    finished.unfinished = Unfinished{.transaction = *std::move(recovery.transaction),
                                     .missing = std::move(recovery.missing)};
    return finished;
  }
  if (MustWait(session.host, *recovery.transaction, activate)) {
    session.notes().push_back(
        absl::StrCat(finished.product, ": its files are whole; the next run watches the agent"));
    return finished;
  }
  MIG_ASSIGN_OR_RETURN(finished.concluded, Conclude(session, *std::move(recovery.transaction)));
  return finished;
}

absl::Status WhyUnfinished(const Unfinished& unfinished) {
  const std::string names =
      absl::StrJoin(unfinished.missing, ", ", [](std::string* out, const MissingContent& content) {
        absl::StrAppend(out, "'", content.name, "'");
      });
  return trust::Refuse(
      v1::Refusal::KEPT_SET_DAMAGED,
      absl::StrCat(unfinished.transaction.journal().facts.product, ": the contents of ", names,
                   " are missing, so its files are neither the old set nor the new one, and its "
                   "agent is not started; run mig-loader run --now where the coordinator can be "
                   "reached"));
}

absl::StatusOr<Concluded> FinishByFetching(Session& session, CoordinatorClient& client,
                                           const std::string& ticket, Unfinished unfinished) {
  MIG_ASSIGN_OR_RETURN(Downloads downloads, Downloads::Open(session.directory().directory()));
  for (const MissingContent& missing : unfinished.missing) {
    if (missing.content.size_bytes == 0) {
      base::StringSource nothing("");
      MIG_RETURN_IF_ERROR(unfinished.transaction.Supply(missing, nothing));
      continue;
    }
    MIG_ASSIGN_OR_RETURN(const Downloads::Downloaded downloaded,
                         downloads.Fetch(client, ticket, missing.content));
    FileSource source(*downloaded.file);
    const absl::Status supplied = unfinished.transaction.Supply(missing, source);
    downloads.Remove(missing.content.digest);
    MIG_RETURN_IF_ERROR(supplied);
  }
  MIG_ASSIGN_OR_RETURN(Recovery recovery, RecoverFiles(session));
  if (!recovery.transaction.has_value() || !recovery.missing.empty()) {
    return WhyUnfinished(unfinished);
  }
  return Conclude(session, *std::move(recovery.transaction));
}

}  // namespace mig::loader
