#include "tests/kill/campaign.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace mig::tests {

namespace {

using base::testing::SeededRandom;
using Calls = std::vector<Striker::Counted>;

bool IsChange(const Striker::Counted& counted) {
  return counted.point.kind == CallKind::kChange || counted.point.kind == CallKind::kProcess;
}

// `most` of them, in the order in which they were.
std::vector<Strike> Sample(std::vector<Strike> all, size_t most, SeededRandom& random) {
  while (all.size() > most) {
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(random.Below(all.size())));
  }
  return all;
}

std::vector<Strike> Kills(const Calls& calls, bool (*is_one)(const Striker::Counted&)) {
  std::vector<Strike> strikes;
  for (const Striker::Counted& counted : calls) {
    if (!is_one(counted)) continue;
    for (const Side side : {Side::kEntry, Side::kExit}) {
      strikes.push_back({.point = counted.point});
      strikes.back().point.side = side;
    }
  }
  return strikes;
}

std::vector<Strike> Faults(const Calls& calls, bool (*is_one)(const Striker::Counted&)) {
  std::vector<Strike> strikes;
  for (const Striker::Counted& counted : calls) {
    if (!is_one(counted)) continue;
    for (const Blow& blow : BlowsFor(counted.call)) {
      strikes.push_back({.point = counted.point, .blow = blow});
      strikes.back().point.side = Side::kEntry;
    }
  }
  return strikes;
}

bool IsOther(const Striker::Counted& counted) { return !IsChange(counted); }
// What gRPC does with its sockets is not this project's to mend.
bool IsLook(const Striker::Counted& counted) { return counted.point.kind == CallKind::kLook; }

// Somewhere in a run of which it is not known yet how many calls it will make: early ones are
// likelier, since a recovery may be short.
Strike Somewhere(SeededRandom& random, size_t most) {
  static constexpr int kErrors[] = {EIO, ENOSPC, EINTR, ENOMEM, EROFS};
  const double unit = static_cast<double>(random.Below(1'000'000)) / 1e6;
  Strike strike;
  strike.point.ordinal = 1 + static_cast<uint32_t>(unit * unit * static_cast<double>(most));
  strike.point.side = random.Below(2) == 0 ? Side::kEntry : Side::kExit;
  if (random.Below(3) == 0) {
    strike.blow = {.what = Blow::What::kError, .error = kErrors[random.Below(std::size(kErrors))]};
    strike.point.side = Side::kEntry;
  }
  return strike;
}

}  // namespace

std::vector<Trial> ChooseTrials(const Scenario& scenario, DiskKind disk, const Extent& extent,
                                const Calls& calls, SeededRandom& random) {
  std::vector<Trial> trials;
  const auto add = [&](const std::vector<Strike>& strikes) {
    for (const Strike& strike : strikes) {
      trials.push_back({.scenario = &scenario, .disk = disk, .strike = strike});
      if (random.Below(3) == 0) trials.back().next = Trial::Next::kRun;
    }
  };
  add(Sample(Kills(calls, IsChange), extent.kills, random));
  add(Sample(Kills(calls, IsOther), extent.other_kills, random));
  add(Sample(Faults(calls, IsChange), extent.faults, random));
  add(Sample(Faults(calls, IsLook), extent.other_faults, random));

  const size_t changes = static_cast<size_t>(std::ranges::count_if(calls, IsChange));
  std::vector<Strike> both = Kills(calls, IsChange);
  const std::vector<Strike> faults = Faults(calls, IsChange);
  both.insert(both.end(), faults.begin(), faults.end());
  for (size_t i = 0; i < extent.twice && !both.empty(); ++i) {
    trials.push_back({.scenario = &scenario,
                      .disk = disk,
                      .strike = both[random.Below(both.size())],
                      .second = Somewhere(random, changes)});
    if (random.Below(4) == 0) trials.back().next = Trial::Next::kRun;
  }
  return trials;
}

Tally& Tally::operator+=(const Tally& other) {
  trials += other.trials;
  kills += other.kills;
  faults += other.faults;
  violations += other.violations;
  return *this;
}

std::string Tally::ToString() const {
  return absl::StrCat("kill: ", kills, " kills, ", faults, " faults, ", violations, " violations");
}

absl::StatusOr<Tally> RunTrials(KillSite& site, const std::vector<Trial>& trials,
                                absl::FunctionRef<bool()> goes_on,
                                absl::FunctionRef<void(const Trial&, const std::string&)> lost) {
  Tally tally;
  for (const Trial& trial : trials) {
    if (!goes_on()) break;
    MIG_ASSIGN_OR_RETURN(const Verdict verdict, RunTrial(site, trial));
    tally += {.trials = 1, .kills = verdict.kills, .faults = verdict.faults};
    if (!verdict.violation.has_value()) continue;
    ++tally.violations;
    lost(trial, *verdict.violation);
  }
  return tally;
}

}  // namespace mig::tests
