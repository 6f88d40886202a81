#include "loader/install/testing/test_release.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/byte_stream.h"
#include "base/check.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "base/whole_file.h"
#include "loader/install/adopt.h"
#include "loader/install/sweep.h"

namespace mig::loader::testing {

namespace {

constexpr absl::string_view kFamily = "conf/";
constexpr uint32_t kAgentUser = 700;

base::FileDigest DigestOf(absl::string_view bytes) {
  return {.digest = base::Sha256Of(bytes), .size_bytes = bytes.size()};
}

std::vector<Component> ComponentsOf(const TestRelease& release) {
  std::vector<Component> components;
  for (const auto& [name, bytes] : release.contents) {
    components.push_back({.target = TargetOf(name), .content = DigestOf(bytes)});
  }
  return components;
}

std::vector<std::string> NamesOf(const TestRelease& a, const TestRelease& b) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : a.contents) names.push_back(name);
  for (const auto& [name, bytes] : b.contents) names.push_back(name);
  for (const std::string& name : b.retired) names.push_back(name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// What is no file is said to be missing: what Staging says to it is tested.
absl::Status LookAt(base::FileSystem& disk, LocalFile& file) {
  MIG_ASSIGN_OR_RETURN(const std::unique_ptr<base::Directory> directory,
                       disk.OpenRoot(file.target.directory));
  MIG_ASSIGN_OR_RETURN(const base::FileStat stat, directory->Stat(file.target.file_name));
  if (stat.kind != base::FileKind::kFile) return absl::OkStatus();
  const absl::StatusOr<std::optional<FileFacts>> read =
      ReadFacts(*directory, file.target.file_name);
  MIG_RETURN_IF_ERROR(read.status());
  const std::optional<FileFacts>& facts = *read;
  if (!facts.has_value()) return absl::OkStatus();
  file.state = LocalState::kPresent;
  file.size_bytes = facts->size_bytes;
  file.mode = facts->mode;
  file.uid = facts->uid;
  file.gid = facts->gid;
  file.digest = facts->digest;
  return absl::OkStatus();
}

}  // namespace

Target TargetOf(absl::string_view component) {
  Target target;
  target.product = std::string(kProduct);
  target.name = std::string(component);
  target.mode = 0644;
  target.owner = "root:root";
  target.max_bytes = 1 << 20;
  if (absl::StartsWith(component, kFamily)) {
    target.directory = "/etc/agent/conf.d";
    target.file_name = std::string(absl::StripPrefix(component, kFamily));
  } else if (component == "agent") {
    target.directory = "/opt/agent";
    target.file_name = "agent";
    target.mode = 0755;
  } else {
    target.directory = "/etc/agent";
    target.file_name = std::string(component);
  }
  if (component == "agentkey") {
    target.mode = 0600;
    target.uid = kAgentUser;
    target.gid = kAgentUser;
    target.owner = "agent:agent";
  }
  return target;
}

ReleaseFiles TestRelease::files() const {
  ReleaseFiles files = {.components = ComponentsOf(*this)};
  for (const std::string& name : retired) files.retired.push_back(TargetOf(name));
  return files;
}

FileSet TestRelease::file_set() const {
  FileSet set;
  for (const Component& component : ComponentsOf(*this)) {
    set[component.target.path()] = component.facts();
  }
  return set;
}

TestRelease OldRelease() {
  return {.id = {.manifest = base::Sha256Of("manifest 1.0"), .variant = 0},
          .contents = {{"agent", "#!/bin/agent 1.0" + std::string(5000, 'a')},
                       {"agentcert", "certificate 1"},
                       {"agentkey", "key 1"},
                       {"cacert", "CA 1"},
                       {"conf/90-debug", "debug = true"},
                       {"configuration", "version = 1.0"}},
          .retired = {}};
}

TestRelease NewRelease() {
  return {.id = {.manifest = base::Sha256Of("manifest 1.1"), .variant = 0},
          .contents = {{"agent", "#!/bin/agent 1.1" + std::string(6000, 'b')},
                       {"agentcert", "certificate 2"},
                       {"agentkey", "key 2"},
                       {"cacert", "CA 2"},
                       {"conf/10-site", "site = ber"},
                       {"configuration", "version = 1.1"}},
          .retired = {"conf/90-debug"}};
}

TestRelease ForeignAgent() { return {}; }

Invariants BetweenReleases(const TestRelease& before, const TestRelease& after) {
  return Invariants(before.file_set(), after.file_set());
}

Place PlaceOn(base::FileSystem& disk) {
  return {.disk = disk, .state_directory = std::string(kState), .owner_uid = 0};
}

void PutFiles(base::FileSystem& disk, const TestRelease& release) {
  MIG_CHECK_OK(base::MakeDirs(disk, kState, 0700));
  for (const absl::string_view path : {"/opt/agent", "/etc/agent/conf.d"}) {
    MIG_CHECK_OK(base::MakeDirs(disk, path, 0755));
  }
  for (const auto& [name, bytes] : release.contents) {
    const Target target = TargetOf(name);
    absl::StatusOr<std::unique_ptr<base::Directory>> directory = disk.OpenRoot(target.directory);
    MIG_CHECK_OK(directory);
    MIG_CHECK_OK(base::WriteDurably(**directory, target.file_name, bytes, target.mode));
    absl::StatusOr<std::unique_ptr<base::File>> file =
        (*directory)->OpenReadWrite(target.file_name);
    MIG_CHECK_OK(file);
    MIG_CHECK_OK((*file)->SetOwner(target.uid, target.gid));
    MIG_CHECK_OK((*file)->Sync());
  }
}

void PutInstalled(base::FileSystem& disk, const TestRelease& release) {
  PutFiles(disk, release);
  absl::StatusOr<Adoption> adoption =
      Adoption::Begin(PlaceOn(disk), kProduct, ComponentsOf(release));
  MIG_CHECK_OK(adoption);
  MIG_CHECK_OK((std::move(*adoption).Commit(release.id)));
}

absl::StatusOr<LocalManifest> ScanOf(base::FileSystem& disk,
                                     const std::vector<std::string>& components) {
  LocalManifest manifest;
  for (const std::string& name : components) {
    LocalFile file;
    file.target = TargetOf(name);
    const absl::Status looked = LookAt(disk, file);
    if (!looked.ok() && !absl::IsNotFound(looked)) return looked;
    manifest.files.push_back(std::move(file));
  }
  return manifest;
}

absl::StatusOr<Staging> StageRelease(base::FileSystem& disk, const TestRelease& installed,
                                     const TestRelease& wanted) {
  MIG_ASSIGN_OR_RETURN(const LocalManifest local, ScanOf(disk, NamesOf(installed, wanted)));
  MIG_ASSIGN_OR_RETURN(Comparison comparison,
                       Compare(wanted.files(), ComponentsOf(installed), local));
  MIG_CHECK(!comparison.changes.empty());
  MIG_RETURN_IF_ERROR(SweepLeftovers(
      PlaceOn(disk), {"/etc/agent", "/etc/agent/conf.d", "/opt/agent"}, comparison.changes));
  MIG_ASSIGN_OR_RETURN(Staging staging,
                       Staging::Begin(PlaceOn(disk), kProduct, std::move(comparison.changes)));
  for (size_t i = 0; i < staging.changes().size(); ++i) {
    MIG_ASSIGN_OR_RETURN(const Staging::Stagable have, staging.StageFromDisk(i));
    if (have.is_staged) continue;
    const std::string& bytes = wanted.contents.at(staging.changes()[i].target.name);
    base::StringSource source(absl::string_view(bytes).substr(have.offset));
    MIG_RETURN_IF_ERROR(staging.Stage(i, have.offset, source));
  }
  return staging;
}

TransactionFacts FactsOf(const TestRelease& from, const TestRelease& to) {
  TransactionFacts facts;
  facts.id = *trust::AttemptId::FromBytes("0123456789abcdef");
  facts.host_id = *trust::HostId::FromBytes(std::string(32, 'h'));
  facts.kind = from.id == to.id ? v1::Outcome::REPAIR : v1::Outcome::INSTALL;
  facts.product = std::string(kProduct);
  if (!from.contents.empty()) facts.from = from.id;
  facts.to = to.id;
  facts.plan = base::Sha256Of("plan");
  facts.plan_issued = absl::FromUnixSeconds(1'700'000'000);
  facts.rollout = *trust::RolloutId::FromBytes("fedcba9876543210");
  facts.boot = BootMarkOf("first boot");
  facts.started = absl::FromUnixSeconds(1'700'000'100);
  return facts;
}

absl::StatusOr<Transaction> CommitRelease(base::FileSystem& disk, const TestRelease& installed,
                                          const TestRelease& wanted) {
  MIG_ASSIGN_OR_RETURN(Staging staging, StageRelease(disk, installed, wanted));
  MIG_RETURN_IF_ERROR(staging.Keep().status());
  return std::move(staging).Commit(FactsOf(installed, wanted));
}

absl::Status InstallRelease(base::FileSystem& disk, const TestRelease& installed,
                            const TestRelease& wanted) {
  MIG_ASSIGN_OR_RETURN(Transaction transaction, CommitRelease(disk, installed, wanted));
  MIG_RETURN_IF_ERROR(transaction.ReplaceFiles());
  return FinishRecovered(transaction, wanted);
}

absl::Status InstallAndGoBack(base::FileSystem& disk, const TestRelease& installed,
                              const TestRelease& wanted) {
  MIG_ASSIGN_OR_RETURN(Transaction transaction, CommitRelease(disk, installed, wanted));
  MIG_RETURN_IF_ERROR(transaction.ReplaceFiles());
  MIG_RETURN_IF_ERROR(transaction.KeepNew(wanted.files().components));
  MIG_RETURN_IF_ERROR(transaction.GoBack(Unhealthy(), "it said: no"));
  return FinishRecovered(transaction, wanted);
}

absl::Status FinishRecovered(Transaction& transaction, const TestRelease& wanted) {
  if (transaction.phase() == Phase::kActivating) {
    MIG_RETURN_IF_ERROR(transaction.KeepNew(wanted.files().components));
    MIG_RETURN_IF_ERROR(transaction.Finish());
  }
  if (transaction.phase() == Phase::kReactivating) {
    MIG_RETURN_IF_ERROR(transaction.FinishGoingBack(nullptr));
  }
  return transaction.Close();
}

v1::Refusal Unhealthy() {
  v1::Refusal refusal;
  refusal.set_code(v1::Refusal::PROBE);
  refusal.set_text("the probe said 503");
  return refusal;
}

}  // namespace mig::loader::testing
