#include "sim/live/conclusion.h"

#include <string>

#include "base/status_macros.h"
#include "coordinator/server/config.h"
#include "coordinator/store/sqlite_store.h"

namespace mig::sim {

namespace {

constexpr size_t kPage = coordinator::kMaxPageRows;

absl::StatusOr<uint64_t> CountOutcomes(coordinator::Store& store, const trust::HostId& host) {
  uint64_t count = 0;
  uint64_t before = 0;
  for (;;) {
    MIG_ASSIGN_OR_RETURN(const auto page, store.ListOutcomes(host, before, kPage));
    count += page.size();
    if (page.size() < kPage) return count;
    before = page.back().number;
  }
}

}  // namespace

absl::Status Conclude(LiveStage& stage, Summary& summary) {
  MIG_ASSIGN_OR_RETURN(const coordinator::Config config,
                       coordinator::Config::Load(stage.disk, stage.home->ConfigFile()));
  MIG_ASSIGN_OR_RETURN(const auto store,
                       coordinator::SqliteStore::OpenFile(config.store, {}, stage.random));
  const std::vector<SignedRelease>& releases = stage.world->documents().releases();
  const size_t newest = stage.world->documents().plans().back().release;
  for (size_t i = 0; i < stage.fleet->size(); ++i) {
    const Machine& machine = stage.fleet->machine(i);
    const FilesFound found = machine.Files();
    const bool known = found.release.has_value();
    ++summary.hosts_by_version[known ? releases[*found.release].version : ""];
    if (known && *found.release == newest) ++summary.on_newest;
    MIG_ASSIGN_OR_RETURN(const uint64_t outcomes, CountOutcomes(*store, machine.id()));
    summary.reports += outcomes;
  }
  return absl::OkStatus();
}

}  // namespace mig::sim
