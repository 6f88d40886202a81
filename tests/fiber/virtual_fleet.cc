#include "tests/fiber/virtual_fleet.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "loader/enroll/enroll.h"

namespace mig::tests {

namespace {

constexpr absl::Duration kLatency = absl::Milliseconds(20);

sim::HostClockOptions ClockOf(absl::string_view name) {
  return {.name = std::string(name), .wall = trust::testing::TestEpoch() + absl::Hours(5)};
}

int64_t Ms(absl::Time time) { return absl::ToUnixMillis(time); }

}  // namespace

VirtualFleet::VirtualFleet(int hosts) : coordinator_clock_(time_, ClockOf("coordinator")) {
  coordinator_ = std::make_unique<coordinator::testing::InProcessCoordinator>(coordinator_clock_);
  server_ = std::make_unique<InProcessServer>(*coordinator_);
  for (int i = 0; i < hosts; ++i) {
    const std::string name = absl::StrCat("host-", i);
    VirtualHost host;
    host.clock = std::make_unique<sim::HostClock>(time_, ClockOf(name));
    host.connector = std::make_unique<sim::VirtualConnector>(
        time_, *host.clock, *server_, sim::VirtualConnector::Options{.weather = [] {
          return sim::LinkWeather{.latency = kLatency};
        }});
    host.host = std::make_unique<loader::testing::TestHost>(
        *host.clock, *host.connector, coordinator_->root_envelope(),
        loader::testing::kPlainDictionary, base::testing::Seed(100 + i));
    host.host->facts().environment.set_hostname(name);
    host.host->facts().machine_id = absl::StrCat("machine of ", name);
    hosts_.push_back(std::move(host));
  }
}

VirtualFleet::~VirtualFleet() = default;

void VirtualFleet::OnFiber(absl::AnyInvocable<void()> body) {
  MIG_CHECK_OK(time_.Spawn("loader", std::move(body)));
  MIG_CHECK_OK(time_.RunToCompletion());
}

void VirtualFleet::OnEachFiber(const std::function<void(VirtualHost&)>& body) {
  for (VirtualHost& host : hosts_) {
    MIG_CHECK_OK(time_.Spawn("loader", [&body, &host] { body(host); }));
  }
  MIG_CHECK_OK(time_.RunToCompletion());
}

void VirtualFleet::StartAgain(VirtualHost& host) {
  const base::DiskImage image = host.host->disk().SeenImage();
  const loader::testing::GivenHostFacts facts = host.host->facts();
  host.host = std::make_unique<loader::testing::TestHost>(*host.clock, *host.connector, image);
  host.host->facts() = facts;
}

void VirtualFleet::Enroll(VirtualHost& host) {
  const auto enrolled = loader::Enroll(host.host->host(), {.token = coordinator_->NewToken(1)});
  MIG_CHECK_OK(enrolled);
  host.id = enrolled->host_id;
}

base::Digest VirtualFleet::Roll(uint64_t sequence,
                                const std::map<std::string, std::string>& contents) {
  const base::Digest release = coordinator_->Publish("agent", sequence, contents).digest();
  v1::Plan plan = coordinator_->authority().Plan(sequence, "agent", release);
  const absl::Time now = coordinator_clock_.WallNow();
  plan.set_issued_ms(Ms(now));
  plan.set_first_issued_ms(Ms(now));
  plan.mutable_waves(0)->set_not_before_ms(Ms(now));
  plan.set_expires_ms(Ms(now + base::kDefaultLongestLife));
  plan.set_baseline_until_ms(Ms(now + base::kDefaultLongestBaseline));
  coordinator_->StartPlan(plan);
  return release;
}

std::vector<v1::Outcome> VirtualFleet::OutcomesOf(const VirtualHost& host) {
  const auto records = coordinator_->store().ListOutcomes(host.id, 0, 100);
  MIG_CHECK_OK(records);
  std::vector<v1::Outcome> outcomes;
  for (const coordinator::OutcomeRecord& record : *records) {
    MIG_CHECK(outcomes.emplace_back().ParseFromString(record.outcome));
  }
  std::reverse(outcomes.begin(), outcomes.end());
  return outcomes;
}

int CountThreads() {
  int count = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator("/proc/self/task")) {
    ++count;
  }
  return count;
}

int CountSockets() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (!gone && absl::StartsWith(target, "socket:")) ++count;
  }
  return count;
}

}  // namespace mig::tests
