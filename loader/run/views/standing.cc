#include "loader/run/views/standing.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

bool IsFine(v1::Refusal::Code code) {
  return code == v1::Refusal::NONE || code == v1::Refusal::ALREADY_INSTALLED;
}

void RecordProduct(const rollout::ProductDecision& decision, v1::ProductStatus& status) {
  status.clear_refusal();
  status.clear_valid_until_ms();
  if (!IsFine(decision.code)) {
    status.mutable_refusal()->set_code(decision.code);
    if (!decision.evidence.empty()) {
      status.mutable_refusal()->set_text(
          base::Escaped(decision.evidence.front().text, base::kMaxReportTextBytes - 8));
    }
  }
  if (decision.valid_until != absl::InfiniteFuture()) {
    status.set_valid_until_ms(absl::ToUnixMillis(decision.valid_until));
  }
}

}  // namespace

absl::StatusOr<rollout::Decision> DecideNow(const Host& host, const TrustSession& trust,
                                            const SelfView& self) {
  MIG_CHECK(trust.state().host_id.has_value());
  return rollout::Decide(trust.held().View(), ViewOf(host, self, trust.state()), trust.Clocks());
}

absl::Status RecordStanding(const Host& host, const TrustSession& trust, StatusRecord& status) {
  MIG_ASSIGN_OR_RETURN(const SelfView self, LookAtSelf(host, trust.held(), trust.state()));
  const std::map<std::string, std::string> versions =
      InstalledVersions(trust.held(), trust.state());
  MIG_ASSIGN_OR_RETURN(const rollout::Decision decision, DecideNow(host, trust, self));
  for (const rollout::ProductDecision& product : decision.products) {
    v1::ProductStatus& record = status.product(product.product);
    const auto version = versions.find(product.product);
    record.set_version(version == versions.end() ? "" : version->second);
    RecordProduct(product, record);
  }
  MIG_RETURN_IF_ERROR(trust.CheckRootLives());
  if (!decision.stale) return absl::OkStatus();
  return trust::Refuse(
      v1::Refusal::STALE,
      absl::StrCat("the newest plan for this host is older than ",
                   absl::FormatDuration(trust.root()->plan_rules().max_plan_age),
                   ": have the rollout keys' holders sign it again, and see that this host reaches "
                   "a coordinator that has it"));
}

}  // namespace mig::loader
