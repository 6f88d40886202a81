// LoaderHandlers::CheckIn: who calls, what it says, what it gets, and only then the answer.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "coordinator/handlers/check_in/check_in_request.h"
#include "coordinator/handlers/check_in/check_in_summary.h"
#include "coordinator/handlers/check_in/document_choice.h"
#include "coordinator/handlers/check_in/item_choice.h"
#include "coordinator/handlers/hosts/host_line.h"
#include "coordinator/handlers/loaders/loader_handlers.h"
#include "trust/refusal.h"

namespace mig::coordinator {

// One check-in that was let in.
struct LoaderHandlers::Visit {
  HostId host;
  absl::Time enrolled;
  CheckInFacts said;
  std::optional<rollout::Facts> facts;
  std::shared_ptr<const Snapshot> snapshot;
  AnswerId answer;
  absl::Time now;

  rollout::HostView View() const {
    return {.id = host, .facts = &*facts, .state = &said.state, .products = said.products};
  }
};

namespace {

// What a rollout's hosts are still to be given at this moment: nothing of one that was halted while
// its offer became durable.
ItemChoice StillStanding(const Snapshot& now, ItemChoice choice) {
  std::erase_if(choice.items, [&now](const trust::AssignmentItem& item) {
    if (!item.plan.has_value()) return false;
    const rollout::CheckedPlan* plan = now.plan(*item.plan);
    return plan == nullptr ||
           now.progress(plan->plan().rollout()).state != RolloutProgress::State::kRunning;
  });
  return choice;
}

// Repairs first: a host puts right what is damaged before it begins anything.
std::vector<trust::Installed> TicketOf(const ItemChoice& choice) {
  std::vector<trust::Installed> releases = choice.repairs;
  for (const trust::AssignmentItem& item : choice.items) {
    releases.push_back({.manifest = item.manifest, .variant = item.variant});
  }
  if (releases.size() > base::kMaxTicketManifests) releases.resize(base::kMaxTicketManifests);
  return releases;
}

}  // namespace

absl::Status LoaderHandlers::CheckPin(const Visit& visit, const HostEntry& entry,
                                      const Peer& peer) {
  const bool pinned = entry.marks != nullptr && entry.marks->pin.has_value();
  bool matches = true;
  if (pinned) {
    const rollout::Facts facts =
        WithCoordinatorFacts(*visit.facts, entry, StateWord(StateOf(entry, nullptr, visit.now)),
                             peer.address, visit.now);
    matches = entry.marks->pin->Evaluate(facts) == rollout::Truth::kTrue;
  }
  fleet_.hosts().NoteMismatch(visit.host, !matches);
  if (matches) return absl::OkStatus();
  counters_.mismatches.fetch_add(1, std::memory_order_relaxed);
  return trust::Refuse(v1::Refusal::PINNED,
                       absl::StrCat("this host's environment is not what an operator pinned (",
                                    entry.marks->pin->text(), "); see migctl host explain"));
}

// Flagged and counted once; the row follows, and needs no answer to wait for it.
void LoaderHandlers::RecordClone(const HostId& host, absl::Time now, absl::string_view how) {
  counters_.clones.fetch_add(1, std::memory_order_relaxed);
  fleet_.Append({CountClone{host}, AppendAudit{{.at = now,
                                                .action = "host.clone",
                                                .subject = host.ToHex(),
                                                .reason = std::string(how)}}},
                [](const absl::StatusOr<Written>&) {});
}

absl::Status LoaderHandlers::CheckMachine(const Visit& visit, const HostEntry& entry) {
  if (visit.said.machine == entry.machine) return absl::OkStatus();
  if (fleet_.hosts().NoteOtherMachine(visit.host) == HostIndex::CloneVerdict::kFirstSeen) {
    RecordClone(visit.host, visit.now, "another machine id");
  }
  return trust::Refuse(v1::Refusal::CLONE,
                       "this identity was made on another machine; remove the loader's state here "
                       "and enroll this host anew");
}

absl::StatusOr<LoaderHandlers::Visit> LoaderHandlers::LetIn(const Peer& peer,
                                                            const v1::CheckInRequest& request) {
  Visit visit;
  visit.now = clock_.WallNow();
  MIG_ASSIGN_OR_RETURN(visit.host, Admit(peer, HostCall::kCheckIn, request.newest_head()));
  MIG_RETURN_IF_ERROR(fleet_.CheckNotBehind());
  const std::optional<HostEntry> entry = fleet_.hosts().Find(visit.host);
  if (!entry.has_value()) return fleet_.hosts().StillWelcome(visit.host);
  visit.enrolled = entry->enrolled_at;
  visit.snapshot = fleet_.snapshot();
  MIG_ASSIGN_OR_RETURN(visit.said, ReadCheckIn(request, *entry));
  MIG_ASSIGN_OR_RETURN(visit.facts, FactsOf(request.environment(), visit.host, visit.said.machine,
                                            visit.said.state, *visit.snapshot));
  MIG_RETURN_IF_ERROR(CheckMachine(visit, *entry));
  MIG_RETURN_IF_ERROR(CheckPin(visit, *entry, peer));

  visit.answer = AnswerId::Random(random_);
  const HostIndex::CloneVerdict verdict =
      fleet_.hosts().NoteAnswer(visit.host, visit.said.previous_answer, visit.answer, visit.now);
  if (verdict == HostIndex::CloneVerdict::kFirstSeen) {
    RecordClone(visit.host, visit.now, "an answer that another one got");
  }
  fleet_.seen().Put(SeenOf(visit, peer, request), visit.now);
  return visit;
}

HostSeenRecord LoaderHandlers::SeenOf(const Visit& visit, const Peer& peer,
                                      const v1::CheckInRequest& request) const {
  HostSeenRecord seen{.id = visit.host, .last_seen = visit.now};
  seen.seen_address = peer.address.substr(0, base::kMaxAddressTextBytes);
  seen.environment = request.environment().SerializeAsString();
  seen.summary = SummaryOf(request);
  seen.machine = visit.said.machine;
  seen.answer_issued = visit.answer;
  seen.answer_returned = visit.said.previous_answer;
  return seen;
}

absl::StatusOr<v1::CheckInAnswer> LoaderHandlers::BareAnswer(const Visit& visit) {
  v1::CheckInAnswer answer;
  MIG_ASSIGN_OR_RETURN(*answer.mutable_head(),
                       signer_.Head(visit.snapshot->root()->head().trust_domain, fleet_.store_id(),
                                    fleet_.position(), visit.now));
  answer.set_answer_id(std::string(visit.answer.bytes()));
  return answer;
}

absl::StatusOr<v1::CheckInAnswer> LoaderHandlers::AnswerNow(const Visit& visit, ItemChoice choice) {
  MIG_ASSIGN_OR_RETURN(v1::CheckInAnswer answer, BareAnswer(visit));
  const DocumentChoice documents = ChooseDocuments(*visit.snapshot, visit.said, choice.items);
  for (const absl::string_view envelope : documents.envelopes) {
    answer.add_documents(std::string(envelope));
  }
  answer.set_more(documents.more);
  if (documents.more || choice.items.empty()) {
    if (!documents.more) answer.set_next_hint_ms(absl::ToInt64Milliseconds(options_.next_hint));
    return answer;
  }

  std::vector<trust::Installed> releases = TicketOf(choice);
  AssignmentContents contents{.host = visit.host,
                              .nonce = visit.said.nonce,
                              .issued = visit.now,
                              .items = std::move(choice.items),
                              .lifetime = options_.assignment_life,
                              .next_hint = options_.next_hint};
  MIG_ASSIGN_OR_RETURN(contents.ticket, tickets_.Mint(visit.host, std::move(releases), visit.now));
  MIG_ASSIGN_OR_RETURN(
      *answer.mutable_assignment(),
      signer_.SignAssignment(visit.snapshot->root()->head().trust_domain, contents));
  counters_.assignments.fetch_add(1, std::memory_order_relaxed);
  return answer;
}

void LoaderHandlers::CheckIn(const Peer& peer, const v1::CheckInRequest& request,
                             Done<v1::CheckInAnswer> done) {
  counters_.check_ins.fetch_add(1, std::memory_order_relaxed);
  absl::StatusOr<Visit> visit = LetIn(peer, request);
  if (!visit.ok()) return done(Refused(visit.status()));

  const bool roots_first = visit->said.root_version < visit->snapshot->root()->version();
  if (roots_first) return done(AnswerNow(*visit, {}));
  // A host that knows a later root than we do would refuse whatever we could assign.
  const bool knows_more = visit->said.root_version > visit->snapshot->root()->version();
  if (knows_more) return done(BareAnswer(*visit));

  rollout::Clocks clocks = visit->snapshot->ClocksAt(visit->now);
  clocks.waves_closed_until = visit->said.state.waves_closed_until.value_or(absl::InfinitePast());
  ItemChoice choice = ChooseItems(*visit->snapshot, fleet_.ledger(), blobs_, visit->View(),
                                  request.local_manifest(), clocks, visit->enrolled);
  WriteBatch offers;
  for (OfferRecord& offer : choice.offers) {
    if (fleet_.ledger().FindOffer(offer.host, offer.rollout).has_value()) continue;
    offers.push_back(InsertOffer{std::move(offer)});
  }
  if (offers.empty()) return done(AnswerNow(*visit, std::move(choice)));

  // The denominator first (DESIGN.md 6): an offer that a crash takes was never answered.
  fleet_.Append(std::move(offers),
                [this, visit = *std::move(visit), choice = std::move(choice),
                 done = std::move(done)](const absl::StatusOr<Written>& written) mutable {
                  done(AnswerOffered(written.status(), visit, std::move(choice)));
                });
}

absl::StatusOr<v1::CheckInAnswer> LoaderHandlers::AnswerOffered(const absl::Status& written,
                                                                const Visit& visit,
                                                                ItemChoice choice) {
  MIG_RETURN_IF_ERROR(written);
  MIG_RETURN_IF_ERROR(fleet_.hosts().StillWelcome(visit.host));
  return AnswerNow(visit, StillStanding(*fleet_.snapshot(), std::move(choice)));
}

}  // namespace mig::coordinator
