#include "loader/run/install/finish_journal.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "loader/install/component_error.h"
#include "loader/install/partial_file.h"
#include "loader/install/recover.h"
#include "loader/run/install/fetch_rest.h"
#include "loader/run/install/going_back.h"
#include "trust/refusal.h"
#include "trust/seen.h"

namespace mig::loader {

namespace {

absl::StatusOr<Recovery> RecoverFiles(Session& session) {
  const WayBack way_back = WayBackOfJournal(session);
  MIG_ASSIGN_OR_RETURN(Recovery recovery,
                       Recover(session.host.place(), session.trust().state().host_id,
                               way_back.going_back, way_back.release));
  const std::string product =
      recovery.transaction.has_value() ? recovery.transaction->journal().facts.product : "";
  for (const Notice& notice : recovery.notices) session.ReportNotice(notice, product);
  return recovery;
}

std::vector<WayOut> WaysOut(const Recovery& recovery) {
  std::vector<WayOut> ways;
  if (recovery.missing.empty()) return ways;
  ways.push_back({.side = recovery.missing_side, .missing = recovery.missing});
  if (!recovery.missing_other.empty()) {
    const Side other = recovery.missing_side == Side::kAfter ? Side::kBefore : Side::kAfter;
    ways.push_back({.side = other, .missing = recovery.missing_other});
  }
  return ways;
}

// Whether the root lets a host have the release of that side. One that no held manifest describes
// is the coordinator's to judge, who gives the ticket.
absl::Status JudgeWay(Session& session, const TransactionFacts& facts, Side side) {
  const std::optional<trust::Installed> release = side == Side::kAfter ? facts.to : facts.from;
  const TrustSession& trust = session.trust();
  const rollout::CheckedManifest* manifest =
      release.has_value() ? trust.held().manifest(release->manifest) : nullptr;
  if (manifest == nullptr) return absl::OkStatus();
  return trust::JudgeManifest(trust.state(), *trust.root(), manifest->verified(),
                              trust::ManifestUse::kRepair);
}

absl::Status Fetch(Session& session, CoordinatorClient& client, const std::string& ticket,
                   const std::vector<MissingContent>& contents, Transaction& transaction,
                   Effort& effort) {
  for (const MissingContent& missing : contents) {
    MIG_RETURN_IF_ERROR(session.CheckDeadline());
    const absl::Status supplied = transaction.Supply(
        missing, [&](PartialFile& part) { return FetchRest(client, ticket, part, effort); });
    MIG_RETURN_IF_ERROR(AtComponent(missing.name, supplied));
  }
  return absl::OkStatus();
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
    std::vector<WayOut> ways = WaysOut(recovery);
    finished.unfinished =
        Unfinished{.transaction = *std::move(recovery.transaction), .ways = std::move(ways)};
    return finished;
  }
  if (MustWait(session.host, *recovery.transaction, activate)) {
    session.notes().push_back(
        absl::StrCat(finished.product, ": its files are whole; the next run watches the agent"));
    return finished;
  }
  Effort effort(session.host.clock, v1::Outcome::RECOVER);
  MIG_ASSIGN_OR_RETURN(finished.concluded,
                       Conclude(session, *std::move(recovery.transaction), effort));
  return finished;
}

absl::Status WhyUnfinished(const Unfinished& unfinished) {
  const auto names_of = [](const WayOut& way) {
    return absl::StrJoin(way.missing, ", ", [](std::string* out, const MissingContent& content) {
      absl::StrAppend(out, "'", content.name, "'");
    });
  };
  const auto text_of = [&names_of](const WayOut& way) {
    return absl::StrCat(way.side == Side::kAfter ? "new " : "old ", names_of(way));
  };
  std::string needs = text_of(unfinished.ways.front());
  if (unfinished.ways.size() > 1) absl::StrAppend(&needs, " or ", text_of(unfinished.ways.back()));
  const std::vector<MissingContent>& first = unfinished.ways.front().missing;
  const absl::Status why = trust::Refuse(
      v1::Refusal::KEPT_SET_DAMAGED,
      absl::StrCat(unfinished.transaction.journal().facts.product,
                   ": its files are neither the old set nor the new one, and its agent is not "
                   "started; contents are missing: ",
                   needs, "; mig-loader run --now fetches them"));
  return first.size() == 1 ? AboutComponent(first.front().name, why) : why;
}

absl::StatusOr<Concluded> FinishByFetching(Session& session, CoordinatorClient& client,
                                           const std::string& ticket, Unfinished unfinished) {
  Effort effort(session.host.clock, v1::Outcome::RECOVER);
  const TransactionFacts facts = unfinished.transaction.journal().facts;
  absl::Status first;
  for (const WayOut& way : unfinished.ways) {
    absl::Status had = JudgeWay(session, facts, way.side);
    if (had.ok()) {
      had = Fetch(session, client, ticket, way.missing, unfinished.transaction, effort);
    }
    if (had.ok()) {
      MIG_ASSIGN_OR_RETURN(Recovery recovery, RecoverFiles(session));
      if (recovery.transaction.has_value() && recovery.missing.empty()) {
        return Conclude(session, *std::move(recovery.transaction), effort);
      }
    }
    if (first.ok()) first = had;
    // Whoever cannot be reached gives the other contents no more than these.
    if (absl::IsUnavailable(had) || absl::IsDeadlineExceeded(had)) break;
  }
  if (first.ok()) return WhyUnfinished(unfinished);
  const absl::Status why = WhyUnfinished(unfinished);
  return AboutComponent(ComponentOf(why),
                        trust::Refuse(v1::Refusal::KEPT_SET_DAMAGED,
                                      absl::StrCat(why.message(), " (", first.message(), ")")));
}

}  // namespace mig::loader
