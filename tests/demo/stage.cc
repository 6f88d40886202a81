#include "tests/demo/stage.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace mig::tests {

absl::Status NotSo(absl::string_view expected, absl::string_view seen) {
  return absl::FailedPreconditionError(absl::StrCat("expected ", expected, "; seen: ", seen));
}

Marks MarksOf(const std::string& directory) {
  Marks marks;
  for (const std::string& path : FilesBelow(directory)) marks[path] = FileMark::Of(path);
  return marks;
}

absl::Status Stage::RollOut(const std::string& version, const std::string& setting,
                            const std::vector<std::string>& make,
                            const std::vector<ReleaseFile>& extra) const {
  const std::string program = Source(absl::StrCat("agent-", version));
  const std::string config = Source(absl::StrCat("agent-", version, ".conf"));
  MIG_RETURN_IF_ERROR(world.MakeAgent(program, version, make));
  MIG_RETURN_IF_ERROR(WriteFile(config, desk_one->AgentConfiguration(setting)));
  std::vector<ReleaseFile> files = {{"agent", program}, {"configuration", config}};
  files.insert(files.end(), extra.begin(), extra.end());
  MIG_RETURN_IF_ERROR(ana.Release(kProduct, version, {{"", files}}, ReleaseKeys()));
  MIG_RETURN_IF_ERROR(ana.Plan(kProduct, version, RolloutKeys()));
  return ana.Start(absl::StrCat(kProduct, "-", version));
}

absl::StatusOr<v1::HostDetails> Stage::WordOf(const std::string& host) const {
  return ana.Ask<v1::HostDetails>({"host", "get", host});
}

absl::StatusOr<v1::Outcome> NewestOutcome(const v1::HostDetails& host, v1::Outcome::Kind kind) {
  std::string kinds;
  for (const v1::HostOutcome& each : host.outcomes()) {
    if (each.outcome().kind() == kind) return each.outcome();
    absl::StrAppend(&kinds, " ", v1::Outcome::Kind_Name(each.outcome().kind()));
  }
  return absl::NotFoundError(absl::StrCat("the coordinator knows no outcome of kind ",
                                          v1::Outcome::Kind_Name(kind), " of ", host.host().id(),
                                          ", only:", kinds.empty() ? " none" : kinds));
}

absl::Status CheckInstalled(const LoaderHost& desk, const std::string& program_source,
                            const std::string& config_source) {
  for (const auto& [installed, source] :
       {std::pair(desk.agent_program(), program_source), {desk.agent_config(), config_source}}) {
    MIG_ASSIGN_OR_RETURN(const base::Digest wanted, DigestOf(source));
    const absl::StatusOr<base::Digest> found = DigestOf(installed);
    if (found.ok() && *found == wanted) continue;
    return NotSo(absl::StrCat(installed, " to be ", source), Describe(installed));
  }
  return absl::OkStatus();
}

}  // namespace mig::tests
