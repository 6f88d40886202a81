#include "sim/world/machine.h"

#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "base/path.h"
#include "base/whole_file.h"
#include "loader/state/report_spool.h"
#include "loader/state/state_directory.h"
#include "trust/half_file.h"

namespace mig::sim {

namespace {

using loader::testing::AgentScript;

base::MemoryFileSystem::Options DiskOptions(World& world, base::Clock& clock) {
  return {.clock = &clock, .pool = &world.pool()};
}

bool HasSameBytes(const base::FileContents& a, const base::FileContents& b) {
  if (a.size_bytes() != b.size_bytes()) return false;
  std::vector<absl::string_view> pieces;
  b.ForEachPiece([&pieces](absl::string_view piece) { pieces.push_back(piece); });
  size_t next = 0;
  bool same = true;
  a.ForEachPiece([&](absl::string_view piece) {
    // Mostly they are the same chunk.
    same = same && next < pieces.size() &&
           (piece.data() == pieces[next].data() || piece == pieces[next]);
    ++next;
  });
  return same && next == pieces.size();
}

bool IsSetOf(const SignedRelease& release,
             const std::map<std::string, const base::DiskNode*>& files) {
  if (release.files.size() != files.size()) return false;
  for (const auto& [path, content] : release.files) {
    const auto found = files.find(path);
    if (found == files.end() || found->second->kind != base::FileKind::kFile ||
        !HasSameBytes(found->second->contents, content->file)) {
      return false;
    }
  }
  return true;
}

std::string WhoseFile(const World& world, const std::string& path, const base::DiskNode& node) {
  if (node.kind != base::FileKind::kFile) return "no file";
  std::vector<std::string> versions;
  for (const SignedRelease& release : world.documents().releases()) {
    const auto found = release.files.find(path);
    if (found != release.files.end() && HasSameBytes(node.contents, found->second->file)) {
      versions.push_back(release.version);
    }
  }
  if (versions.empty())
    return absl::StrCat("of no release (", node.contents.size_bytes(), " bytes)");
  return absl::StrCat("of ", absl::StrJoin(versions, " and "));
}

std::string BytesAt(const base::FileContents& contents, uint64_t offset, size_t size) {
  std::string bytes(size, '\0');
  bytes.resize(contents.Read(offset, bytes));
  return bytes;
}

std::string WholeOf(const base::FileContents& contents) {
  return BytesAt(contents, 0, contents.size_bytes());
}

std::optional<trust::TrustedState> TrustedIn(const base::FileContents& file) {
  const trust::HalfFileReading reading =
      trust::ReadHalfFile(trust::HalfFileKind::kTrust, BytesAt(file, 0, base::kTrustHalfBytes),
                          BytesAt(file, base::kTrustSecondHalfOffset, base::kTrustHalfBytes));
  if (!reading.payload.has_value()) return std::nullopt;
  absl::StatusOr<trust::TrustedState> state = trust::ParseTrustedState(*reading.payload);
  if (!state.ok()) return std::nullopt;
  return *std::move(state);
}

// With the loader's own reader, on a copy of the disk: reading a batch marks it as sent.
std::map<std::string, v1::Outcome> SpooledIn(const World& world, const base::DiskImage& image) {
  std::map<std::string, v1::Outcome> outcomes;
  base::MemoryFileSystem copy(image);
  absl::StatusOr<std::unique_ptr<base::Directory>> directory =
      copy.OpenRoot(base::JoinPath(world.config().state_directory, "spool"));
  if (!directory.ok()) return outcomes;
  absl::StatusOr<loader::ReportSpool> spool = loader::ReportSpool::Open(*std::move(directory));
  if (!spool.ok()) return outcomes;
  for (const v1::SpoolRecord& record : spool->SetAside()) {
    outcomes[record.outcome().attempt()] = record.outcome();
  }
  for (;;) {
    const absl::StatusOr<v1::ReportRequest> batch = spool->NextBatch();
    if (!batch.ok() || batch->outcomes().empty()) return outcomes;
    v1::ReportAnswer taken;
    for (const v1::Outcome& outcome : batch->outcomes()) {
      outcomes[outcome.attempt()] = outcome;
      taken.add_acknowledged_attempts(outcome.attempt());
    }
    if (!spool->Settle(taken).ok()) return outcomes;
  }
}

}  // namespace

const std::vector<std::string>& ManagedPaths() {
  static const auto* const paths = new std::vector<std::string>{"/opt/a"};
  return *paths;
}

std::map<std::string, const base::DiskNode*> ManagedFilesOf(const base::DiskImage& image) {
  std::map<std::string, const base::DiskNode*> files;
  const auto take = [&](absl::string_view directory, auto is_managed) {
    const base::DiskNode* node = image.Find(directory);
    if (node == nullptr) return;
    for (const auto& [name, number] : node->entries) {
      if (is_managed(name)) files[base::JoinPath(directory, name)] = &image.nodes.at(number);
    }
  };
  take("/opt/a", [](const std::string& name) { return name == "agent" || name == "agent.cfg"; });
  take("/opt/a/conf.d",
       [](const std::string& name) { return name[0] != '.' && absl::EndsWith(name, ".cfg"); });
  return files;
}

FilesFound FilesOf(const World& world, const base::DiskImage& image) {
  FilesFound found;
  const std::map<std::string, const base::DiskNode*> files = ManagedFilesOf(image);
  if (files.empty()) {
    found.none = true;
    return found;
  }
  const std::vector<SignedRelease>& releases = world.documents().releases();
  for (size_t i = 0; i < releases.size(); ++i) {
    if (IsSetOf(releases[i], files)) {
      found.release = i;
      return found;
    }
  }
  std::vector<std::string> parts;
  for (const auto& [path, node] : files) {
    parts.push_back(absl::StrCat(path, " is ", WhoseFile(world, path, *node)));
  }
  found.describes = absl::StrJoin(parts, ", ");
  return found;
}

Machine::Machine(World& world, size_t index, base::Clock& clock, loader::Connector& connector)
    : world_(world),
      index_(index),
      clock_(clock),
      connector_(connector),
      disk_(std::make_unique<base::MemoryFileSystem>(DiskOptions(world, clock))),
      random_(world.seed().For("machine", index)),
      services_(clock, [this](const loader::AgentSpec&) { return ScriptNow(); }) {
  for (const absl::string_view path : {"/opt/a/conf.d", "/var/lib"}) {
    MIG_CHECK_OK(base::MakeDirs(*disk_, path, 0755));
  }
  const auto package = base::MakeDirs(*disk_, "/etc/mig-loader", 0755);
  MIG_CHECK_OK(package);
  MIG_CHECK_OK(base::WriteDurably(**package, "root", world.documents().root_envelope(), 0644));
  const auto state = loader::StateDirectory::Open(
      *disk_, {.path = world.config().state_directory,
               .if_missing = loader::StateDirectory::IfMissing::kCreate});
  MIG_CHECK_OK(state);
  MIG_CHECK_OK((*state)->identity().StartRenewal(world.KeyOf(index).ToPem()));
  Build();
}

Machine::Machine(World& world, size_t index, base::Clock& clock, loader::Connector& connector,
                 const base::DiskImage& image)
    : world_(world),
      index_(index),
      clock_(clock),
      connector_(connector),
      random_(world.seed().For("copy of machine", index)),
      services_(clock, [this](const loader::AgentSpec&) { return ScriptNow(); }) {
  Boot(image);
}

void Machine::Build() {
  in_between_ = disk_in_between ? disk_in_between(*disk_) : nullptr;
  base::FileSystem& disk = in_between_ == nullptr ? *disk_ : *in_between_;
  facts_.environment.set_hostname(name());
  facts_.machine_id = absl::StrCat("machine of ", name());
  host_.emplace(loader::Host{.clock = clock_,
                             .random = random_,
                             .disk = disk,
                             .executor = executor_,
                             .facts = facts_,
                             .services = services_,
                             .connector = connector_,
                             .config = world_.config(),
                             .dictionary = world_.dictionary()});
}

void Machine::Boot(const base::DiskImage& image) {
  disk_ = std::make_unique<base::MemoryFileSystem>(image, DiskOptions(world_, clock_));
  services_.Reboot();
  Build();
}

void Machine::LoaderDies() {
  disk_->Revive();
  Build();
}

// By the set that lies there: an agent that is bad is so with its own configuration.
AgentScript Machine::ScriptNow() {
  if (on_agent_start) on_agent_start();
  if (behaves) return behaves();
  const FilesFound found = Files();
  if (found.none) return AgentScript::CannotStart(absl::NotFoundError("there is no program"));
  if (!found.release.has_value() || !world_.IsBad(*found.release, index_)) {
    return AgentScript::Healthy();
  }
  switch (world_.scenario().releases[*found.release].fault) {
    case AgentFault::kCrashes:
      return AgentScript::CrashesAfter(absl::ZeroDuration(), 42);
    case AgentFault::kHangs:
      return AgentScript::Hangs();
    case AgentFault::kDies:
      return AgentScript::CrashesAfter(world_.scenario().probation * 9 / 10, 42);
    case AgentFault::kNeverReady:
      return AgentScript::NeverReady();
    case AgentFault::kLies:
      break;
  }
  return AgentScript::Lies(world_.scenario().probation / 2);
}

FilesFound Machine::Files() const { return FilesOf(world_, disk_->SeenImageUnder(ManagedPaths())); }

LoaderState Machine::State() const {
  std::vector<std::string> paths = ManagedPaths();
  for (const absl::string_view name : {absl::string_view("trust"), absl::string_view("spool"),
                                       absl::string_view(loader::kJournalName)}) {
    paths.push_back(base::JoinPath(world_.config().state_directory, name));
  }
  const base::DiskImage image = disk_->SeenImageUnder(paths);
  const base::DiskNode* directory = image.Find(world_.config().state_directory);
  LoaderState state{.files = FilesOf(world_, image)};
  if (directory == nullptr) return state;
  const auto file = [&](absl::string_view name) -> const base::DiskNode* {
    const auto entry = directory->entries.find(std::string(name));
    return entry == directory->entries.end() ? nullptr : &image.nodes.at(entry->second);
  };
  if (const base::DiskNode* trusted = file("trust")) {
    if (!trusted_.has_value() || trusted_->contents != trusted->contents) {
      trusted_ = TrustedFile{trusted->contents, TrustedIn(trusted->contents)};
    }
    state.trusted = trusted_->state;
  }
  if (const base::DiskNode* journal = file(loader::kJournalName)) {
    state.has_journal = true;
    absl::StatusOr<loader::Journal> read = loader::DecodeJournal(WholeOf(journal->contents));
    if (read.ok()) state.journal = *std::move(read);
  }
  const base::DiskNode* spool = file("spool");
  if (spool != nullptr && !spool->entries.empty()) state.spooled = SpooledIn(world_, image);
  return state;
}

}  // namespace mig::sim
