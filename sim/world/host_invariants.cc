#include "sim/world/host_invariants.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/path.h"
#include "loader/install/journal.h"

namespace mig::sim {

namespace {

using loader::testing::DiskWeight;
using loader::testing::FileSet;
using loader::testing::HostChecker;
using loader::testing::Invariants;
using loader::testing::Memory;
using loader::testing::Violations;

// Former heads, and what else an answer may leave from one run to the next.
constexpr size_t kMayVaryNodes = 16;
constexpr uint64_t kMayVaryBytes = 128 * 1'024;

// A set more or less: the previous one, or what an install that did not come to its end has
// fetched.
uint64_t LargestSetBytes(const std::vector<FileSet>& sets) {
  uint64_t most = 0;
  for (const FileSet& set : sets) {
    uint64_t sum = 0;
    for (const auto& [path, facts] : set) sum += facts.size_bytes;
    most = std::max(most, sum);
  }
  return most;
}

std::optional<Finding> FoundIn(const Violations& violations) {
  if (violations.empty()) return std::nullopt;
  return Finding{.promise = std::string(kPromiseWhole), .what = violations.front()};
}

bool IsClean(const loader::RunResult& result) {
  return result.refusal.code() == v1::Refusal::NONE &&
         std::all_of(result.products.begin(), result.products.end(), [](const auto& product) {
           return product.refusal.code() == v1::Refusal::NONE;
         });
}

// Whether nothing but times differs, as far as that is easily told.
bool IsSame(const base::DiskImage& a, const base::DiskImage& b) {
  return std::equal(a.nodes.begin(), a.nodes.end(), b.nodes.begin(), b.nodes.end(),
                    [](const auto& x, const auto& y) {
                      const base::DiskMetadata& was = x.second.metadata;
                      const base::DiskMetadata& is = y.second.metadata;
                      return x.first == y.first && x.second.entries == y.second.entries &&
                             x.second.contents.IsSharedWith(y.second.contents) &&
                             was.mode == is.mode && was.uid == is.uid && was.gid == is.gid &&
                             was.attributes == is.attributes;
                    });
}

// The same tree without contents: who asks for names only has nothing to hash.
base::DiskImage NamesOf(base::DiskImage image) {
  for (auto& [number, node] : image.nodes) node.contents = base::FileContents();
  return image;
}

void LookUnder(const base::DiskImage& image, const std::string& path, const base::DiskNode& node,
               std::vector<std::string>& names, std::vector<base::FileContents>& contents) {
  names.push_back(absl::StrCat(path, " ", static_cast<int>(node.kind), " ", node.metadata.mode, " ",
                               node.metadata.uid, ":", node.metadata.gid));
  if (node.kind == base::FileKind::kFile) contents.push_back(node.contents);
  for (const auto& [name, number] : node.entries) {
    LookUnder(image, base::JoinPath(path, name), image.nodes.at(number), names, contents);
  }
}

}  // namespace

HostInvariants::HostInvariants(const World& world) : world_(world), hosts_(world.hosts()) {
  std::set<std::string> paths;
  for (const SignedRelease& release : world.documents().releases()) {
    FileSet& set = sets_.emplace_back();
    for (const auto& [name, content] : release.components) {
      const absl::StatusOr<loader::Target> target = world.dictionary().Resolve(kProduct, name);
      MIG_CHECK_OK(target);
      set[target->path()] = {.digest = content->digest,
                             .size_bytes = content->bytes.size(),
                             .mode = target->mode,
                             .uid = target->uid,
                             .gid = target->gid};
      paths.insert(target->path());
    }
  }
  paths_.assign(paths.begin(), paths.end());
}

FileSet HostInvariants::SetOf(std::optional<size_t> release) const {
  return release.has_value() ? sets_[*release] : FileSet();
}

std::optional<size_t> HostInvariants::ReleaseOf(const base::Digest& manifest) const {
  const std::vector<SignedRelease>& releases = world_.documents().releases();
  for (size_t i = 0; i < releases.size(); ++i) {
    if (releases[i].digest == manifest) return i;
  }
  return std::nullopt;
}

// From what is installed to what the journal, or else the newest that was seen, says.
HostChecker HostInvariants::CheckerOf(size_t host, base::FileSystem& disk,
                                      std::optional<size_t> installed) const {
  const Memory memory = loader::testing::ReadMemory(disk, world_.config().state_directory);
  std::optional<size_t> to = installed;
  const trust::TrustedProduct* const trusted = memory.trusted.product(kProduct);
  if (memory.journal.has_value()) {
    to = ReleaseOf(memory.journal->facts.to.manifest);
  } else if (trusted != nullptr && trusted->seen.has_value()) {
    to = ReleaseOf(trusted->seen->digest);
  }
  const std::vector<SignedRelease>& releases = world_.documents().releases();
  std::optional<base::Digest> before;
  if (installed.has_value()) before = releases[*installed].digest;
  const std::optional<FileSet>& damaged = hosts_[host].damaged;
  return HostChecker({.state_directory = world_.config().state_directory,
                      .product = std::string(kProduct),
                      .release = to.has_value() ? releases[*to].digest : base::Digest(),
                      .release_before = before,
                      .invariants = Invariants(damaged.value_or(SetOf(installed)), SetOf(to))});
}

std::optional<Finding> HostInvariants::AgentStarts(const Machine& machine,
                                                   std::optional<size_t> installed) {
  ++checked_;
  base::MemoryFileSystem disk(machine.disk().SeenImage());
  Known& known = hosts_[machine.index()];
  known.running = loader::testing::ReadFileSet(disk, paths_);
  if (known.damaged.has_value()) return std::nullopt;
  return FoundIn(CheckerOf(machine.index(), disk, installed).BetweenTwoCalls(disk));
}

std::optional<Finding> HostInvariants::Left(const Machine& machine, const base::DiskImage& image,
                                            std::optional<size_t> installed,
                                            const std::vector<v1::Outcome>& told) {
  ++checked_;
  const Known& known = hosts_[machine.index()];
  if (known.damaged.has_value() || known.trust_damaged) return std::nullopt;
  base::MemoryFileSystem disk(image);
  return FoundIn(CheckerOf(machine.index(), disk, installed).AsLeft(disk, told));
}

std::optional<Finding> HostInvariants::Whole(const Machine& machine,
                                             std::optional<size_t> installed,
                                             Promises::Process process,
                                             const loader::RunResult& result) {
  ++checked_;
  Known& known = hosts_[machine.index()];
  known.trust_damaged = false;
  Look look = LookAt(machine);
  if (!known.damaged.has_value() && look.IsSameAs(known.look)) return std::nullopt;
  known.look = std::move(look);
  const base::DiskImage image = machine.disk().SeenImage();
  base::MemoryFileSystem disk(image);
  const Memory memory = loader::testing::ReadMemory(disk, world_.config().state_directory);
  if (memory.journal.has_value()) return std::nullopt;  // the next process goes on with it
  if (known.damaged.has_value()) {
    if (loader::testing::ReadFileSet(disk, paths_) == SetOf(installed)) {
      known.damaged.reset();
    } else if (process == Promises::Process::kRun && IsClean(result)) {
      return Finding{.promise = std::string(kPromiseWhole),
                     .what = "a damaged file stays as it is, and the run says nothing of it"};
    } else {
      return std::nullopt;
    }
  }
  if (installed.has_value()) {
    known.first_weight.emplace(*installed, loader::testing::WeightOf(image));
  }
  return FoundIn(CheckerOf(machine.index(), disk, installed).WhenWhole(disk, known.running));
}

void HostInvariants::Damaged(const Machine& machine) {
  base::MemoryFileSystem disk(machine.disk().SeenImage());
  hosts_[machine.index()].damaged = loader::testing::ReadFileSet(disk, paths_);
}

std::optional<Finding> HostInvariants::RecoveredAgain(const base::DiskImage& once,
                                                      const base::DiskImage& again) {
  if (IsSame(once, again)) return std::nullopt;
  const ::testing::AssertionResult unchanged = Invariants::IsUnchanged(once, again);
  if (unchanged) return std::nullopt;
  return Finding{.promise = std::string(kPromiseWhole), .what = unchanged.message()};
}

std::optional<Finding> HostInvariants::Settled(const Machine& machine,
                                               std::optional<size_t> installed) const {
  const base::DiskImage image = machine.disk().SeenImage();
  base::MemoryFileSystem disk(image);
  const HostChecker checker = CheckerOf(machine.index(), disk, installed);
  if (auto found = FoundIn(checker.WhenSettled(disk, NamesOf(image), SetOf(installed))))
    return found;
  const auto first = installed.has_value() ? hosts_[machine.index()].first_weight.find(*installed)
                                           : hosts_[machine.index()].first_weight.end();
  if (first == hosts_[machine.index()].first_weight.end()) return std::nullopt;
  const DiskWeight most = {.nodes = first->second.nodes + kMayVaryNodes,
                           .bytes = first->second.bytes + LargestSetBytes(sets_) + kMayVaryBytes};
  const ::testing::AssertionResult bounded =
      Invariants::HasNotGrown(most, loader::testing::WeightOf(image));
  if (bounded) return std::nullopt;
  return Finding{.promise = std::string(kPromiseWhole), .what = bounded.message()};
}

bool HostInvariants::Look::IsSameAs(const Look& other) const {
  return names == other.names &&
         std::equal(contents.begin(), contents.end(), other.contents.begin(), other.contents.end(),
                    [](const base::FileContents& a, const base::FileContents& b) {
                      return a.IsSharedWith(b);
                    });
}

HostInvariants::Look HostInvariants::LookAt(const Machine& machine) const {
  std::vector<std::string> paths = ManagedPaths();
  for (const absl::string_view name : {absl::string_view("trust"), loader::kJournalName}) {
    paths.push_back(base::JoinPath(world_.config().state_directory, name));
  }
  const base::DiskImage image = machine.disk().SeenImageUnder(paths);
  Look look;
  for (const std::string& path : paths) {
    const base::DiskNode* const node = image.Find(path);
    if (node != nullptr) LookUnder(image, path, *node, look.names, look.contents);
  }
  return look;
}

}  // namespace mig::sim
