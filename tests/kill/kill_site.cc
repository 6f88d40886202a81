#include "tests/kill/kill_site.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "tests/harness/files.h"

namespace mig::tests {

namespace {

// Long enough to tell an agent that cannot be started, and no longer: how an agent is watched is
// tried elsewhere.
constexpr absl::Duration kProbation = absl::Milliseconds(2);

// More than one piece of what is written at once.
constexpr size_t kAgentBytes = 150'000;

constexpr char kNoProgram[] = "This is no program.\n";

// One host is here as often as a fleet is at its coordinator.
TrialSite::Limits NoLimits() {
  TrialSite::Limits limits;
  for (const char* const key : {"check_in", "fetch", "report"}) {
    limits.more.emplace_back(absl::StrCat(key, "_burst"), "1000000");
    limits.more.emplace_back(absl::StrCat(key, "_interval"), "\"1ms\"");
  }
  return limits;
}

std::string NameOf(const KillSite::Wanted& wanted) {
  return absl::StrCat(DiskName(wanted.disk), wanted.temper == Temper::kBad ? "-bad" : "");
}

// Where a component goes on this host, and its mode there.
std::pair<std::string, mode_t> PlaceOf(const Victim& victim, absl::string_view component) {
  if (component == "agent") return {victim.host().agent_program(), 0755};
  if (component == "configuration") return {victim.host().agent_config(), 0644};
  MIG_CHECK(absl::ConsumePrefix(&component, "conf/")) << component;
  return {victim.host().Path(absl::StrCat("agent/conf.d/", component)), 0640};
}

}  // namespace

absl::StatusOr<std::unique_ptr<KillSite>> KillSite::Make(const std::string& argv0,
                                                         const std::vector<Wanted>& wanted) {
  MIG_ASSIGN_OR_RETURN(const Programs programs, Programs::Find(argv0));
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<TrialSite> trial,
                       TrialSite::Make(programs, "kill", NoLimits()));
  std::unique_ptr<KillSite> site(new KillSite(std::move(trial)));
  absl::StatusOr<std::unique_ptr<Disks>> disks = Disks::Make(site->trial_->world());
  if (disks.ok()) site->disks_ = *std::move(disks);
  for (const Wanted& each : wanted) {
    absl::Status added = each.disk == DiskKind::kHere || site->disks_ != nullptr
                             ? site->AddVictim(each)
                             : disks.status();
    if (!added.ok()) {
      site->skipped_.push_back(absl::StrCat(NameOf(each), ": ", added.message()));
    }
  }
  MIG_RETURN_IF_ERROR(site->MakeSources(argv0));
  MIG_RETURN_IF_ERROR(site->RunAndSave(kEnrolled));
  MIG_RETURN_IF_ERROR(site->RollOut("1.0"));
  MIG_RETURN_IF_ERROR(site->RunAndSave(kOne));
  MIG_RETURN_IF_ERROR(site->RollOut("2.0"));
  MIG_RETURN_IF_ERROR(site->RunAndSave(kTwo));
  return site;
}

KillSite::~KillSite() {
  // Before their file systems go.
  for (Victim& victim : victims_) victim.EndAgents();
  disks_.reset();
}

absl::Status KillSite::AddVictim(const Wanted& wanted) {
  const std::string name = NameOf(wanted);
  if (wanted.disk != DiskKind::kHere) {
    MIG_RETURN_IF_ERROR(disks_->Mount(wanted.disk, trial_->world().Path(name)));
  }
  MIG_ASSIGN_OR_RETURN(
      LoaderHost host,
      trial_->NewHost({.name = name, .probation = kProbation, .probe = HostOptions::Probe::kNone}));
  MIG_RETURN_IF_ERROR(trial_->Enroll(host));
  victims_.emplace_back(trial_->world(), std::move(host), wanted.disk, wanted.temper);
  return absl::OkStatus();
}

Victim* KillSite::Find(DiskKind disk, Temper temper) {
  for (Victim& victim : victims_) {
    if (victim.disk_kind() == disk && victim.temper() == temper) return &victim;
  }
  return nullptr;
}

absl::Status KillSite::MakeSources(const std::string& argv0) {
  const World& world = trial_->world();
  MIG_ASSIGN_OR_RETURN(const std::string agent, FindRunfile(argv0, "tests/kill/sitting_agent"));
  for (const char* const version : {"1.0", "2.0"}) {
    MIG_RETURN_IF_ERROR(world
                            .RunWell({world.programs().make_agent, "--base", agent, "--version",
                                      version, "--size", absl::StrCat(kAgentBytes), "--out",
                                      world.Path(absl::StrCat("agent-", version))})
                            .status());
    for (const Victim& victim : victims_) {
      MIG_RETURN_IF_ERROR(
          WriteFile(world.Path(absl::StrCat(victim.host().name(), "-", version, ".conf")),
                    absl::StrCat("setting = ", version, " of ", victim.host().name(), "\n")));
    }
    MIG_RETURN_IF_ERROR(WriteFile(world.Path(absl::StrCat("both-", version)), version));
  }
  MIG_RETURN_IF_ERROR(WriteFile(world.Path("no-program"), kNoProgram));
  MIG_RETURN_IF_ERROR(WriteFile(world.Path("old"), "old"));
  return WriteFile(world.Path("new"), "new");
}

std::vector<ReleaseFile> KillSite::FilesOf(const Victim& victim, const std::string& version) const {
  const World& world = trial_->world();
  const bool is_two = version == "2.0";
  const bool is_bad = is_two && victim.temper() == Temper::kBad;
  return {{"agent", world.Path(is_bad ? "no-program" : absl::StrCat("agent-", version))},
          {"configuration", world.Path(absl::StrCat(victim.host().name(), "-", version, ".conf"))},
          {"conf/both.cfg", world.Path(absl::StrCat("both-", version))},
          {is_two ? "conf/new.cfg" : "conf/old.cfg", world.Path(is_two ? "new" : "old")}};
}

absl::Status KillSite::RollOut(const std::string& version) {
  std::vector<ReleaseVariant> variants;
  for (const Victim& victim : victims_) {
    variants.push_back({.filter = absl::StrCat("tags.desk = \"", victim.host().name(), "\""),
                        .files = FilesOf(victim, version)});
  }
  std::vector<std::string> retired;
  if (version == "2.0") retired.push_back("conf/old.cfg");
  return trial_->RollOut(version, variants, retired);
}

absl::Status KillSite::RunAndSave(const std::string& name) {
  for (Victim& victim : victims_) {
    const bool is_two = name == kTwo;
    if (is_two && victim.temper() == Temper::kBad) continue;
    if (name != kEnrolled) {
      MIG_RETURN_IF_ERROR(victim.host().Run());
    }
    MIG_RETURN_IF_ERROR(victim.Save(name));
    if (!is_two) continue;
    MIG_ASSIGN_OR_RETURN(const std::optional<base::Digest> seen, victim.Seen());
    if (!seen.has_value()) return absl::DataLossError("release 2.0 was not seen");
    release_two_ = *seen;
  }
  return absl::OkStatus();
}

loader::testing::FileSet KillSite::SetOf(const Victim& victim, const std::string& version) const {
  loader::testing::FileSet set;
  for (const ReleaseFile& file : FilesOf(victim, version)) {
    const auto [path, mode] = PlaceOf(victim, file.component);
    const absl::StatusOr<std::string> bytes = ReadFile(file.path);
    const absl::StatusOr<base::Digest> digest = DigestOf(file.path);
    MIG_CHECK_OK(bytes);
    MIG_CHECK_OK(digest);
    set[path] = {.digest = *digest,
                 .size_bytes = bytes->size(),
                 .mode = mode,
                 .uid = geteuid(),
                 .gid = getegid()};
  }
  return set;
}

loader::testing::FileSet KillSite::SetOne(const Victim& victim) const {
  return SetOf(victim, "1.0");
}
loader::testing::FileSet KillSite::SetTwo(const Victim& victim) const {
  return SetOf(victim, "2.0");
}

}  // namespace mig::tests
