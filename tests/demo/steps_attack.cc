// Steps 8 to 11: what goes wrong, and what is done to it.

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "proto/mig/v1/assignment.pb.h"
#include "tests/demo/steps.h"
#include "tests/stolen/forged_documents.h"
#include "tests/stolen/stolen_coordinator.h"
#include "trust/refusal.h"

namespace mig::tests {

namespace {

// The agent and its files before something, to be compared with those after it.
struct Untouched {
  AgentSeen agent;
  Marks files;

  static Untouched Of(const LoaderHost& desk) {
    return {.agent = desk.Agent(), .files = MarksOf(desk.agent_directory())};
  }
  absl::Status Check(const LoaderHost& desk) const {
    if (desk.Agent().pid != agent.pid) return NotSo("the same agent", desk.Agent().ToString());
    if (MarksOf(desk.agent_directory()) == files) return absl::OkStatus();
    return NotSo("untouched files", Describe(desk.agent_program()));
  }
};

std::string Codes(const v1::Outcome& outcome) {
  return absl::StrCat(v1::Outcome::Stage_Name(outcome.stage()), " ",
                      trust::DisplayOf(outcome.refusal()));
}

// The item that names a forged manifest and a genuine plan.
v1::AssignmentItem ItemOf(const trust::Envelope& manifest, const trust::Envelope& plan) {
  v1::AssignmentItem item;
  item.set_product(kProduct);
  item.set_manifest_digest(std::string(manifest.digest().bytes()));
  item.set_plan_digest(std::string(plan.digest().bytes()));
  return item;
}

}  // namespace

absl::StatusOr<std::string> ChangedBlob(Stage& stage) {
  const LoaderHost& desk = *stage.desk_one;
  MIG_RETURN_IF_ERROR(stage.RollOut("1.1.1", "blue"));
  MIG_ASSIGN_OR_RETURN(const base::Digest digest, DigestOf(stage.Source("agent-1.1.1")));
  const std::string hex = digest.ToHex();
  const std::string blob =
      stage.coordinator->Path(absl::StrCat("blobs/", hex.substr(0, 2), "/", hex));
  MIG_RETURN_IF_ERROR(FlipByte(blob, 4'711));
  const Untouched before = Untouched::Of(desk);

  MIG_ASSIGN_OR_RETURN(const CommandResult refused, desk.Try({"run", "--now"}));
  if (refused.exit_status != 5) return NotSo("run to end with 5", refused.ToString());
  MIG_RETURN_IF_ERROR(before.Check(desk));
  MIG_ASSIGN_OR_RETURN(const v1::HostDetails word, stage.WordOf(stage.desk_one_id));
  MIG_ASSIGN_OR_RETURN(const v1::Outcome outcome, NewestOutcome(word, v1::Outcome::REFUSAL));

  // As `migctl doctor` says: published again, it is stored again, and the next run converges.
  MIG_RETURN_IF_ERROR(stage.ana
                          .Do({"release", "publish", "--product", kProduct, "--version", "1.1.1",
                               absl::StrCat("agent=", stage.Source("agent-1.1.1")),
                               absl::StrCat("configuration=", stage.Source("agent-1.1.1.conf"))})
                          .status());
  MIG_ASSIGN_OR_RETURN(const base::Digest mended, DigestOf(blob));
  if (mended != digest) return NotSo("the blob to be whole again", Describe(blob));
  MIG_RETURN_IF_ERROR(desk.Run());
  MIG_ASSIGN_OR_RETURN(const AgentSeen after, desk.CheckAgent("1.1.1"));
  return absl::StrCat(
      "byte 4711 of blob ", hex.substr(0, 8), "..: exit 5, ", Codes(outcome), ", pid ",
      before.agent.pid,
      " and its files untouched; published again, the next run installs 1.1.1, pid ", after.pid);
}

absl::StatusOr<std::string> ForgedManifest(Stage& stage) {
  const LoaderHost& desk = *stage.desk_one;
  MIG_ASSIGN_OR_RETURN(const trust::Envelope plan, HeldPlan(desk.state_directory(), "agent-1.1.1"));
  MIG_ASSIGN_OR_RETURN(const trust::Envelope genuine,
                       HeldManifest(desk.state_directory(), "1.1.1"));
  const std::string program = "#!/bin/sh\necho a thief was here\n";
  MIG_ASSIGN_OR_RETURN(const trust::Envelope forged, ForgeManifest(genuine, program, stage.random));
  const Untouched before = Untouched::Of(desk);

  // Whoever has taken the coordinator's machine has its keys and its address.
  MIG_RETURN_IF_ERROR(stage.coordinator->Stop());
  Lie lie{.documents = {forged.Serialize()}, .items = {ItemOf(forged, plan)}, .content = program};
  MIG_ASSIGN_OR_RETURN(
      auto thief,
      StolenCoordinator::Start(stage.coordinator->directory(), stage.coordinator->ports().loaders,
                               std::move(lie), stage.clock, stage.random));
  MIG_ASSIGN_OR_RETURN(const CommandResult refused, desk.Try({"run", "--now"}));
  const int check_ins = thief->check_ins();
  const int fetches = thief->fetches();
  thief = nullptr;
  MIG_RETURN_IF_ERROR(stage.coordinator->Start());

  if (refused.exit_status != 5) return NotSo("run to end with 5", refused.ToString());
  if (check_ins != 1 || fetches != 0) {
    return NotSo("one check-in and no fetch", absl::StrCat(check_ins, " and ", fetches));
  }
  MIG_RETURN_IF_ERROR(before.Check(desk));
  // What the thief did not take is told to the real one.
  MIG_RETURN_IF_ERROR(desk.Run());
  MIG_RETURN_IF_ERROR(before.Check(desk));
  MIG_ASSIGN_OR_RETURN(const v1::HostDetails word, stage.WordOf(stage.desk_one_id));
  MIG_ASSIGN_OR_RETURN(const v1::Outcome outcome, NewestOutcome(word, v1::Outcome::REFUSAL));
  if (outcome.refusal().code() != v1::Refusal::SIGNATURES) {
    return NotSo("the coordinator to be told SIGNATURES", outcome.ShortDebugString());
  }
  return absl::StrCat("a server with all of the coordinator's keys assigned agent 9.9: exit 5, ",
                      Codes(outcome), ", not one byte fetched, pid ", before.agent.pid,
                      " untouched; the real coordinator was told");
}

absl::StatusOr<std::string> DamagedFile(Stage& stage) {
  const LoaderHost& desk = *stage.desk_one;
  const std::string source = stage.Source("agent-1.1.1");
  MIG_ASSIGN_OR_RETURN(std::string bytes, ReadFile(desk.agent_program()));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  MIG_RETURN_IF_ERROR(WriteFile(desk.agent_program(), bytes, 0755));
  const std::string damaged = Describe(desk.agent_program());

  MIG_RETURN_IF_ERROR(desk.Run());

  MIG_RETURN_IF_ERROR(CheckInstalled(desk, source, stage.Source("agent-1.1.1.conf")));
  MIG_ASSIGN_OR_RETURN(const AgentSeen agent, desk.CheckAgent("1.1.1"));
  MIG_ASSIGN_OR_RETURN(const v1::HostDetails word, stage.WordOf(stage.desk_one_id));
  MIG_ASSIGN_OR_RETURN(const v1::Outcome outcome, NewestOutcome(word, v1::Outcome::REPAIR));
  if (outcome.result() != v1::Outcome::HEALTHY) {
    return NotSo("outcome REPAIR HEALTHY", outcome.ShortDebugString());
  }
  return absl::StrCat("program was ", damaged, "; now ", Describe(desk.agent_program()), ", ",
                      agent.ToString(), "; outcome REPAIR HEALTHY");
}

absl::StatusOr<std::string> BadRelease(Stage& stage) {
  const LoaderHost& desk = *stage.desk_one;
  MIG_RETURN_IF_ERROR(stage.RollOut(
      "1.2", "red", {"--behaviour", "exit-after", "--after-ms", "400", "--exit-status", "42"}));
  MIG_RETURN_IF_ERROR(desk.Run(6));

  MIG_RETURN_IF_ERROR(
      CheckInstalled(desk, stage.Source("agent-1.1.1"), stage.Source("agent-1.1.1.conf")));
  MIG_ASSIGN_OR_RETURN(const AgentSeen agent, desk.CheckAgent("1.1.1"));
  MIG_ASSIGN_OR_RETURN(const v1::HostDetails word, stage.WordOf(stage.desk_one_id));
  MIG_ASSIGN_OR_RETURN(const v1::Outcome outcome, NewestOutcome(word, v1::Outcome::INSTALL));
  if (outcome.result() != v1::Outcome::WENT_BACK) {
    return NotSo("outcome WENT_BACK", outcome.ShortDebugString());
  }
  // Not tried again by itself.
  const Untouched before = Untouched::Of(desk);
  MIG_RETURN_IF_ERROR(desk.Try({"run", "--now"}).status());
  MIG_RETURN_IF_ERROR(before.Check(desk));
  MIG_ASSIGN_OR_RETURN(const CommandResult here, desk.Do({"explain"}));
  MIG_ASSIGN_OR_RETURN(const CommandResult there,
                       stage.ana.Do({"host", "explain", stage.desk_one_id}));
  for (const CommandResult* each : {&here, &there}) {
    if (absl::StrContains(each->out, "1.2") && absl::StrContains(each->out, "will not") &&
        absl::StrContains(each->out, "EXIT")) {
      continue;
    }
    return NotSo(absl::StrCat("`", each->shown, "` to say that 1.2 will not come, and EXIT"),
                 each->out);
  }
  return absl::StrCat("exit 6, back to ", agent.ToString(), "; ", Codes(outcome),
                      "; not tried again, and explain says so on the host and at the "
                      "coordinator: EXIT");
}

}  // namespace mig::tests
