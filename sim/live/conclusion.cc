#include "sim/live/conclusion.h"

#include <string>

#include "base/status_macros.h"
#include "coordinator/server/config.h"
#include "coordinator/store/sqlite_store.h"

namespace mig::sim {

absl::Status Conclude(LiveStage& stage, Summary& summary) {
  MIG_ASSIGN_OR_RETURN(const coordinator::Config config,
                       coordinator::Config::Load(stage.disk, stage.home->ConfigFile()));
  MIG_ASSIGN_OR_RETURN(const auto store,
                       coordinator::SqliteStore::OpenFile(config.store, {}, stage.random));
  const std::vector<SignedRelease>& releases = stage.world->documents().releases();
  const size_t newest = stage.world->documents().plans().back().release;
  for (size_t i = 0; i < stage.fleet->size(); ++i) {
    const Machine& machine = stage.fleet->machine(i);
    const FilesFound found = machine.State().files;
    const bool known = found.release.has_value();
    ++summary.hosts_by_version[known ? releases[*found.release].version : ""];
    if (known && *found.release == newest) ++summary.on_newest;
    MIG_RETURN_IF_ERROR(stage.witness->Compare(machine, *store, summary));
  }
  summary.promises_checked = stage.witness->checked();
  summary.violation = stage.witness->violation();
  return absl::OkStatus();
}

}  // namespace mig::sim
