#include "sim/world/promises.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/sizes.h"
#include "trust/refusal.h"

namespace mig::sim {

namespace {

// An assignment's life, and what its last steps may take.
absl::Duration HaltReachesAll() { return base::kMaxAssignmentLife + absl::Seconds(1); }

Finding Found(absl::string_view promise, std::string what) {
  return {.promise = std::string(promise), .what = std::move(what)};
}

std::string TimeText(const World& world, absl::Time time) {
  return absl::StrCat(absl::FormatDuration(time - world.start()));
}

bool IsInstall(const v1::Outcome& outcome) {
  return outcome.kind() == v1::Outcome::INSTALL || outcome.kind() == v1::Outcome::ADOPT;
}

bool SaysWhy(const loader::RunResult& result) {
  return result.refusal.code() != v1::Refusal::NONE ||
         std::any_of(result.products.begin(), result.products.end(), [](const auto& product) {
           return product.refusal.code() != v1::Refusal::NONE;
         });
}

// What a coordinator that works as it should can be refused with all the same: time goes on
// between its answer and the commit point, and a document may find no room on a disk that fails.
bool MayBeRefused(const Scenario& scenario, v1::Refusal::Code code) {
  if (code == v1::Refusal::ASSIGNMENT_OVER) return true;
  if (scenario.disk_faults.full_ppm + scenario.disk_faults.failing_ppm == 0) return false;
  return code == v1::Refusal::INTERNAL || code == v1::Refusal::FILE_ERROR ||
         code == v1::Refusal::DISK_FULL || code == v1::Refusal::UNAVAILABLE;
}

}  // namespace

Promises::Promises(const World& world) : world_(world), known_(world.hosts()) {}

const std::map<std::string, v1::Outcome>& Promises::OutcomesOf(size_t host) const {
  return known_[host].outcomes;
}

std::string Promises::VersionOf(const std::optional<size_t>& release) const {
  return release.has_value() ? world_.documents().releases()[*release].version : "nothing";
}

std::optional<size_t> Promises::ReleaseOf(const base::Digest& manifest) const {
  const std::vector<SignedRelease>& releases = world_.documents().releases();
  for (size_t i = 0; i < releases.size(); ++i) {
    if (releases[i].digest == manifest) return i;
  }
  return std::nullopt;
}

bool Promises::HasOutcome(const Known& known, size_t release,
                          const std::function<bool(const v1::Outcome&)>& is_it) const {
  const absl::string_view digest = world_.documents().releases()[release].digest.bytes();
  return std::any_of(known.outcomes.begin(), known.outcomes.end(), [&](const auto& entry) {
    return absl::string_view(entry.second.manifest_digest()) == digest && is_it(entry.second);
  });
}

// --- Whose turn it is

// The first sign of a release on a host: by the true time, a plan must have let it begin, and not
// have been halted longer than an assignment lives.
std::optional<Finding> Promises::Begins(size_t host, size_t release, absl::Time now) {
  if (!known_[host].began.emplace(release, now).second) return std::nullopt;
  absl::Time turn = absl::InfiniteFuture();
  bool halted = false;
  const std::vector<SignedPlan>& plans = world_.documents().plans();
  for (size_t i = 0; i < plans.size(); ++i) {
    if (plans[i].release != release) continue;
    const absl::Time opens = std::max(plans[i].starts, world_.TurnOf(i, host));
    turn = std::min(turn, opens);
    if (opens > now) continue;
    if (!plans[i].halts.has_value() || now <= *plans[i].halts + HaltReachesAll()) {
      return std::nullopt;
    }
    halted = true;
  }
  const std::string what =
      absl::StrCat(VersionOf(release), " is installed at ", TimeText(world_, now), "; ");
  if (halted) {
    return Found(kPromiseStops, absl::StrCat(what,
                                             "its rollout was halted before, longer ago than "
                                             "an assignment lives"));
  }
  return Found(kPromiseTurn,
               absl::StrCat(what, "the host's turn comes at ",
                            turn == absl::InfiniteFuture() ? "no time" : TimeText(world_, turn)));
}

std::optional<Finding> Promises::AgentStarts(const Machine& machine, absl::Time now) {
  ++checked_;
  const LoaderState state = machine.State();
  if (state.files.none) return std::nullopt;
  if (!state.files.release.has_value()) {
    // It ran before with what somebody did to it.
    if (known_[machine.index()].damaged && !state.has_journal) return std::nullopt;
    return Found(kPromiseWhole, absl::StrCat("the agent is started with files of no one release: ",
                                             state.files.describes));
  }
  const size_t release = *state.files.release;
  Known& known = known_[machine.index()];
  if (!HasSeen(state, release)) {
    return Found(kPromiseTurn, absl::StrCat(VersionOf(release), " is started, and the host would ",
                                            "not know after a power cut that it has seen it"));
  }
  known.started = release;
  known.started_at = now;
  if (known.installed != release) {
    if (known.bad.count(release) > 0 && !state.has_journal) {
      return Found(kPromiseStops,
                   absl::StrCat(VersionOf(release), " was found bad here, and is started again"));
    }
    if (known.bad.count(release) > 0) {
      return Found(kPromiseStops, absl::StrCat(VersionOf(release), " was found bad here, and is ",
                                               "installed again without a plan that says so"));
    }
    while (!known.new_starts.empty() && now - known.new_starts.front() > absl::Hours(24)) {
      known.new_starts.pop_front();
    }
    known.new_starts.push_back(now);
    const auto lately =
        std::count_if(known.new_starts.begin(), known.new_starts.end(),
                      [now](absl::Time start) { return now - start < absl::Hours(1); });
    // Recovery after a power cut starts it again, and is not held up.
    if (lately > 2 * base::kDefaultActivationsPerHour ||
        known.new_starts.size() > 2 * base::kDefaultActivationsPerDay) {
      return Found(kPromiseStops,
                   absl::StrCat("a new agent is started for the ", lately,
                                ". time in an hour, the ", known.new_starts.size(), ". in a day"));
    }
  }
  return Begins(machine.index(), release, now);
}

std::optional<Finding> Promises::PowerWent(const Machine& machine, absl::Time now) {
  const LoaderState state = machine.State();
  if (!state.journal.has_value()) return std::nullopt;
  const std::optional<size_t> release = ReleaseOf(state.journal->facts.to.manifest);
  if (!release.has_value()) return std::nullopt;
  if (!HasSeen(state, *release)) {
    return Found(kPromiseTurn,
                 absl::StrCat(VersionOf(release), " is being installed, and the host ",
                              "does not know that it has seen it"));
  }
  return Begins(machine.index(), *release, now);
}

// The sequence of a release is its place in the scenario.
bool Promises::HasSeen(const LoaderState& state, size_t release) const {
  if (!state.trusted.has_value()) return false;
  const trust::TrustedProduct* product = state.trusted->product(kProduct);
  return product != nullptr && product->seen.has_value() &&
         product->seen->numbers.sequence >= release + 1;
}

// --- After each process

std::optional<Finding> Promises::Ended(const Machine& machine, Process process,
                                       const loader::RunResult& result, absl::Time now) {
  ++checked_;
  const LoaderState state = machine.State();
  Known& known = known_[machine.index()];
  for (const auto& [attempt, outcome] : state.spooled) {
    known.outcomes[attempt] = outcome;
    known.waiting.insert(attempt);
  }
  if (std::optional<Finding> found = CheckSpool(machine.index(), state, known)) return found;
  if (std::optional<Finding> found = CheckSeen(state, known)) return found;
  if (std::optional<Finding> found = CheckBad(state, known)) return found;
  if (state.has_journal) return std::nullopt;  // the next process goes on with it
  if (std::optional<Finding> found = CheckInstalled(machine, state, known, now)) return found;
  if (std::optional<Finding> found = CheckFiles(state, process, result, known)) return found;
  return CheckResult(result, known);
}

std::optional<Finding> Promises::CheckFiles(const LoaderState& state, Process process,
                                            const loader::RunResult& result, Known& known) const {
  if (state.files.release == known.installed) {
    known.damaged = false;
    return std::nullopt;
  }
  // A run puts it right, or says why it cannot; what recovers at boot finishes installs only.
  if (known.damaged && (process == Process::kRecover || SaysWhy(result))) return std::nullopt;
  if (!state.files.none && !state.files.release.has_value()) {
    return Found(kPromiseWhole,
                 absl::StrCat("the files are of no one release: ", state.files.describes));
  }
  return Found(kPromiseWhole, absl::StrCat("the host says that ", VersionOf(known.installed),
                                           " is installed, and its files are of ",
                                           VersionOf(state.files.release)));
}

// What it forgets then it may do again; what is installed, its kept sets say too.
void Promises::TrustDamaged(size_t host) {
  known_[host].seen.clear();
  known_[host].bad.clear();
}

std::optional<Finding> Promises::CheckSeen(const LoaderState& state, Known& known) const {
  if (!state.trusted.has_value()) {
    if (known.seen.empty()) return std::nullopt;
    return Found(kPromiseWhole, "what the host trusts cannot be read any more");
  }
  std::map<std::string, trust::Numbers> now;
  for (const auto& [name, product] : state.trusted->products) {
    if (product.seen.has_value()) now[name] = product.seen->numbers;
  }
  for (const auto& [name, stream] : state.trusted->streams) {
    now[absl::StrCat("stream ", name)] = stream.seen.numbers;
  }
  for (const auto& [name, before] : known.seen) {
    const auto found = now.find(name);
    if (found == now.end() || found->second < before) {
      return Found(kPromiseTurn,
                   absl::StrCat("what was seen of ", name, " fell from ", before.sequence, " to ",
                                found == now.end() ? 0 : found->second.sequence));
    }
  }
  known.seen = std::move(now);
  return std::nullopt;
}

std::optional<Finding> Promises::CheckInstalled(const Machine& machine, const LoaderState& state,
                                                Known& known, absl::Time now) const {
  std::optional<size_t> installed;
  if (state.trusted.has_value()) {
    const trust::TrustedProduct* product = state.trusted->product(kProduct);
    if (product != nullptr && product->installed.has_value()) {
      installed = ReleaseOf(product->installed->manifest);
      if (!installed.has_value()) return Found(kPromiseSigned, "the installed release is unknown");
      if (product->installed->variant != 0) {
        return Found(kPromiseSigned, "the installed variant is not the only one that there is");
      }
    }
  }
  if (installed == known.installed) return std::nullopt;
  if (!installed.has_value() || (known.installed.has_value() && *installed < *known.installed)) {
    return Found(kPromiseTurn,
                 absl::StrCat("what is installed fell from ", VersionOf(known.installed), " to ",
                              VersionOf(installed)));
  }
  if (known.began.count(*installed) == 0) {
    return Found(kPromiseTurn, absl::StrCat(VersionOf(installed),
                                            " is installed, and was never "
                                            "started here"));
  }
  if (world_.IsBad(*installed, machine.index())) {
    return Found(kPromiseStops,
                 absl::StrCat(VersionOf(installed), " is installed, and its agent is bad here"));
  }
  if (known.started != installed || now - known.started_at < world_.scenario().probation) {
    return Found(kPromiseStops, absl::StrCat(VersionOf(installed), " counts as installed ",
                                             absl::FormatDuration(now - known.started_at),
                                             " after its start; its probation takes ",
                                             absl::FormatDuration(world_.scenario().probation)));
  }
  const bool is_reported = HasOutcome(known, *installed, [](const v1::Outcome& outcome) {
    return IsInstall(outcome) && outcome.result() == v1::Outcome::HEALTHY;
  });
  if (!is_reported) {
    return Found(kPromiseReports,
                 absl::StrCat(VersionOf(installed), " is installed, and no outcome says so"));
  }
  known.installed = installed;
  return std::nullopt;
}

std::optional<Finding> Promises::CheckBad(const LoaderState& state, Known& known) const {
  if (!state.trusted.has_value() || state.has_journal) return std::nullopt;
  const trust::TrustedProduct* product = state.trusted->product(kProduct);
  if (product == nullptr) return std::nullopt;
  for (const trust::BadMark& mark : product->bad) {
    const std::optional<size_t> release = ReleaseOf(mark.manifest);
    if (!release.has_value() || !known.bad.insert(*release).second) continue;
    const bool is_reported = HasOutcome(known, *release, [](const v1::Outcome& outcome) {
      return IsInstall(outcome) && (outcome.result() == v1::Outcome::WENT_BACK ||
                                    outcome.result() == v1::Outcome::CANNOT_GO_BACK);
    });
    if (!is_reported) {
      return Found(kPromiseReports,
                   absl::StrCat(VersionOf(release), " was bad here, and no ", "outcome says so"));
    }
  }
  return std::nullopt;
}

// --- What is reported

void Promises::Reported(size_t host, const v1::ReportRequest& request) {
  Known& known = known_[host];
  for (const v1::Outcome& outcome : request.outcomes()) {
    known.outcomes[outcome.attempt()] = outcome;
    known.waiting.insert(outcome.attempt());
  }
}

// Whatever a host has said is in its spool until the coordinator has it durably.
std::optional<Finding> Promises::CheckSpool(size_t host, const LoaderState& state,
                                            Known& known) const {
  for (auto waiting = known.waiting.begin(); waiting != known.waiting.end();) {
    const v1::Outcome& outcome = known.outcomes.at(*waiting);
    if (std::optional<Finding> found = CheckRefusals(host, known, outcome)) return found;
    if (state.spooled.count(*waiting) > 0) {
      ++waiting;
      continue;
    }
    if (is_durable && !is_durable(host, *waiting)) {
      return Found(kPromiseReports,
                   absl::StrCat("an outcome (", v1::Outcome::Kind_Name(outcome.kind()), " ",
                                v1::Outcome::Result_Name(outcome.result()),
                                ") is not in the host's spool any more, and the coordinator does "
                                "not have it"));
    }
    waiting = known.waiting.erase(waiting);
  }
  return std::nullopt;
}

// What the loader would refuse is never offered: by right clocks there is nothing to refuse.
std::optional<Finding> Promises::CheckRefusals(size_t host, const Known&,
                                               const v1::Outcome& outcome) const {
  if (outcome.kind() != v1::Outcome::REFUSAL) return std::nullopt;
  const bool is_judged =
      outcome.stage() == v1::Outcome::VERIFY || outcome.stage() == v1::Outcome::ADMIT;
  if (!is_judged || MayBeRefused(world_.scenario(), outcome.refusal().code())) return std::nullopt;
  if (world_.SkewOf(host) != absl::ZeroDuration()) return std::nullopt;
  return Found(kPromiseTurn,
               absl::StrCat("the coordinator offered what the host refuses: ",
                            trust::DisplayOf(outcome.refusal()), " ", outcome.refusal().text()));
}

std::optional<Finding> Promises::CheckResult(const loader::RunResult& result,
                                             const Known& known) const {
  for (const loader::ProductResult& product : result.products) {
    if (product.product != kProduct || product.version.empty()) continue;
    if (product.version == VersionOf(known.installed)) continue;
    return Found(kPromiseExplains,
                 absl::StrCat("the run says that ", product.version, " is installed, and it is ",
                              VersionOf(known.installed)));
  }
  return std::nullopt;
}

// --- At the end

std::optional<size_t> ExpectedOn(const World& world, size_t host, absl::Time now) {
  const std::vector<SignedPlan>& plans = world.documents().plans();
  std::optional<size_t> newest;
  for (size_t i = 0; i < plans.size(); ++i) {
    if (plans[i].starts <= now) newest = i;
  }
  if (!newest.has_value() || plans[*newest].halts.value_or(absl::InfiniteFuture()) <= now) {
    return std::nullopt;
  }
  if (world.TurnOf(*newest, host) <= now) return plans[*newest].release;
  if (*newest == 0) return std::nullopt;
  // Meanwhile the plan before stands, once all of its waves are open.
  const SignedPlan& base = plans[*newest - 1];
  if (base.halts.has_value()) return std::nullopt;
  for (const SignedPlan::Wave& wave : base.waves) {
    if (now <= wave.opens + wave.ramp + absl::Seconds(1)) return std::nullopt;
  }
  return base.waves.back().hi_ppm == base::kWholePpm ? std::optional(base.release) : std::nullopt;
}

std::optional<Finding> Promises::Converged(const Machine& machine, const loader::RunResult& last,
                                           absl::Time now) const {
  const size_t host = machine.index();
  const Known& known = known_[host];
  const LoaderState state = machine.State();
  if (state.has_journal) return Found(kPromiseWhole, "an install is still unfinished at the end");
  // A clock that is wrong is a reason, and it is said.
  const bool says_clock =
      world_.SkewOf(host) != absl::ZeroDuration() && last.refusal.code() != v1::Refusal::NONE;
  if (says_clock) return std::nullopt;
  if (!state.spooled.empty()) {
    return Found(kPromiseReports, absl::StrCat(state.spooled.size(),
                                               " outcomes still wait at the end, and links work"));
  }
  // By the host's own clock too; a second for what is on its way.
  const absl::Duration behind = std::min(world_.SkewOf(host), absl::ZeroDuration());
  const std::optional<size_t> expected = ExpectedOn(world_, host, now + behind - absl::Seconds(1));
  if (!expected.has_value() || known.installed == expected) return std::nullopt;
  if (known.installed.has_value() && *known.installed > *expected) return std::nullopt;
  if (world_.IsBad(*expected, host) && known.bad.count(*expected) > 0) return std::nullopt;
  std::string why = trust::DisplayOf(last.refusal);
  for (const loader::ProductResult& product : last.products) {
    absl::StrAppend(&why, " ", product.product, ": ", trust::DisplayOf(product.refusal));
  }
  return Found(kPromiseExplains,
               absl::StrCat("by its plans the host has ", VersionOf(expected), ", and it has ",
                            VersionOf(known.installed), " (its last run says ", why, ")"));
}

}  // namespace mig::sim
