#include "tests/crash/gate.h"

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "tests/crash/history.h"
#include "tests/crash/mutant_disk.h"
#include "tests/crash/suite.h"

namespace mig::tests {

namespace {

using Attack = Figures (*)(const History&, const Extent&, const DiskLens&, const ShowProgress&);

// Cheap ones first: most mutants do not live long.
struct Round {
  Attack attack;
  size_t states;
  size_t faults;
};
constexpr Round kRounds[] = {
    {CutPower, 200, 0}, {DamageFiles, 0, 100}, {FailSyncs, 0, Extent::kAll},
    {Kill, 0, 0},       {FailCalls, 0, 150},
};

}  // namespace

Verdict Try(const Mutant& mutant, base::testing::Seed seed, int threads) {
  const History* const history = FindHistory(mutant.history.empty() ? "update" : mutant.history);
  MIG_CHECK(history != nullptr) << mutant.history;
  for (const Round& round : kRounds) {
    Extent extent{.seed = seed, .threads = threads};
    extent.states = round.states;
    extent.second_states = 4;
    extent.states_of_second = 30;
    extent.kills = 60;
    extent.faults = round.faults;
    extent.violations = 1;
    const Figures figures = round.attack(*history, extent, LensOf(mutant), nullptr);
    if (figures.findings.empty()) continue;
    const Finding& finding = figures.findings.front();
    std::string first = finding.violations.front();
    first = first.substr(0, first.find('\n'));
    return {.kind = Verdict::Kind::kCaught, .by = absl::StrCat(finding.what, ": ", first)};
  }
  if (mutant.reason.empty()) return {.kind = Verdict::Kind::kSurvived, .by = ""};
  return {.kind = Verdict::Kind::kRedundant, .by = mutant.reason};
}

}  // namespace mig::tests
