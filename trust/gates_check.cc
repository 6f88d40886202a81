#include "trust/gates_check.h"

#include <cstdint>

#include "base/sizes.h"
#include "trust/fields.h"

namespace mig::trust {

namespace {

absl::Status CheckSign(const FieldName& name, int64_t micronats, int sign) {
  if ((sign > 0 && micronats > 0) || (sign < 0 && micronats < 0)) return absl::OkStatus();
  return MalformedField(name, sign > 0 ? "must be above zero" : "must be below zero");
}

absl::Status CheckSequentialTest(absl::string_view parent, const v1::SequentialTest& test) {
  const auto name = [parent](absl::string_view field) { return FieldName{parent, 0, field}; };
  MIG_RETURN_IF_ERROR(CheckSign(name("failed_micronats"), test.failed_micronats(), 1));
  MIG_RETURN_IF_ERROR(CheckSign(name("good_micronats"), test.good_micronats(), 1));
  MIG_RETURN_IF_ERROR(CheckSign(name("halt_micronats"), test.halt_micronats(), 1));
  MIG_RETURN_IF_ERROR(CheckSign(name("pass_micronats"), test.pass_micronats(), -1));
  const uint64_t most = base::kWholePpm - 1;
  MIG_RETURN_IF_ERROR(CheckRange(name("acceptable_ppm"), test.acceptable_ppm(), 1, most));
  MIG_RETURN_IF_ERROR(CheckRange(name("unacceptable_ppm"), test.unacceptable_ppm(),
                                 uint64_t{test.acceptable_ppm()} + 1, most));
  MIG_RETURN_IF_ERROR(CheckRange(name("false_halt_ppm"), test.false_halt_ppm(), 1, most));
  return CheckRange(name("false_pass_ppm"), test.false_pass_ppm(), 1, most);
}

absl::Status CheckSilence(const v1::SilenceTest& test) {
  constexpr absl::string_view kParent = "gates.silence";
  MIG_RETURN_IF_ERROR(
      SpanField({kParent, 0, "trial_ms"}, test.trial_ms(), absl::Minutes(1), absl::Hours(24 * 7))
          .status());
  MIG_RETURN_IF_ERROR(
      CheckRange({kParent, 0, "ratio_ppm"}, test.ratio_ppm(), base::kWholePpm + 1, UINT32_MAX));
  MIG_RETURN_IF_ERROR(CheckSign({kParent, 0, "halt_micronats"}, test.halt_micronats(), 1));
  return CheckSign({kParent, 0, "pass_micronats"}, test.pass_micronats(), -1);
}

absl::Status CheckCounts(const v1::CountRule& rule) {
  constexpr absl::string_view kParent = "gates.counts.steps";
  MIG_RETURN_IF_ERROR(
      CheckCount({"", 0, "gates.counts.steps"}, rule.steps_size(), 0, base::kMaxGateCountSteps));
  for (int i = 0; i < rule.steps_size(); ++i) {
    const v1::CountStep& step = rule.steps(i);
    const size_t index = static_cast<size_t>(i);
    MIG_RETURN_IF_ERROR(
        CheckRange({kParent, index, "share_ppm"}, step.share_ppm(), 0, base::kWholePpm));
    const bool wider = i == 0 || (step.hosts() >= rule.steps(i - 1).hosts() &&
                                  step.share_ppm() >= rule.steps(i - 1).share_ppm() &&
                                  (step.hosts() > rule.steps(i - 1).hosts() ||
                                   step.share_ppm() > rule.steps(i - 1).share_ppm()));
    if (!wider)
      return MalformedField({kParent, index, "hosts"}, "is no wider than the step before");
  }
  return absl::OkStatus();
}

absl::Status CheckSlices(const v1::Gates& gates) {
  const FieldName name = {"", 0, "gates.slices"};
  MIG_RETURN_IF_ERROR(CheckCount(name, gates.slices_size(), 0, base::kMaxGateSlices));
  for (const std::string& slice : gates.slices()) {
    MIG_RETURN_IF_ERROR(CheckRange(name, slice.size(), 1, base::kMaxGateSliceBytes));
  }
  return CheckSorted(name, gates.slices(),
                     [](const std::string& slice) { return absl::string_view(slice); });
}

}  // namespace

absl::Status CheckGates(const v1::Gates& gates) {
  if (gates.has_wave_failures()) {
    MIG_RETURN_IF_ERROR(CheckSequentialTest("gates.wave_failures", gates.wave_failures()));
  }
  if (gates.has_rollout_failures()) {
    MIG_RETURN_IF_ERROR(CheckSequentialTest("gates.rollout_failures", gates.rollout_failures()));
  }
  if (gates.has_slice_failures()) {
    MIG_RETURN_IF_ERROR(CheckSequentialTest("gates.slice_failures", gates.slice_failures()));
  }
  if (gates.has_silence()) MIG_RETURN_IF_ERROR(CheckSilence(gates.silence()));
  if (gates.has_counts()) MIG_RETURN_IF_ERROR(CheckCounts(gates.counts()));
  MIG_RETURN_IF_ERROR(
      CheckRange({"", 0, "gates.confirmed_ppm"}, gates.confirmed_ppm(), 0, base::kWholePpm));
  MIG_RETURN_IF_ERROR(SpanField({"", 0, "gates.overdue_ms"}, gates.overdue_ms(),
                                absl::Milliseconds(1), base::kMaxSoak)
                          .status());
  return CheckSlices(gates);
}

}  // namespace mig::trust
