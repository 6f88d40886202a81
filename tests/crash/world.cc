#include "tests/crash/world.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/file_system.h"
#include "base/memory_file_system.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/whole_file.h"
#include "loader/run/run_result.h"
#include "proto/mig/v1/manifest.pb.h"
#include "tests/crash/machine.h"

namespace mig::tests {

namespace {

using loader::testing::FileSet;
using loader::testing::Invariants;

constexpr absl::Duration kBetweenBoots = absl::Hours(3);

base::DiskImage EmptyHost(const History& history, absl::string_view packaged_root) {
  base::MemoryFileSystem disk;
  for (const absl::string_view path :
       {"/etc/mig-loader", "/opt/agent", "/etc/agent/tls", "/etc/agent/conf.d", "/var/lib"}) {
    MIG_CHECK_OK(base::MakeDirs(disk, path, 0755));
  }
  for (const std::string& mount : history.mounts) disk.MountAt(mount);
  const auto etc = disk.OpenRoot("/etc/mig-loader");
  MIG_CHECK_OK(etc);
  MIG_CHECK_OK(base::WriteDurably(**etc, "root", packaged_root, 0644));
  MIG_CHECK_OK(base::WriteDurably(**etc, "dictionary.toml", DictionaryOf(history), 0644));
  return disk.SeenImage();
}

void PutFiles(base::MemoryFileSystem& disk, const FileSet& set,
              const loader::testing::Contents& contents) {
  for (const auto& [path, facts] : set) {
    const absl::StatusOr<base::OpenedParent> parent = base::OpenParent(disk, path);
    MIG_CHECK_OK(parent);
    const auto bytes =
        std::find_if(contents.begin(), contents.end(), [&facts = facts](const auto& content) {
          return base::Sha256Of(content.second) == facts.digest;
        });
    MIG_CHECK(bytes != contents.end()) << path;
    MIG_CHECK_OK(base::WriteDurably(*parent->directory, parent->name, bytes->second, facts.mode));
  }
}

}  // namespace

void BootClock::Boot(int number) {
  clock_ = std::make_unique<base::testing::ManualClock>();
  // Some hours after the test authority's documents were issued.
  clock_->Advance(absl::Hours(8) + kBetweenBoots * number);
  for (int i = 0; i <= number; ++i) clock_->Reboot();
}

World::World(const History& history, DiskLens lens) : history_(history), coordinator_(clock_) {
  Arrange();
  lens_ = std::move(lens);
}

const FileSet& World::wanted() const {
  const Invariants& invariants = checker_->invariants();
  return history_.ends_before() ? invariants.before() : invariants.after();
}

void World::Arrange() {
  // What was before this history began happened in the boots before.
  Machine machine(*this, EmptyHost(history_, coordinator_.packaged_root()), 0);
  machine.Enroll();
  const FileSet set_before = machine.SetOf(history_.before);
  const FileSet set_after = machine.SetOf(history_.after);
  std::optional<base::Digest> release_before;
  if (history_.start == History::Start::kInstalled) {
    release_before = coordinator_.Roll(1, history_.before);
    const loader::RunResult installed = machine.RunOnline();
    MIG_CHECK(installed.exit_code == loader::ExitCode::kOk) << installed.refusal.DebugString();
    release_ = *release_before;
  } else if (history_.start == History::Start::kForeign) {
    PutFiles(machine.disk(), set_before, history_.before);
  }
  if (!history_.is_repair) {
    release_ = coordinator_.PublishRelease(2, history_.after, [this](v1::Manifest& manifest) {
      for (const std::string& name : history_.retired) manifest.add_retired(name);
    });
    // A coordinator that offers only the newest plan.
    if (coordinator_.assigned["agent"].plan.has_value()) {
      coordinator_.documents.erase(*coordinator_.assigned["agent"].plan);
    }
    coordinator_.assigned["agent"] = {.manifest = release_,
                                      .plan = coordinator_.PublishPlan(2, release_)};
  }
  if (history_.meanwhile) history_.meanwhile(machine.disk());
  coordinator_.outcomes.clear();

  std::vector<std::string> paths;
  for (const FileSet* set : {&set_before, &set_after}) {
    for (const auto& [path, facts] : *set) paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  paths_ = std::move(paths);
  // As it is now: a damaged file is what the run begins with.
  FileSet before = loader::testing::ReadFileSet(machine.disk(), paths_);
  start_ = machine.disk().SeenImage();
  checker_ = std::make_unique<loader::testing::HostChecker>(
      loader::testing::HostChecker::Change{.state_directory = "/var/lib/mig-loader",
                                           .product = "agent",
                                           .release = release_,
                                           .release_before = release_before,
                                           .invariants = Invariants(std::move(before), set_after)});
}

}  // namespace mig::tests
