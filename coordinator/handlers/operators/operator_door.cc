#include "coordinator/handlers/operators/operator_door.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "coordinator/handlers/operators/cut_text.h"
#include "coordinator/handlers/operators/method_roles.h"
#include "trust/refusal.h"

namespace mig::coordinator {

absl::StatusOr<Caller> OperatorDoor::Admit(const Peer& peer, absl::string_view method) {
  const std::optional<RoleBits> roles = RolesFor(method);
  MIG_CHECK(roles.has_value()) << "method_roles.cc has no '" << method << "'";
  Caller caller{.now = clock_.WallNow()};
  const std::string domain = fleet_.snapshot()->root()->head().trust_domain;
  MIG_ASSIGN_OR_RETURN(caller.record, fleet_.operators().Identify(peer, domain, caller.now));
  caller.spiffe_id = peer.id->ToUri();
  if ((caller.record.roles & *roles) == 0) {
    return trust::Refuse(v1::Refusal::ROLE,
                         absl::StrCat(method, " is for ", RoleWords(*roles), "; '",
                                      caller.record.name, "' is ", RoleWords(caller.record.roles)));
  }
  return caller;
}

AuditEntry AuditOf(const Caller& caller, absl::string_view action, absl::string_view subject,
                   absl::string_view reason, absl::string_view difference) {
  return {.at = caller.now,
          .actor = caller.spiffe_id,
          .action = std::string(CutText(action, kMaxAuditActionBytes)),
          .subject = std::string(CutText(subject, kMaxAuditTextBytes)),
          .reason = std::string(CutText(reason, kMaxAuditTextBytes)),
          .difference = std::string(CutText(difference, kMaxAuditDifferenceBytes))};
}

absl::Status CheckReason(absl::string_view reason, Needed needed) {
  if (reason.empty() && needed == Needed::kYes) {
    return trust::Refuse(v1::Refusal::MALFORMED, "say why: this needs a reason (--reason)");
  }
  if (reason.size() > base::kMaxReasonBytes) {
    return trust::Refuse(v1::Refusal::BOUND,
                         absl::StrCat("a reason has at most ", base::kMaxReasonBytes, " bytes"));
  }
  if (absl::Status s = base::CheckText(reason); !s.ok()) {
    return trust::Refuse(v1::Refusal::MALFORMED,
                         absl::StrCat("a reason is one line of text: ", s.message()));
  }
  return absl::OkStatus();
}

}  // namespace mig::coordinator
