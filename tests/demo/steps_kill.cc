// Steps 12 to 14: what is killed, and what was there before.

#include <signal.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "google/protobuf/util/message_differencer.h"
#include "proto/mig/v1/admin_documents.pb.h"
#include "proto/mig/v1/admin_rollouts.pb.h"
#include "tests/demo/steps.h"
#include "tests/harness/background.h"
#include "tests/harness/file_watch.h"

namespace mig::tests {

namespace {

constexpr int kConfFiles = 24;
constexpr absl::Duration kPatience = absl::Seconds(30);

// What the coordinator must not forget.
struct Memory {
  v1::HostDetails host;
  v1::ListReleasesAnswer releases;
  v1::ListRolloutEventsAnswer events;

  static absl::StatusOr<Memory> Of(const Stage& stage) {
    Memory memory;
    MIG_ASSIGN_OR_RETURN(memory.host, stage.WordOf(stage.desk_one_id));
    MIG_ASSIGN_OR_RETURN(memory.releases, stage.ana.AskList<v1::ListReleasesAnswer>(
                                              {"release", "list"}, "releases"));
    // Counted anew about once a second, of what hosts say.
    for (v1::Release& release : *memory.releases.mutable_releases()) {
      release.clear_installed_hosts();
      release.clear_bad_hosts();
    }
    MIG_ASSIGN_OR_RETURN(memory.events, stage.ana.AskList<v1::ListRolloutEventsAnswer>(
                                            {"rollout", "events", "agent-1.2"}, "events"));
    return memory;
  }
};

bool SameOutcomes(const v1::HostDetails& a, const v1::HostDetails& b) {
  using Differencer = google::protobuf::util::MessageDifferencer;
  return std::ranges::equal(a.outcomes(), b.outcomes(),
                            [](const auto& x, const auto& y) { return Differencer::Equals(x, y); });
}

// How many of the files at the desk are the new release's.
int NewFiles(const LoaderHost& desk, const std::vector<ReleaseFile>& files) {
  int count = 0;
  for (const ReleaseFile& file : files) {
    const std::string installed =
        file.component == "agent" ? desk.agent_program()
        : file.component == "configuration"
            ? desk.agent_config()
            : desk.Path(absl::StrCat("agent/conf.d/", file.component.substr(5)));
    const auto now = DigestOf(installed);
    const auto wanted = DigestOf(file.path);
    count += now.ok() && wanted.ok() && *now == *wanted ? 1 : 0;
  }
  return count;
}

// The files of 1.3, for both desks: everything but the configuration is the same.
absl::StatusOr<std::vector<ReleaseVariant>> MakeThree(const Stage& stage) {
  std::vector<ReleaseFile> shared = {{"agent", stage.Source("agent-1.3")}};
  MIG_RETURN_IF_ERROR(stage.world.MakeAgent(shared[0].path, "1.3"));
  for (int i = 0; i < kConfFiles; ++i) {
    const std::string name = absl::StrFormat("%02d-site.cfg", i);
    shared.push_back({absl::StrCat("conf/", name), stage.Source(name)});
    MIG_RETURN_IF_ERROR(WriteFile(shared.back().path, absl::StrCat("site ", i, "\n")));
  }
  std::vector<ReleaseVariant> variants;
  for (const LoaderHost* desk : {&*stage.desk_one, &*stage.desk_two}) {
    const std::string name = desk == &*stage.desk_one ? "one" : "two";
    const std::string config = stage.Source(absl::StrCat("agent-1.3-", name, ".conf"));
    MIG_RETURN_IF_ERROR(WriteFile(config, desk->AgentConfiguration("white")));
    variants.push_back({absl::StrCat("tags.desk = \"", name, "\""), shared});
    variants.back().files.push_back({"configuration", config});
  }
  return variants;
}

// Where strace may not trace: killed when the first of the files was seen to be renamed, which is
// some renames late.
absl::StatusOr<int> KillOnSight(const Stage& stage, const LoaderHost& desk) {
  MIG_ASSIGN_OR_RETURN(FileWatch watch, FileWatch::Of(desk.Path("agent/conf.d"), IN_MOVED_TO));
  MIG_ASSIGN_OR_RETURN(Background loader,
                       Background::Start(desk.Words({"run", "--now"}), stage.world.options(),
                                         stage.world.Path("killed-loader.log")));
  MIG_RETURN_IF_ERROR(watch.WaitForName("00-site.cfg", loader.process(), kPatience));
  loader.Signal(SIGKILL);
  return loader.WaitEnd(kPatience);
}

// A run that ends by SIGKILL at its 12th rename of a configuration file, by strace's hand.
absl::Status RunUntilKilled(const Stage& stage, const LoaderHost& desk) {
  std::vector<std::string> words = {"/usr/bin/strace",
                                    "-f",
                                    "-o",
                                    "/dev/null",
                                    "-P",
                                    desk.Path("agent/conf.d"),
                                    "-e",
                                    "inject=rename,renameat,renameat2:signal=KILL:when=12"};
  const std::vector<std::string> run = desk.Words({"run", "--now"});
  words.insert(words.end(), run.begin(), run.end());
  MIG_ASSIGN_OR_RETURN(const CommandResult traced, stage.world.Run(words));
  int ended = traced.exit_status;
  // It could not, in its own words, or is not there.
  if (ended == 127 || absl::StrContains(traced.err, "strace: ")) {
    MIG_ASSIGN_OR_RETURN(ended, KillOnSight(stage, desk));
  }
  if (ended == 128 + SIGKILL) return absl::OkStatus();
  return NotSo("the loader to be killed", traced.ToString());
}

}  // namespace

absl::StatusOr<std::string> CoordinatorKilled(Stage& stage) {
  const LoaderHost& desk = *stage.desk_one;
  MIG_ASSIGN_OR_RETURN(const Memory before, Memory::Of(stage));
  const pid_t pid = stage.coordinator->pid();
  MIG_RETURN_IF_ERROR(stage.coordinator->Kill());
  const AgentSeen agent = desk.Agent();
  MIG_RETURN_IF_ERROR(desk.Run(75));  // later; and nothing is touched
  if (desk.Agent().pid != agent.pid) return NotSo("the same agent", desk.Agent().ToString());
  MIG_RETURN_IF_ERROR(stage.coordinator->Start());

  MIG_ASSIGN_OR_RETURN(const Memory after, Memory::Of(stage));
  if (!SameOutcomes(before.host, after.host)) {
    return NotSo(absl::StrCat(before.host.outcomes_size(), " outcomes"),
                 after.host.ShortDebugString());
  }
  using Differencer = google::protobuf::util::MessageDifferencer;
  if (!Differencer::Equals(before.releases, after.releases) ||
      !Differencer::Equals(before.events, after.events)) {
    return NotSo("the same releases and events", after.events.ShortDebugString());
  }
  return absl::StrCat("pid ", pid, " -> ", stage.coordinator->pid(), "; ",
                      after.host.outcomes_size(), " outcomes, ", after.releases.releases_size(),
                      " releases, ", after.events.events_size(),
                      " events as before; meanwhile run ended with 75 and the agent stayed");
}

absl::StatusOr<std::string> LoaderKilled(Stage& stage) {
  const LoaderHost& desk = *stage.desk_one;
  MIG_ASSIGN_OR_RETURN(stage.desk_two,
                       LoaderHost::Make(stage.world, stage.coordinator->ports(), kTrustDomain,
                                        stage.ceremony.root(), {.name = "two"}));
  MIG_ASSIGN_OR_RETURN(const std::vector<ReleaseVariant> variants, MakeThree(stage));
  MIG_RETURN_IF_ERROR(stage.ana.Release(kProduct, "1.3", variants, stage.ReleaseKeys()));
  MIG_RETURN_IF_ERROR(stage.ana.Plan(kProduct, "1.3", stage.RolloutKeys()));
  MIG_RETURN_IF_ERROR(stage.ana.Start("agent-1.3"));

  MIG_RETURN_IF_ERROR(RunUntilKilled(stage, desk));
  const int renamed = NewFiles(desk, variants[0].files);

  MIG_RETURN_IF_ERROR(desk.Run());

  const int all = static_cast<int>(variants[0].files.size());
  if (NewFiles(desk, variants[0].files) != all) {
    return NotSo(absl::StrCat(all, " new files"), absl::StrCat(NewFiles(desk, variants[0].files)));
  }
  if (const auto left = FilesBelow(desk.agent_directory());
      left.size() != variants[0].files.size()) {
    return NotSo("nothing left of staging", absl::StrCat(left.size(), " files"));
  }
  MIG_ASSIGN_OR_RETURN(const AgentSeen agent, desk.CheckAgent("1.3"));
  MIG_ASSIGN_OR_RETURN(const v1::HostDetails word, stage.WordOf(stage.desk_one_id));
  MIG_ASSIGN_OR_RETURN(const v1::Outcome outcome, NewestOutcome(word, v1::Outcome::INSTALL));
  if (outcome.result() != v1::Outcome::HEALTHY) {
    return NotSo("outcome HEALTHY", outcome.ShortDebugString());
  }
  return absl::StrCat("killed with ", renamed, " of ", all, " files renamed; next run: ", all,
                      " of ", all, ", nothing staged left, ", agent.ToString());
}

absl::StatusOr<std::string> Adoption(Stage& stage) {
  const LoaderHost& desk = *stage.desk_two;
  // Somebody put it there by hand, long ago.
  MIG_ASSIGN_OR_RETURN(const std::string program, ReadFile(stage.Source("agent-1.3")));
  MIG_RETURN_IF_ERROR(WriteFile(desk.agent_program(), program, 0755));
  MIG_RETURN_IF_ERROR(WriteFile(desk.agent_config(), desk.AgentConfiguration("white")));
  for (int i = 0; i < kConfFiles; ++i) {
    MIG_RETURN_IF_ERROR(WriteFile(desk.Path(absl::StrFormat("agent/conf.d/%02d-site.cfg", i)),
                                  absl::StrCat("site ", i, "\n"), 0640));
  }
  MIG_ASSIGN_OR_RETURN(
      Background agent,
      Background::Start({desk.agent_program(), "--config", desk.agent_config()},
                        stage.world.options(), stage.world.Path("foreign-agent.log")));
  agent.Leave();  // as one that somebody started at boot
  MIG_RETURN_IF_ERROR(agent.WaitFor("serves", kPatience));
  const AgentSeen before = desk.Agent();
  const Marks marks = MarksOf(desk.agent_directory());

  const std::string token = stage.world.Path("second.token");
  MIG_RETURN_IF_ERROR(stage.ana.Do({"enroll", "token", "new", "--out", token}).status());
  MIG_RETURN_IF_ERROR(desk.Do({"enroll", "--token-file", token}).status());
  MIG_RETURN_IF_ERROR(desk.Run());

  MIG_ASSIGN_OR_RETURN(const AgentSeen after, desk.CheckAgent("1.3"));
  if (before.pid == 0 || after.pid != before.pid) return NotSo(before.ToString(), after.ToString());
  if (MarksOf(desk.agent_directory()) != marks) {
    return NotSo("untouched files", Describe(desk.agent_program()));
  }
  MIG_ASSIGN_OR_RETURN(const auto hosts,
                       stage.ana.AskList<v1::ListHostsAnswer>({"host", "list"}, "hosts"));
  std::string id;
  for (const v1::Host& host : hosts.hosts()) {
    if (host.id() != stage.desk_one_id) id = host.id();
  }
  MIG_ASSIGN_OR_RETURN(const v1::HostDetails word, stage.WordOf(id));
  MIG_ASSIGN_OR_RETURN(const v1::Outcome outcome, NewestOutcome(word, v1::Outcome::ADOPT));
  return absl::StrCat("host ", id.substr(0, 8), ": still pid ", after.pid, ", ", marks.size(),
                      " files untouched; the coordinator has outcome ",
                      v1::Outcome::Kind_Name(outcome.kind()), " ",
                      v1::Outcome::Result_Name(outcome.result()));
}

}  // namespace mig::tests
