#include "sim/live/live_run.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/system_clock.h"
#include "base/time_point.h"
#include "sim/live/arrivals.h"
#include "sim/live/conclusion.h"
#include "sim/live/coordinator_keeper.h"
#include "sim/live/operator_desk.h"
#include "sim/live/preparation.h"
#include "sim/live/resources.h"
#include "sim/live/worker_pool.h"

namespace mig::sim {

namespace {

// Runs at a time. A run waits most of its time: for answers, for its agent's probation.
constexpr size_t kMostWorkers = 256;
// How often everything is looked at that nobody tells of.
constexpr absl::Duration kLook = absl::Milliseconds(50);
constexpr absl::Duration kTellEvery = absl::Milliseconds(100);

std::vector<trust::HostId> IdsOf(const World& world) {
  std::vector<trust::HostId> ids;
  for (size_t i = 0; i < world.hosts(); ++i) ids.push_back(world.id(i));
  return ids;
}

struct HowItEnded {
  Ending ending = Ending::kWhole;
  std::string text;
  bool early = false;
};

// The run itself: gives arrivals to the pool, and looks after the coordinator.
class Conductor {
 public:
  Conductor(const Scenario& scenario, LiveStage& stage, LiveOptions& options)
      : scenario_(scenario),
        stage_(stage),
        options_(options),
        arrivals_(IdsOf(*stage.world), {.start = stage.start,
                                        .duration = scenario.duration,
                                        .every = scenario.check_in_every}),
        keeper_(*stage.coordinator, scenario.coordinator_kills),
        desk_(*stage.clock, *stage.tls13, stage.world->documents(),
              {.start = stage.start, .connection = stage.operators}),
        pool_(std::min<size_t>(kMostWorkers, scenario.hosts),
              [&stage](const Arrival& arrival) { stage.fleet->Run(arrival); }) {}

  HowItEnded Conduct() {
    for (;;) {
      const absl::Time now = stage_.real->WallNow();
      while (arrivals_.Next().has_value() && arrivals_.Next()->at <= now) {
        pool_.Give(arrivals_.Take());
      }
      if (now >= next_look_) {
        HowItEnded ended = Look(now);
        if (ended.early) return ended;
        next_look_ = now + kLook;
      }
      if (arrivals_.AllEnded() && !keeper_.is_down()) return {};
      absl::Time until = next_look_;
      if (arrivals_.Next().has_value()) until = std::min(until, arrivals_.Next()->at);
      for (const Arrival& arrival : pool_.TakeEnded(until - stage_.real->WallNow())) {
        arrivals_.Ended(arrival);
      }
    }
  }

  // Ends what is under way, at once or well.
  void Finish(const HowItEnded& ended) {
    if (ended.early) {
      stage_.tally.Close();
      stage_.witness->Close();
      stage_.clock->Abandon();
    }
    pool_.Stop();
  }

  // What the operators could not do.
  absl::Status operators_failure() const { return desk_.failure(); }
  uint64_t IntendedBy(absl::Time now) const { return arrivals_.IntendedBy(now); }
  uint64_t kills() const { return keeper_.kills(); }

 private:
  HowItEnded Look(absl::Time now) {
    const absl::Duration lasted = now - stage_.start;
    if (options_.IsAskedToStop()) return {Ending::kInterrupted, "interrupted", true};
    if (const absl::Status kept = keeper_.Tick(lasted); !kept.ok()) {
      return {Ending::kCoordinatorGone, std::string(kept.message()), true};
    }
    if (!desk_.failure().ok()) return {.early = true};
    if (stage_.witness->has_violation()) return {.early = true};
    if (keeper_.is_down()) stage_.tally.ExcuseSilence();
    if (stage_.tally.Silence(stage_.real->MonotonicNow()) > options_.most_silence) {
      return {
          Ending::kNoAnswer,
          absl::StrCat("no call was answered for ", absl::FormatDuration(options_.most_silence)),
          true};
    }
    if (now >= next_tell_) {
      next_tell_ = now + kTellEvery;
      stage_.coordinator->LookAtPeakRssBytes();
      Tell(now, lasted);
    }
    return {};
  }

  void Tell(absl::Time now, absl::Duration lasted) {
    if (options_.progress == nullptr) return;
    options_.progress({.lasted = std::max(lasted, absl::ZeroDuration()),
                       .whole = scenario_.duration,
                       .loaders = scenario_.hosts,
                       .runs = stage_.tally.runs(),
                       .runs_intended = arrivals_.IntendedBy(now),
                       .errors = stage_.tally.errors()});
  }

  const Scenario& scenario_;
  LiveStage& stage_;
  LiveOptions& options_;
  Arrivals arrivals_;
  CoordinatorKeeper keeper_;
  OperatorDesk desk_;
  absl::Time next_look_ = absl::InfinitePast();
  absl::Time next_tell_ = absl::InfinitePast();
  WorkerPool pool_;  // last: its threads end first
};

constexpr double kMiB = 1024.0 * 1024.0;

}  // namespace

absl::StatusOr<Summary> RunLive(const Scenario& scenario, LiveOptions options) {
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::SystemClock> clock, base::SystemClock::Open());
  const base::MonotonicTime began = clock->MonotonicNow();
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<LiveStage> stage, Prepare(scenario, options));
  Conductor conductor(scenario, *stage, options);
  HowItEnded ended = conductor.Conduct();
  conductor.Finish(ended);
  MIG_RETURN_IF_ERROR(conductor.operators_failure());
  const absl::Time end = stage->real->WallNow();
  if (ended.ending == Ending::kNoAnswer) {
    stage->coordinator->Kill();  // it would not answer this either
  } else if (const absl::Status stopped = stage->coordinator->Stop();
             ended.ending == Ending::kWhole && !stopped.ok()) {
    ended = {Ending::kCoordinatorGone, std::string(stopped.message())};
  }

  Summary summary = stage->tally.Counted();
  summary.scenario = scenario.name;
  summary.mode = Mode::kLive;
  summary.seed = options.seed;
  summary.ending = ended.ending;
  summary.ending_text = ended.text;
  summary.loaders = scenario.hosts;
  summary.runs_intended = conductor.IntendedBy(end);
  summary.coordinator_kills = conductor.kills();
  summary.lasted = std::max(end - stage->start, absl::ZeroDuration());
  summary.took = clock->MonotonicNow() - began;
  MIG_RETURN_IF_ERROR(Conclude(*stage, summary));
  summary.driver_rss_mib = PeakRssBytes("self") / kMiB;
  summary.coordinator_rss_mib = stage->coordinator->LookAtPeakRssBytes() / kMiB;
  summary.peak_rss_mib = summary.driver_rss_mib + summary.coordinator_rss_mib;
  return summary;
}

}  // namespace mig::sim
