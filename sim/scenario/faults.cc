#include "sim/scenario/faults.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace mig::sim {

namespace {

// Of a block with from_s and until_s.
template <typename Message>
absl::StatusOr<Span> ReadSpan(const Block& block, const Message& message, uint32_t duration_s) {
  Span span;
  if (message.has_from_s()) span.from = absl::Seconds(message.from_s());
  if (message.has_until_s()) span.until = absl::Seconds(message.until_s());
  if (message.from_s() >= duration_s) {
    return block.Wrong(
        "from_s", absl::StrCat("is ", message.from_s(), ", when the run is over; write less than ",
                               duration_s, " (duration_s)"));
  }
  if (span.until <= span.from) {
    return block.Wrong("until_s", absl::StrCat("is ", message.until_s(),
                                               ", which is no time after from_s; write more than ",
                                               message.from_s()));
  }
  return span;
}

}  // namespace

absl::StatusOr<LinkPlan> ReadLink(const Block& block, const v1::Scenario& message) {
  if (!message.has_link()) return LinkPlan();
  const v1::Link& link = message.link();
  MIG_ASSIGN_OR_RETURN(const Span span, ReadSpan(block.Inside("link"), link, message.duration_s()));
  return LinkPlan{.latency = absl::Milliseconds(link.latency_ms()),
                  .jitter = absl::Milliseconds(link.jitter_ms()),
                  .lost_ppm = link.lost_ppm(),
                  .cut_ppm = link.cut_ppm(),
                  .span = span};
}

absl::StatusOr<PowerCutPlan> ReadPowerCuts(const Block& block, const v1::Scenario& message) {
  PowerCutPlan plan;
  if (!message.has_power_cuts()) return plan;
  const v1::PowerCuts& cuts = message.power_cuts();
  plan.installs_ppm = cuts.installs_ppm();
  if (cuts.has_off_s()) plan.off = absl::Seconds(cuts.off_s());
  plan.again_ppm = cuts.again_ppm();
  MIG_ASSIGN_OR_RETURN(plan.span, ReadSpan(block.Inside("power_cuts"), cuts, message.duration_s()));
  return plan;
}

absl::StatusOr<DiskFaultPlan> ReadDiskFaults(const Block& block, const v1::Scenario& message) {
  if (!message.has_disk_faults()) return DiskFaultPlan();
  const v1::DiskFaults& faults = message.disk_faults();
  MIG_ASSIGN_OR_RETURN(const Span span,
                       ReadSpan(block.Inside("disk_faults"), faults, message.duration_s()));
  return DiskFaultPlan{
      .full_ppm = faults.full_ppm(), .failing_ppm = faults.failing_ppm(), .span = span};
}

absl::StatusOr<LoaderKillPlan> ReadLoaderKills(const Block& block, const v1::Scenario& message) {
  if (!message.has_loader_kills()) return LoaderKillPlan();
  const v1::LoaderKills& kills = message.loader_kills();
  MIG_ASSIGN_OR_RETURN(const Span span,
                       ReadSpan(block.Inside("loader_kills"), kills, message.duration_s()));
  return LoaderKillPlan{.installs_ppm = kills.installs_ppm(), .span = span};
}

absl::StatusOr<DamagePlan> ReadDamage(const Block& block, const v1::Scenario& message) {
  if (!message.has_damage()) return DamagePlan();
  const v1::Damage& damage = message.damage();
  MIG_ASSIGN_OR_RETURN(const Span span,
                       ReadSpan(block.Inside("damage"), damage, message.duration_s()));
  return DamagePlan{.files_ppm = damage.files_ppm(), .trust_ppm = damage.trust_ppm(), .span = span};
}

absl::StatusOr<std::vector<CoordinatorKillPlan>> ReadCoordinatorKills(const Block& block,
                                                                      const v1::Scenario& message) {
  std::vector<CoordinatorKillPlan> kills;
  absl::Duration up_again = absl::ZeroDuration();
  for (int i = 0; i < message.coordinator_kills_size(); ++i) {
    const v1::CoordinatorKill& kill = message.coordinator_kills(i);
    const Block at = block.Inside("coordinator_kills", i);
    CoordinatorKillPlan plan{.at = absl::Seconds(kill.at_s())};
    if (kill.has_down_s()) plan.down = absl::Seconds(kill.down_s());
    if (kill.at_s() >= message.duration_s()) {
      return at.Wrong("at_s",
                      absl::StrCat("is ", kill.at_s(), ", when the run is over; write less than ",
                                   message.duration_s(), " (duration_s)"));
    }
    if (plan.at <= up_again) {
      return at.Wrong("at_s", absl::StrCat("is ", kill.at_s(),
                                           ", before the coordinator is up again from the kill "
                                           "before; write more than ",
                                           absl::ToInt64Seconds(up_again)));
    }
    up_again = plan.at + plan.down;
    kills.push_back(plan);
  }
  return kills;
}

}  // namespace mig::sim
