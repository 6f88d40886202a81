#include "sim/virtual/trials.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string>

#include "absl/strings/str_cat.h"
#include "sim/virtual/trial_bodies.h"
#include "trust/refusal.h"

namespace mig::sim {

namespace trials {

uint64_t Below(base::Random& random, uint64_t bound) {
  uint64_t drawn = 0;
  random.Fill(std::span(reinterpret_cast<char*>(&drawn), sizeof(drawn)));
  return drawn % bound;
}

std::string Shown(const loader::RunResult& result) {
  std::string text = absl::StrCat("exit ", static_cast<int>(result.exit_code), ", ",
                                  trust::DisplayOf(result.refusal), " ", result.refusal.text());
  for (const loader::ProductResult& product : result.products) {
    absl::StrAppend(&text, ", ", product.product, " ", loader::ChangeText(product.change), " ",
                    trust::DisplayOf(product.refusal), " ", product.refusal.text());
  }
  return text;
}

Wrong MustRefuse(Copy& copy, absl::string_view what) {
  const loader::RunResult result = copy.Run();
  if (copy.IsUnchanged() && copy.starts() == 0) return "";
  return absl::StrCat("followed ", what, " (", Shown(result), ")");
}

Wrong MustInstall(Copy& copy, const Copy::Offer& offer, absl::string_view what) {
  const loader::RunResult result = copy.Run();
  if (copy.Has(offer)) return "";
  return absl::StrCat("did not install ", what, " (", Shown(result), ")");
}

}  // namespace trials

namespace {

struct Kind {
  absl::string_view promise;
  trials::Body body;
};

// What needs luck to be found comes more often.
constexpr Kind kKinds[] = {
    {kPromiseWhole, trials::SurvivesPowerCuts},
    {kPromiseTurn, trials::WaitsForItsWave},
    {kPromiseExplains, trials::FollowsAnHonestPlan},
    {kPromiseSigned, trials::WantsEnoughReleaseKeys},
    {kPromiseWhole, trials::SurvivesPowerCuts},
    {kPromiseStops, trials::GoesBackFromACrash},
    {kPromiseTurn, trials::KnowsItsPlace},
    {kPromiseSigned, trials::WantsTheRightBytes},
    {kPromiseWhole, trials::SurvivesPowerCuts},
    {kPromiseStops, trials::AsksAgainBeforeItCommits},
    {kPromiseWhole, trials::PutsRightWhatIsDamaged},
    {kPromiseSigned, trials::WantsTheRolloutKeys},
    {kPromiseWhole, trials::GoesBackThroughPowerCuts},
    {kPromiseStops, trials::GoesBackFromALie},
    {kPromiseReports, trials::ReportsUntilItIsTaken},
    {kPromiseTurn, trials::ObeysTheFilter},
    {kPromiseWhole, trials::SurvivesPowerCuts},
    {kPromiseSigned, trials::TakesOnlyItsOwnAssignment},
    {kPromiseTurn, trials::TakesNothingOlder},
    {kPromiseWhole, trials::LetsAnotherOneWork},
    {kPromiseWhole, trials::SurvivesPowerCuts},
    {kPromiseSigned, trials::TakesOnlyAnAnswerToItsQuestion},
    {kPromiseStops, trials::GoesBackFromALateCrash},
    {kPromiseTurn, trials::KnowsWhenAPlanEnds},
    {kPromiseWhole, trials::GoesBackThroughPowerCuts},
    {kPromiseSigned, trials::RefusesWhatIsWithdrawn},
    {kPromiseStops, trials::BoundsActivations},
    {kPromiseSigned, trials::TakesOnlyTheOwnVariant},
};

// Each kind at least once in a small simulation, three times in a large one.
uint64_t EveryWhich(const Scenario& scenario) {
  constexpr double kRunsOfALargeOne = 5'000;
  const double runs = static_cast<double>(scenario.hosts) *
                      absl::FDivDuration(scenario.duration, scenario.check_in_every);
  const double tried = std::size(kKinds) * (runs < kRunsOfALargeOne ? 1 : 3);
  return std::max<uint64_t>(1, static_cast<uint64_t>(runs / tried));
}

}  // namespace

Trials::Trials(const World& world)
    : world_(world), every_(EveryWhich(world.scenario())), random_(world.seed().For("trials")) {}

size_t Trials::kinds() { return std::size(kKinds); }

std::optional<Finding> Trials::Try(const Machine& machine, absl::Time now) {
  // A machine whose clock is far off has reasons of its own to refuse what is right.
  if (absl::AbsDuration(world_.SkewOf(machine.index())) > absl::Minutes(10)) return std::nullopt;
  if (++asked_ % every_ != 0) return std::nullopt;
  return TryKind(next_kind_++ % kinds(), machine, now);
}

std::optional<Finding> Trials::TryKind(size_t kind, const Machine& machine, absl::Time now) {
  if (machine.State().has_journal) return std::nullopt;
  ++tried_;
  Copy copy(machine, now + world_.SkewOf(machine.index()));
  const trials::Wrong wrong = kKinds[kind].body(copy, random_);
  if (wrong.empty()) return std::nullopt;
  return Finding{.promise = std::string(kKinds[kind].promise),
                 .what = absl::StrCat("a copy of ", machine.name(), " ", wrong)};
}

}  // namespace mig::sim
