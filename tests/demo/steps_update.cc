// Steps 4 to 7: what it is for.

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "proto/mig/v1/admin_documents.pb.h"
#include "proto/mig/v1/admin_rollouts.pb.h"
#include "tests/demo/steps.h"

namespace mig::tests {

namespace {

bool IsRunning(pid_t pid) { return std::filesystem::exists(absl::StrCat("/proc/", pid)); }

}  // namespace

absl::StatusOr<std::string> PublishAndSign(Stage& stage) {
  const LoaderHost& desk = *stage.desk_one;
  MIG_RETURN_IF_ERROR(MakeDirectory(stage.Source("")));
  const std::string program = stage.Source("agent-1.0");
  const std::string config = stage.Source("agent-1.0.conf");
  MIG_RETURN_IF_ERROR(stage.world.MakeAgent(program, "1.0"));
  MIG_RETURN_IF_ERROR(WriteFile(config, desk.AgentConfiguration("green")));
  MIG_RETURN_IF_ERROR(stage.ana.Release(kProduct, "1.0",
                                        {{"", {{"agent", program}, {"configuration", config}}}},
                                        stage.ReleaseKeys()));

  MIG_ASSIGN_OR_RETURN(const auto releases,
                       stage.ana.AskList<v1::ListReleasesAnswer>({"release", "list"}, "releases"));
  if (releases.releases_size() != 1) return NotSo("one release", releases.ShortDebugString());
  const v1::DocumentInfo& manifest = releases.releases(0).manifest();
  if (manifest.signature_count() != 2 || manifest.threshold() != 2) {
    return NotSo("2 of 2 signatures", manifest.ShortDebugString());
  }
  MIG_ASSIGN_OR_RETURN(const base::Digest digest, DigestOf(program));
  const std::string hex = digest.ToHex();
  const std::string blob =
      stage.coordinator->Path(absl::StrCat("blobs/", hex.substr(0, 2), "/", hex));
  MIG_ASSIGN_OR_RETURN(const base::Digest stored, DigestOf(blob));
  if (stored != digest) return NotSo(blob + " to hold the program", Describe(blob));

  // Signed, and in no plan: nobody gets it.
  MIG_RETURN_IF_ERROR(desk.Run());
  if (!FilesBelow(desk.agent_directory()).empty()) {
    return NotSo("nothing to be installed without a plan", Describe(desk.agent_program()));
  }
  return absl::StrCat("agent@1.0 signed by 2 of 3; the coordinator stores its program as ",
                      hex.substr(0, 8), ".. (", std::filesystem::file_size(blob),
                      " bytes); without a plan no host gets it");
}

absl::StatusOr<std::string> FirstRun(Stage& stage) {
  const LoaderHost& desk = *stage.desk_one;
  MIG_RETURN_IF_ERROR(stage.ana.Plan(kProduct, "1.0", stage.RolloutKeys()));
  MIG_RETURN_IF_ERROR(desk.Run());  // signed, and not started
  if (desk.Agent().pid != 0) return NotSo("no agent yet", desk.Agent().ToString());
  MIG_RETURN_IF_ERROR(stage.ana.Start("agent-1.0"));
  MIG_RETURN_IF_ERROR(desk.Run());

  MIG_RETURN_IF_ERROR(
      CheckInstalled(desk, stage.Source("agent-1.0"), stage.Source("agent-1.0.conf")));
  MIG_ASSIGN_OR_RETURN(const AgentSeen agent, desk.CheckAgent("1.0"));
  MIG_ASSIGN_OR_RETURN(const v1::HostDetails word, stage.WordOf(stage.desk_one_id));
  MIG_ASSIGN_OR_RETURN(const v1::Outcome outcome, NewestOutcome(word, v1::Outcome::INSTALL));
  if (outcome.result() != v1::Outcome::HEALTHY) {
    return NotSo("outcome HEALTHY", outcome.ShortDebugString());
  }
  return absl::StrCat(agent.ToString(), "; program ", Describe(desk.agent_program()),
                      "; the coordinator has outcome INSTALL HEALTHY");
}

absl::StatusOr<std::string> SecondRun(Stage& stage) {
  const LoaderHost& desk = *stage.desk_one;
  MIG_ASSIGN_OR_RETURN(const AgentSeen before, desk.CheckAgent("1.0"));
  MIG_ASSIGN_OR_RETURN(const v1::HostDetails word_before, stage.WordOf(stage.desk_one_id));
  const Marks marks = MarksOf(desk.agent_directory());

  MIG_ASSIGN_OR_RETURN(const CommandResult run, desk.Do({"run", "--now"}));

  MIG_ASSIGN_OR_RETURN(const AgentSeen after, desk.CheckAgent("1.0"));
  if (after.pid != before.pid) return NotSo("the same process", after.ToString());
  if (MarksOf(desk.agent_directory()) != marks) {
    return NotSo("untouched files", Describe(desk.agent_program()));
  }
  MIG_ASSIGN_OR_RETURN(const v1::HostDetails word, stage.WordOf(stage.desk_one_id));
  if (word.outcomes_size() != word_before.outcomes_size()) {
    return NotSo("no new outcome", word.outcomes(0).ShortDebugString());
  }
  return absl::StrCat("still pid ", after.pid, ", inodes and times of ", marks.size(),
                      " files unchanged, no new outcome; it says: ", LastLine(run.out));
}

absl::StatusOr<std::string> Update(Stage& stage) {
  const LoaderHost& desk = *stage.desk_one;
  MIG_ASSIGN_OR_RETURN(const AgentSeen before, desk.CheckAgent("1.0"));
  MIG_RETURN_IF_ERROR(stage.RollOut("1.1", "blue"));
  MIG_RETURN_IF_ERROR(desk.Run());

  MIG_RETURN_IF_ERROR(
      CheckInstalled(desk, stage.Source("agent-1.1"), stage.Source("agent-1.1.conf")));
  MIG_ASSIGN_OR_RETURN(const AgentSeen after, desk.CheckAgent("1.1"));
  if (after.pid == before.pid || after.setting != "blue" || IsRunning(before.pid)) {
    return NotSo("a new process with setting blue, and the old one gone", after.ToString());
  }
  MIG_ASSIGN_OR_RETURN(const auto rollout,
                       stage.ana.Ask<v1::Rollout>({"rollout", "get", "agent-1.1"}));
  if (rollout.total().offered() != 1 || rollout.total().healthy() != 1) {
    return NotSo("1 offered, 1 healthy", rollout.total().ShortDebugString());
  }
  return absl::StrCat("pid ", before.pid, " -> ", after.pid, ", setting ", before.setting, " -> ",
                      after.setting,
                      ", program and configuration replaced; the rollout counts 1 "
                      "offered, 1 healthy");
}

}  // namespace mig::tests
