#include "tests/crash/machine.h"

#include <utility>

#include "absl/time/time.h"
#include "base/check.h"
#include "base/sha256.h"
#include "base/sizes.h"
#include "base/testing/seed.h"
#include "base/whole_file.h"
#include "loader/enroll/enroll.h"
#include "loader/install/compare.h"
#include "loader/run/recover_run.h"

namespace mig::tests {

namespace {

using loader::ExitCode;
using loader::RunResult;
using loader::testing::AgentScript;
using loader::testing::FileSet;

constexpr absl::string_view kProgram = "/opt/agent/agent";

// What ends a unit's ExecStartPre well: the files are whole, whichever set they are.
bool LetsTheAgentStart(ExitCode code) {
  return code == ExitCode::kOk || code == ExitCode::kWentBack;
}

}  // namespace

Machine::Machine(World& world, const base::DiskImage& image, int boot)
    : world_(world), random_(base::testing::Seed(100 + static_cast<uint64_t>(boot))) {
  world_.clock().Boot(boot);
  disk_ = std::make_unique<base::MemoryFileSystem>(
      image, base::MemoryFileSystem::Options{.clock = &world_.clock()});
  if (world_.lens()) seen_through_ = world_.lens()(*disk_);
  config_.coordinators = {"mig.corp.example:8443"};
  config_.trust_domain = "corp.example";
  // How often an agent may be started is not what is tested here.
  config_.activations_per_hour = config_.activations_per_day = base::kMaxActivations;
  services_ = std::make_unique<loader::testing::ScriptedServices>(
      world_.clock(), [this](const loader::AgentSpec&) { return ScriptNow(); });
  absl::StatusOr<loader::Dictionary> dictionary = loader::Dictionary::Load(
      *disk_, "/etc/mig-loader/dictionary.toml", 0, config_.ReservedPaths());
  MIG_CHECK_OK(dictionary);
  dictionary_.emplace(*std::move(dictionary));
  host_.emplace(loader::Host{.clock = world_.clock(),
                             .random = random_,
                             .disk = seen_through_ != nullptr ? *seen_through_ : *disk_,
                             .executor = executor_,
                             .facts = facts_,
                             .services = *services_,
                             .connector = world_.coordinator(),
                             .config = config_,
                             .dictionary = *dictionary_});
}

AgentScript Machine::ScriptNow() {
  // The loader was killed: it starts nothing any more.
  if (!disk_->first_cut_operation().empty()) {
    return AgentScript::CannotStart(absl::AbortedError("killed"));
  }
  // On a copy: what the agent reads is no operation of the loader's.
  base::MemoryFileSystem seen(disk_->SeenImage());
  const absl::StatusOr<std::string> program =
      base::ReadWhole(seen, kProgram, base::kMaxComponentBytes);
  if (!program.ok()) return AgentScript::CannotStart(program.status());
  running_ = loader::testing::ReadFileSet(seen, world_.paths());
  starts_.push_back(*running_);
  const History& history = world_.history();
  const bool crashes =
      history.agent == History::Agent::kCrashes && *program == history.after.at("agent");
  return crashes ? AgentScript::CrashesAfter(absl::Seconds(5), 139) : AgentScript::Healthy();
}

RunResult Machine::RecoverOnly() { return loader::RecoverRun(host()); }

RunResult Machine::StartAgent() {
  RunResult result = RecoverOnly();
  const loader::AgentSpec agent = dictionary_->Find("agent")->agent;
  if (LetsTheAgentStart(result.exit_code)) services_->Start(agent).IgnoreError();
  return result;
}

RunResult Machine::RunOnline() {
  world_.coordinator().away = false;
  return loader::Run(host(), loader::When::kNow);
}

RunResult Machine::RunOffline() {
  world_.coordinator().away = true;
  RunResult result = loader::Run(host(), loader::When::kNow);
  world_.coordinator().away = false;
  return result;
}

void Machine::Enroll() {
  const auto enrolled = loader::Enroll(host(), {.token = world_.coordinator().NewToken()});
  MIG_CHECK_OK(enrolled);
}

FileSet Machine::SetOf(const loader::testing::Contents& contents) const {
  FileSet set;
  for (const auto& [name, bytes] : contents) {
    const absl::StatusOr<loader::Target> target = dictionary_->Resolve("agent", name);
    MIG_CHECK_OK(target);
    const loader::Component component{
        .target = *target,
        .content = {.digest = base::Sha256Of(bytes), .size_bytes = bytes.size()}};
    set[target->path()] = component.facts();
  }
  return set;
}

}  // namespace mig::tests
