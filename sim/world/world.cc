#include "sim/world/world.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/memory_file_system.h"
#include "base/path.h"
#include "base/status_macros.h"
#include "base/testing/seeded_random.h"
#include "base/whole_file.h"
#include "sim/world/turn.h"

namespace mig::sim {

namespace {

// Both may be shared by any number of machines: nothing in them is a machine's own.
loader::Config ConfigOf(const Scenario& scenario, const WorldOptions& options,
                        absl::string_view trust_domain) {
  loader::Config config;
  config.coordinators = {options.coordinator};
  config.enrollment = options.enrollment;
  config.trust_domain = std::string(trust_domain);
  config.interval = scenario.check_in_every;
  return config;
}

loader::Dictionary DictionaryOf(const Scenario& scenario, const loader::Config& config) {
  const int64_t probation_s = absl::ToInt64Seconds(scenario.probation);
  const std::string text = absl::StrCat(R"([product.agent]
activation = "process"
command = ["/opt/a/agent", "--config", "/opt/a/agent.cfg"]
probe = { http = "http://127.0.0.1:9100/metrics" }
probation = ")",
                                        probation_s, R"(s"
[product.agent.component.agent]
path = "/opt/a/agent"
mode = "0755"
[product.agent.component.configuration]
path = "/opt/a/agent.cfg"
[product.agent.family."conf/*"]
directory = "/opt/a/conf.d"
pattern = "*.cfg"
max_count = 64
)");
  base::MemoryFileSystem disk;
  const auto directory = base::MakeDirs(disk, "/etc/mig-loader", 0755);
  MIG_CHECK_OK(directory);
  MIG_CHECK_OK(base::WriteDurably(**directory, "dictionary.toml", text, 0644));
  absl::StatusOr<loader::Dictionary> dictionary =
      loader::Dictionary::Load(disk, config.dictionary_file, 0, config.ReservedPaths());
  MIG_CHECK_OK(dictionary);
  return *std::move(dictionary);
}

}  // namespace

World::World(const Scenario& scenario, const WorldOptions& options)
    : scenario_(scenario), seed_(options.seed), start_(options.start) {}

absl::StatusOr<std::unique_ptr<World>> World::Make(const Scenario& scenario,
                                                   const WorldOptions& options) {
  std::unique_ptr<World> world(new World(scenario, options));
  world->ids_.reserve(scenario.hosts);
  for (size_t i = 0; i < scenario.hosts; ++i) {
    const absl::StatusOr<trust::HostId> id = trust::HostIdOf(world->KeyOf(i).spki());
    MIG_CHECK_OK(id);
    world->ids_.push_back(*id);
    world->by_id_.emplace_back(*id, i);
  }
  std::sort(world->by_id_.begin(), world->by_id_.end());
  MIG_ASSIGN_OR_RETURN(world->documents_,
                       Documents::Make(scenario, options.seed, options.start, world->ids_,
                                       options.domain, world->pool_));
  world->config_ = ConfigOf(scenario, options, world->documents_->root().trust_domain());
  world->dictionary_.emplace(DictionaryOf(scenario, world->config_));
  return world;
}

std::optional<size_t> World::Find(const trust::HostId& id) const {
  const auto found = std::lower_bound(by_id_.begin(), by_id_.end(), std::pair(id, size_t{0}));
  if (found == by_id_.end() || found->first != id) return std::nullopt;
  return found->second;
}

trust::x509::PrivateKey World::KeyOf(size_t host) const {
  base::testing::SeededRandom random(seed_.For("host key", host));
  return trust::x509::PrivateKey::Generate(random);
}

std::string World::NameOf(size_t host) { return absl::StrCat("host-", host); }

bool World::IsBad(size_t release, size_t host) const {
  const uint32_t bad_ppm = scenario_.releases[release].bad_ppm;
  const uint64_t drawn = seed_.For("bad agent", release).For("host", host).value();
  return drawn % 1'000'000 < bad_ppm;
}

absl::Duration World::SkewOf(size_t host) const {
  const int64_t most_s = absl::ToInt64Seconds(scenario_.clock_skew);
  if (most_s == 0) return absl::ZeroDuration();
  const uint64_t drawn = seed_.For("skew", host).value();
  const uint64_t choices = 2 * static_cast<uint64_t>(most_s) + 1;
  return absl::Seconds(static_cast<int64_t>(drawn % choices) - most_s);
}

absl::Time World::TurnOf(size_t plan, size_t host) const {
  return TurnIn(documents_->plans()[plan], ids_[host]);
}

}  // namespace mig::sim
