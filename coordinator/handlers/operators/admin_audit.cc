// The audit log and what waits for a second person: AdminPeople's second half.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "base/text.h"
#include "coordinator/handlers/operators/admin_people.h"
#include "coordinator/handlers/operators/page.h"
#include "coordinator/store/audit_chain.h"
#include "trust/refusal.h"

namespace mig::coordinator {
namespace {

v1::AuditEntry ViewOf(const AuditRecord& record) {
  v1::AuditEntry view;
  view.set_number(record.seq);
  view.set_time_ms(absl::ToUnixMillis(record.entry.at));
  view.set_actor(record.entry.actor);
  view.set_action(record.entry.action);
  view.set_subject(record.entry.subject);
  view.set_reason(record.entry.reason);
  view.set_difference(record.entry.difference);
  view.set_hash(std::string(record.hash.bytes()));
  return view;
}

bool Contains(const AuditEntry& entry, absl::string_view text) {
  return absl::StrContains(entry.actor, text) || absl::StrContains(entry.action, text) ||
         absl::StrContains(entry.subject, text) || absl::StrContains(entry.reason, text);
}

}  // namespace

void AdminPeople::ListAudit(const Peer& peer, const v1::ListAuditRequest& request,
                            Done<v1::ListAuditAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "ListAudit");
  if (!caller.ok()) return done(caller.status());
  const absl::StatusOr<size_t> rows = PageRows(request.page());
  if (!rows.ok()) return done(rows.status());
  absl::StatusOr<uint64_t> before = NumberToken(request.page());
  if (!before.ok()) return done(before.status());
  if (request.containing().size() > base::kMaxContainingBytes) {
    return done(
        trust::Refuse(v1::Refusal::BOUND,
                      absl::StrCat("a text has at most ", base::kMaxContainingBytes, " bytes")));
  }

  constexpr size_t kMostBytes = base::kMaxGrpcMessageBytes - 16 * base::kKiB;
  v1::ListAuditAnswer answer;
  size_t bytes = 0;
  for (size_t looked_at = 0; looked_at < base::kMaxAuditRowsLookedAt;) {
    const absl::StatusOr<std::vector<AuditRecord>> page =
        fleet_.store().ListAudit(*before, base::kMaxPageRows);
    if (!page.ok()) return done(page.status());
    for (const AuditRecord& record : *page) {
      ++looked_at;
      if (Contains(record.entry, request.containing())) {
        v1::AuditEntry view = ViewOf(record);
        bytes += view.ByteSizeLong() + 16;
        if (static_cast<size_t>(answer.entries_size()) == *rows || bytes > kMostBytes) {
          answer.set_next_token(absl::StrCat(*before));
          return done(std::move(answer));
        }
        *answer.add_entries() = std::move(view);
      }
      before = record.seq;
    }
    if (page->size() < base::kMaxPageRows) return done(std::move(answer));
  }
  answer.set_next_token(absl::StrCat(*before));
  done(std::move(answer));
}

void AdminPeople::VerifyAudit(const Peer& peer, const v1::VerifyAuditRequest&,
                              Done<v1::VerifyAuditAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "VerifyAudit");
  if (!caller.ok()) return done(caller.status());
  v1::VerifyAuditAnswer answer;
  const absl::StatusOr<AuditHead> head = fleet_.store().VerifyAudit();
  if (head.ok()) {
    answer.set_entries(head->seq);
    answer.set_head_hash(std::string(head->hash.bytes()));
    return done(std::move(answer));
  }
  if (!absl::IsDataLoss(head.status())) return done(head.status());
  // The store says that the chain is broken; where, is found by walking it.
  const absl::StatusOr<StoreMeta> meta = fleet_.store().GetMeta();
  if (!meta.ok()) return done(meta.status());
  answer.set_entries(meta->audit.seq);
  answer.set_head_hash(std::string(meta->audit.hash.bytes()));
  const absl::StatusOr<uint64_t> first_bad = FirstBadAuditRow(meta->audit.seq);
  if (!first_bad.ok()) return done(first_bad.status());
  answer.set_first_bad_entry(*first_bad);
  done(std::move(answer));
}

// Pages come newest first, so the chain is walked from page to page towards the first row.
absl::StatusOr<uint64_t> AdminPeople::FirstBadAuditRow(uint64_t last) {
  AuditChain chain;
  for (uint64_t next = 1; next <= last;) {
    const uint64_t end = std::min<uint64_t>(next + base::kMaxPageRows, last + 1);
    absl::StatusOr<std::vector<AuditRecord>> page =
        fleet_.store().ListAudit(end, static_cast<size_t>(end - next));
    if (!page.ok()) return page.status();
    for (auto record = page->rbegin(); record != page->rend(); ++record) {
      if (record->seq < next) continue;
      if (!chain.Add(*record).ok()) return chain.head().seq + 1;
    }
    if (chain.head().seq + 1 < end) return chain.head().seq + 1;
    next = end;
  }
  return last + 1;
}

void AdminPeople::ListRequests(const Peer& peer, const v1::ListRequestsRequest&,
                               Done<v1::ListRequestsAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "ListRequests");
  if (!caller.ok()) return done(caller.status());
  done(v1::ListRequestsAnswer());
}

void AdminPeople::ApproveRequest(const Peer& peer, const v1::ApproveRequestRequest& request,
                                 Done<v1::PendingRequest> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "ApproveRequest");
  if (!caller.ok()) return done(caller.status());
  done(trust::Refuse(v1::Refusal::NOT_FOUND,
                     absl::StrCat("nothing waits as '", base::Escaped(request.name(), 32),
                                  "'; what needs a second person comes with the rollout gates")));
}

void AdminPeople::CreateWebLink(const Peer& peer, const v1::CreateWebLinkRequest&,
                                Done<v1::CreateWebLinkAnswer> done) {
  const absl::StatusOr<Caller> caller = door_.Admit(peer, "CreateWebLink");
  if (!caller.ok()) return done(caller.status());
  done(absl::UnimplementedError("the dashboard comes later; use migctl"));
}

}  // namespace mig::coordinator
