#include "coordinator/handlers/loaders/outcome_check.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/sizes.h"
#include "base/status_macros.h"
#include "base/text.h"
#include "trust/fields.h"
#include "trust/names.h"

namespace mig::coordinator {
namespace {

trust::FieldName Field(absl::string_view name) { return {.parent = "", .index = 0, .name = name}; }

absl::Status CheckText(absl::string_view name, absl::string_view text, size_t most) {
  MIG_RETURN_IF_ERROR(trust::CheckRange(Field(name), text.size(), 0, most));
  if (absl::Status s = base::CheckText(text); !s.ok()) {
    return trust::MalformedField(Field(name), s.message());
  }
  return absl::OkStatus();
}

absl::Status CheckSize(absl::string_view name, absl::string_view bytes, size_t size) {
  if (bytes.empty() || bytes.size() == size) return absl::OkStatus();
  return trust::MalformedField(Field(name), absl::StrCat("has not ", size, " bytes"));
}

absl::Status CheckWords(const v1::Outcome& outcome) {
  if (outcome.kind() < v1::Outcome::INSTALL || outcome.kind() > v1::Outcome::NOTICE) {
    return trust::MalformedField(Field("kind"), "is none");
  }
  if (outcome.result() < v1::Outcome::HEALTHY || outcome.result() > v1::Outcome::CANNOT_GO_BACK) {
    return trust::MalformedField(Field("result"), "is none");
  }
  if (outcome.stage() < v1::Outcome::RECOVER || outcome.stage() > v1::Outcome::COMPLETE) {
    return trust::MalformedField(Field("stage"), "is none");
  }
  if (outcome.refusal().code() == v1::Refusal::REFUSAL_UNSPECIFIED) {
    return trust::MalformedField(Field("refusal"), "is missing");
  }
  MIG_RETURN_IF_ERROR(
      trust::CheckRange(Field("refusal.exit_status"), outcome.refusal().exit_status(), 0, 255));
  // A code of a newer loader is kept as its number.
  return trust::CheckRange(Field("refusal.code"), static_cast<uint64_t>(outcome.refusal().code()),
                           1, 0xffff);
}

}  // namespace

absl::Status CheckOutcome(const v1::Outcome& outcome) {
  MIG_RETURN_IF_ERROR(
      trust::CheckRange(Field("outcome"), outcome.ByteSizeLong(), 1, base::kMaxReportBytes));
  MIG_RETURN_IF_ERROR(CheckWords(outcome));
  if (!outcome.product().empty() && !trust::IsProductName(outcome.product())) {
    return trust::MalformedField(Field("product"), "is no product name");
  }
  MIG_RETURN_IF_ERROR(CheckSize("manifest_digest", outcome.manifest_digest(), 32));
  MIG_RETURN_IF_ERROR(CheckSize("from_manifest_digest", outcome.from_manifest_digest(), 32));
  MIG_RETURN_IF_ERROR(CheckSize("plan_digest", outcome.plan_digest(), 32));
  MIG_RETURN_IF_ERROR(CheckSize("rollout", outcome.rollout(), base::kRolloutIdBytes));
  MIG_RETURN_IF_ERROR(
      trust::CheckRange(Field("variant"), outcome.variant(), 0, base::kMaxVariants - 1));
  MIG_RETURN_IF_ERROR(trust::TimeField(Field("started_ms"), outcome.started_ms()).status());
  MIG_RETURN_IF_ERROR(trust::TimeField(Field("ended_ms"), outcome.ended_ms()).status());
  MIG_RETURN_IF_ERROR(trust::CheckRange(Field("count"), outcome.count(), 1, 0xffff'ffff));
  MIG_RETURN_IF_ERROR(trust::CheckCount(Field("stage_times"), outcome.stage_times_size(), 0, 13));
  for (const v1::StageTime& time : outcome.stage_times()) {
    MIG_RETURN_IF_ERROR(trust::SpanField(Field("stage_times.duration_ms"), time.duration_ms(),
                                         absl::ZeroDuration(), absl::Hours(24))
                            .status());
  }
  MIG_RETURN_IF_ERROR(
      CheckText("refusal.text", outcome.refusal().text(), base::kMaxReportTextBytes));
  MIG_RETURN_IF_ERROR(
      CheckText("component", outcome.component(), 2 * base::kMaxComponentSegmentBytes + 1));
  // Lines of an agent's output are lines: shown escaped, and only bounded here.
  return trust::CheckRange(Field("agent_output"), outcome.agent_output().size(), 0,
                           base::kMaxAgentOutputBytes);
}

}  // namespace mig::coordinator
