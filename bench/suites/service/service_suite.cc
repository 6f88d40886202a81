#include "bench/suites/service/service_suite.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "bench/suites/lazy.h"
#include "bench/suites/service/domain.h"
#include "bench/suites/service/loader_program.h"
#include "bench/suites/service/loader_side.h"
#include "bench/transport/empty_service.h"
#include "bench/transport/kept_connections.h"

namespace mig::bench {
namespace {

// Check-ins of each kept connection in one iteration: all begin together, and the last ones finish
// with fewer beside them.
constexpr size_t kTimesKept = 16;
constexpr size_t kTimesOneShot = 2;
// Enough to keep two cores busy.
constexpr size_t kOneShotHosts = 8;
// Threads of two sides on two cores: noisier than what computes alone.
constexpr double kNetworkLimit = 0.15;

// What the coordinator says to this host.
v1::CheckInAnswer AnswerTo(Domain& domain, const KeptHost& host) {
  KeptConnections connection(domain.port(), {host});
  connection.CheckIn(1);
  return connection.last_answer();
}

// Check-ins of some hosts with the coordinator, and with a service that gives the same answers
// without a thought.
class CheckIns {
 public:
  CheckIns(Domain& domain, std::vector<KeptHost> hosts)
      : domain_(domain), hosts_(std::move(hosts)), ours_(domain.port(), hosts_) {
    ours_.CheckIn(1);
  }

  void Ours(benchmark::State& state) { Run(state, ours_); }
  void Limit(benchmark::State& state) {
    if (limit_ == nullptr) {
      empty_ = std::make_unique<EmptyService>(domain_.server(),
                                              EmptyAnswers{.check_in = ours_.last_answer()});
      limit_ = std::make_unique<KeptConnections>(empty_->port(), hosts_);
    }
    Run(state, *limit_);
  }

 private:
  static void Run(benchmark::State& state, KeptConnections& connections) {
    for (auto _ : state) connections.CheckIn(kTimesKept);
    state.SetItemsProcessed(state.iterations() *
                            static_cast<int64_t>(kTimesKept * connections.size()));
  }

  Domain& domain_;
  const std::vector<KeptHost> hosts_;
  KeptConnections ours_;
  std::unique_ptr<EmptyService> empty_;
  std::unique_ptr<KeptConnections> limit_;
};

// The same with a connection for each check-in.
class OneShots {
 public:
  OneShots(Domain& domain, const std::vector<KeptHost>& hosts, const loader::Tls13Required& tls13)
      : empty_(domain.server(), {.check_in = AnswerTo(domain, hosts.front())}),
        ours_(hosts, domain.port(), domain.clock(), tls13),
        limit_(hosts, empty_.port(), domain.clock(), tls13) {}

  void Ours(benchmark::State& state) { Run(state, ours_); }
  void Limit(benchmark::State& state) { Run(state, limit_); }

 private:
  static void Run(benchmark::State& state, OneShotHosts& hosts) {
    size_t runs = 0;
    for (auto _ : state) runs += hosts.Run(kTimesOneShot);
    state.SetItemsProcessed(static_cast<int64_t>(runs));
  }

  EmptyService empty_;
  OneShotHosts ours_;
  OneShotHosts limit_;
};

class Fetches {
 public:
  Fetches(Domain& domain, const KeptHost& host, const loader::Tls13Required& tls13)
      : domain_(domain),
        check_in_(domain.port(), {host}),
        empty_(domain.server(), {.check_in = {}, .content_bytes = domain.content_bytes()}),
        ours_(host, domain.port(), domain.clock(), tls13),
        limit_(host, empty_.port(), domain.clock(), tls13) {}

  void Ours(benchmark::State& state) {
    const std::string ticket = NewTicket();
    for (auto _ : state) {
      ours_.FetchAndStage(ticket, domain_.content(), domain_.content_bytes());
    }
    CountBytes(state);
  }
  void Limit(benchmark::State& state) {
    const std::string ticket = NewTicket();
    for (auto _ : state) {
      MIG_CHECK(limit_.DrainBare(ticket, domain_.content()) > domain_.content_bytes());
    }
    CountBytes(state);
  }

 private:
  std::string NewTicket() {
    check_in_.CheckIn(1);
    return domain_.TicketOf(check_in_.last_answer());
  }
  void CountBytes(benchmark::State& state) const {
    state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(domain_.content_bytes()));
  }

  Domain& domain_;
  KeptConnections check_in_;
  EmptyService empty_;
  FetchingHost ours_;
  FetchingHost limit_;
};

// A whole run of the shipped program that has nothing to do, beside the least one that checks in.
class ProgramRuns {
 public:
  ProgramRuns(Domain& domain, const KeptHost& host, const Programs& programs)
      : ours_(domain, programs.mig_loader),
        limit_(domain, host, AnswerTo(domain, host), programs.one_call) {}

  // `measure(state, program)` of either.
  template <typename Measure>
  Measured Ours(Measure measure) {
    return [this, measure](benchmark::State& state) { measure(state, ours_); };
  }
  template <typename Measure>
  Measured Limit(Measure measure) {
    return [this, measure](benchmark::State& state) { measure(state, limit_); };
  }

 private:
  LoaderProgram ours_;
  OneCall limit_;
};

void AddProgramRows(Table& table, const Lazy<ProgramRuns>& runs) {
  const auto add = [&](std::string name, Unit unit, auto measure) {
    table.Add({.name = std::move(name),
               .unit = unit,
               .goal = AtMost(1.3),
               .slowdown_limit = kNetworkLimit,
               .ours = [runs, measure](benchmark::State& state) { runs->Ours(measure)(state); },
               .limit = [runs, measure](benchmark::State& state) { runs->Limit(measure)(state); }});
  };
  add("run_nothing_to_do", Unit::kSeconds, [](benchmark::State& state, auto& program) {
    for (auto _ : state) program.Run();
  });
  add("run_nothing_to_do_cpu", Unit::kSeconds, [](benchmark::State& state, auto& program) {
    double seconds = 0;
    for (auto _ : state) seconds += program.Run().cpu_seconds;
    state.counters["seconds"] = seconds / static_cast<double>(state.iterations());
  });
  add("run_nothing_to_do_memory", Unit::kBytes, [](benchmark::State& state, auto& program) {
    double bytes = 0;
    for (auto _ : state) bytes += static_cast<double>(program.PeakBytes());
    state.counters["bytes"] = bytes / static_cast<double>(state.iterations());
  });
}

// Hosts of a domain that one row has for itself: the next check-in of a host names its last answer.
std::vector<KeptHost> Part(const std::vector<KeptHost>& hosts, size_t from, size_t count) {
  MIG_CHECK(from + count <= hosts.size());
  const auto first = hosts.begin() + static_cast<std::ptrdiff_t>(from);
  return std::vector<KeptHost>(first, first + static_cast<std::ptrdiff_t>(count));
}

}  // namespace

void AddServiceRows(Table& table, const loader::Tls13Required& tls13,
                    const ServiceSuiteOptions& options) {
  const size_t kept = options.connections;
  const Lazy<Domain> domain([options, kept] {
    return std::make_unique<Domain>(DomainOptions{.hosts_with_the_release = kept + kOneShotHosts,
                                                  .hosts_without_it = kept + 1,
                                                  .content_bytes = options.content_bytes});
  });
  const Lazy<CheckIns> nothing_new([domain, kept] {
    return std::make_unique<CheckIns>(*domain, Part(domain->hosts_with_the_release(), 0, kept));
  });
  const Lazy<CheckIns> assigned([domain, kept] {
    return std::make_unique<CheckIns>(*domain, Part(domain->hosts_without_it(), 0, kept));
  });
  const Lazy<OneShots> one_shots([domain, kept, tls13] {
    return std::make_unique<OneShots>(
        *domain, Part(domain->hosts_with_the_release(), kept, kOneShotHosts), tls13);
  });
  const Lazy<Fetches> fetches([domain, kept, tls13] {
    return std::make_unique<Fetches>(*domain, domain->hosts_without_it()[kept], tls13);
  });

  table.Add({.name = "check_in_nothing_new",
             .unit = Unit::kItemsPerSecond,
             .goal = AtLeast(0.75),
             .slowdown_limit = kNetworkLimit,
             .ours = [nothing_new](benchmark::State& state) { nothing_new->Ours(state); },
             .limit = [nothing_new](benchmark::State& state) { nothing_new->Limit(state); }});
  table.Add({.name = "check_in_assignment",
             .unit = Unit::kItemsPerSecond,
             .goal = AtLeast(0.75),
             .slowdown_limit = kNetworkLimit,
             .ours = [assigned](benchmark::State& state) { assigned->Ours(state); },
             .limit = [assigned](benchmark::State& state) { assigned->Limit(state); }});
  table.Add({.name = "one_shot_run",
             .unit = Unit::kItemsPerSecond,
             .goal = AtLeast(0.95),
             .absolute_goal = AbsoluteGoal{"one_shot_runs_per_second", AtLeast(250)},
             .slowdown_limit = kNetworkLimit,
             .ours = [one_shots](benchmark::State& state) { one_shots->Ours(state); },
             .limit = [one_shots](benchmark::State& state) { one_shots->Limit(state); }});
  if (const std::optional<Programs> programs = ProgramsBesideThisOne()) {
    AddProgramRows(table, Lazy<ProgramRuns>([domain, kept, programs] {
                     return std::make_unique<ProgramRuns>(
                         *domain, domain->hosts_with_the_release()[kept], *programs);
                   }));
  }
  table.Add({.name = "fetch_verified_and_written",
             .unit = Unit::kBytesPerSecond,
             .goal = AtLeast(0.70),
             .slowdown_limit = kNetworkLimit,
             .ours = [fetches](benchmark::State& state) { fetches->Ours(state); },
             .limit = [fetches](benchmark::State& state) { fetches->Limit(state); }});
}

}  // namespace mig::bench
