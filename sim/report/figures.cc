#include "sim/report/figures.h"

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace mig::sim {

namespace {

using Kind = Figure::Kind;
using Where = Figure::Where;

constexpr Phase kAllPhases[] = {Phase::kConnect, Phase::kCheckIn, Phase::kFetch, Phase::kReport,
                                Phase::kRun};

struct Quantile {
  absl::string_view name;
  uint32_t per_hundred_thousand;
};
constexpr Quantile kQuantiles[] = {
    {"p50", 50'000}, {"p90", 90'000}, {"p99", 99'000}, {"p99.9", 99'900}, {"max", 100'000}};

Figure Count(absl::string_view name, uint64_t count, Where where = Where::kBoth) {
  return {.name = std::string(name), .kind = Kind::kCount, .where = where, .count = count};
}

Figure Memory(absl::string_view name, double mib, Where where) {
  return {.name = std::string(name),
          .kind = Kind::kMemory,
          .where = where,
          .samples = mib > 0 ? uint64_t{1} : 0,
          .number = mib};
}

void AddCounts(const Summary& s, std::vector<Figure>& figures) {
  for (Figure& figure : std::vector<Figure>{
           Count("loaders", s.loaders),
           Count("runs_intended", s.runs_intended),
           Count("runs", s.runs),
           Count("check_ins", s.check_ins),
           Count("enrollments", s.enrollments),
           Count("installs", s.installs),
           Count("went_back", s.went_back),
           Count("repairs", s.repairs),
           Count("reports", s.reports),
           Count("installs_reported", s.installs_reported),
           Count("went_back_reported", s.went_back_reported),
           Count("repairs_reported", s.repairs_reported),
           Count("others_reported", s.others_reported),
           Count("hosts_on_newest", s.on_newest),
           Count("calls", s.calls),
           Count("errors", s.errors()),
           Count("fetched_bytes", s.fetched_bytes),
           Count("power_cuts", s.power_cuts),
           Count("coordinator_kills", s.coordinator_kills),
           Count("loader_kills", s.loader_kills),
           Count("disk_faults", s.disk_faults),
           Count("damages", s.damages),
           Count("promises_checked", s.promises_checked),
           Count("handshakes_full", s.handshakes_full, Where::kLiveOnly),
           Count("generator_behind", s.generator_behind, Where::kLiveOnly),
       }) {
    figures.push_back(std::move(figure));
  }
}

void AddPhase(const Summary& s, Phase phase, std::vector<Figure>& figures) {
  const auto found = s.phases.find(phase);
  for (const Quantile& quantile : kQuantiles) {
    Figure figure{.name = absl::StrCat(quantile.name, "_", PhaseName(phase)),
                  .kind = Kind::kTime,
                  .where = phase == Phase::kConnect ? Where::kLiveOnly : Where::kBoth,
                  .samples = 0};
    if (found != s.phases.end()) {
      const Histogram& histogram = found->second;
      figure.samples = histogram.count();
      figure.time = quantile.name == "max" ? histogram.max()
                                           : histogram.Quantile(quantile.per_hundred_thousand);
    }
    figures.push_back(std::move(figure));
  }
}

}  // namespace

std::vector<Figure> FiguresOf(const Summary& summary) {
  std::vector<Figure> figures;
  AddCounts(summary, figures);
  figures.push_back({.name = "error_rate",
                     .kind = Kind::kShare,
                     .samples = summary.calls,
                     .number = summary.calls == 0 ? 0
                                                  : 100.0 * static_cast<double>(summary.errors()) /
                                                        static_cast<double>(summary.calls)});
  figures.push_back({.name = "worst_lateness",
                     .kind = Kind::kTime,
                     .where = Where::kLiveOnly,
                     .samples = summary.runs,
                     .time = summary.worst_lateness});
  figures.push_back(Memory("peak_rss_mib", summary.peak_rss_mib, Where::kBoth));
  figures.push_back(Memory("driver_rss_mib", summary.driver_rss_mib, Where::kBoth));
  figures.push_back(Memory("coordinator_rss_mib", summary.coordinator_rss_mib, Where::kLiveOnly));
  for (const Phase phase : kAllPhases) AddPhase(summary, phase, figures);
  return figures;
}

absl::string_view PhaseName(Phase phase) {
  switch (phase) {
    case Phase::kConnect:
      return "connect";
    case Phase::kCheckIn:
      return "check_in";
    case Phase::kFetch:
      return "fetch";
    case Phase::kReport:
      return "report";
    case Phase::kRun:
      return "run";
  }
  MIG_CHECK(false) << "no such phase";
  return "";
}

}  // namespace mig::sim
