// migctl audit list|verify, store confirm: the coordinator's records

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "ctl/cli/command_line.h"
#include "ctl/output/exit_code.h"
#include "ctl/output/json.h"
#include "ctl/output/table.h"
#include "ctl/output/words.h"

namespace mig::ctl {
namespace {

constexpr size_t kPageRows = 1000;
// What one list holds in memory.
constexpr size_t kMaxEntries = 1'000'000;

struct AuditArguments {
  std::string containing;
  size_t last = 100;
  std::string reason;
};

absl::StatusOr<int> ListAudit(Session& session, const AuditArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::ListAuditRequest request;
  request.set_containing(arguments.containing);
  request.mutable_page()->set_size(
      static_cast<uint32_t>(std::min(std::max(arguments.last, size_t{1}), kPageRows)));
  std::vector<v1::AuditEntry> entries;
  do {
    MIG_ASSIGN_OR_RETURN(const v1::ListAuditAnswer answer, admin->ListAudit(request));
    entries.insert(entries.end(), answer.entries().begin(), answer.entries().end());
    request.mutable_page()->set_token(answer.next_token());
  } while (!request.page().token().empty() && entries.size() < arguments.last);
  if (entries.size() > arguments.last) entries.resize(arguments.last);
  Table table({"NO", "TIME", "WHO", "WHAT", "TO", "CHANGE", "WHY"});
  for (const v1::AuditEntry& entry : entries) {
    table.AddRow({absl::StrCat(entry.number()), TimeWords(absl::FromUnixMillis(entry.time_ms())),
                  entry.actor().empty() ? "the coordinator" : entry.actor(), entry.action(),
                  entry.subject(), entry.difference(), entry.reason()});
  }
  MIG_RETURN_IF_ERROR(session.ShowPart(table, ToJsonList(entries)));
  session.Next("migctl audit verify");
  return kExitOk;
}

absl::StatusOr<int> VerifyAudit(Session& session, const AuditArguments&) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  MIG_ASSIGN_OR_RETURN(const v1::VerifyAuditAnswer answer,
                       admin->VerifyAudit(v1::VerifyAuditRequest()));
  const std::string head = absl::BytesToHexString(answer.head_hash());
  if (answer.first_bad_entry() == 0) {
    session.Show(absl::StrCat("+ the chain of ", CountWords(answer.entries()),
                              " entries holds; its head is sha256 ", head, "\n"),
                 ToJson(answer));
    return kExitOk;
  }
  session.Show(
      absl::StrCat("x entry ", answer.first_bad_entry(), " of ", CountWords(answer.entries()),
                   " does not follow the ones before it: the log was changed, or its disk "
                   "is damaged\n"),
      ToJson(answer));
  session.Next("keep a copy of the coordinator's store, and compare it with a backup");
  return kExitFailed;
}

absl::StatusOr<int> ConfirmStore(Session& session, const AuditArguments& arguments) {
  MIG_ASSIGN_OR_RETURN(AdminClient* const admin, session.admin());
  v1::ConfirmStoreRequest request;
  request.mutable_why()->set_reason(arguments.reason);
  MIG_ASSIGN_OR_RETURN(const v1::ConfirmStoreAnswer answer, admin->ConfirmStore(request));
  std::string screen = absl::StrCat("The store goes on as generation ", answer.generation(), ".\n");
  for (const std::string& line : answer.review()) {
    absl::StrAppend(&screen, "  ! ", Shown(line), "\n");
  }
  session.Show(screen, ToJson(answer));
  session.Next("migctl rollout list, then migctl doctor");
  return kExitOk;
}

}  // namespace

void AddAuditVerbs(CommandLine& line) {
  CLI::App* const noun = line.Noun("audit", "who did what, when and why",
                                   "migctl audit list --containing rollout.halt --last 20");
  CLI::App* const list = line.Verb(noun, "list", "list its entries, newest first");
  const auto listed = std::make_shared<AuditArguments>();
  list->add_option("--containing", listed->containing,
                   "only those with this text in who, what, to or why");
  list->add_option("--last", listed->last, "how many (100)")
      ->check(CLI::Range(size_t{1}, kMaxEntries));
  line.Reads(list);
  line.Does(list, listed, ListAudit);
  line.Does(line.Verb(noun, "verify", "have the log's hash chain walked; 1 if it is broken",
                      "migctl audit verify"),
            std::make_shared<AuditArguments>(), VerifyAudit);

  CLI::App* const store = line.Noun("store", "the coordinator's store",
                                    "migctl store confirm --reason 'restored after disk failure'");
  CLI::App* const confirm =
      line.Verb(store, "confirm", "a store that was restored from a backup may go on");
  const auto confirmed = std::make_shared<AuditArguments>();
  confirm->add_option("--reason", confirmed->reason, "why, for the audit log")->required();
  line.Does(confirm, confirmed, ConfirmStore);
}

}  // namespace mig::ctl
