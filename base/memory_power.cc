// What a power cut can leave of a memory disk.

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/memory_disk.h"
#include "base/memory_inode.h"

namespace mig::base::internal {

namespace {

// What is not durable, in the order of inode numbers.
struct Pending {
  std::vector<const Inode*> directories;  // with pending changes
  std::map<const Inode*, PossibleStates> files;
  size_t entry_changes = 0;
  // By entry change, counted through `directories`: which bit says whether it survives. Those that
  // are enumerated together share one, and the files with them.
  std::vector<size_t> bits;
  size_t bit_count = 0;
  std::optional<size_t> shared_bit;
  std::map<const Inode*, size_t> files_together;  // to the state that a sync would leave
  // What the newest operation changed: bits, and a file.
  std::vector<size_t> newest_bits;
  const Inode* newest_file = nullptr;

  size_t count() const { return bit_count + files.size(); }
};

// One choice of entry changes that survived, and the tree that it makes.
struct Tree {
  std::map<uint64_t, const Inode*> inodes;
  std::map<uint64_t, std::map<std::string, uint64_t>> entries;
  std::vector<const Inode*> dirty_files;  // that are in the tree
  bool is_shared_bit_set = false;

  std::string Signature() const {
    std::string text(is_shared_bit_set ? "+" : "-");
    for (const auto& [number, inode] : inodes) {
      absl::StrAppend(&text, number, "{");
      const auto directory = entries.find(number);
      if (directory == entries.end()) continue;
      for (const auto& [name, child] : directory->second)
        absl::StrAppend(&text, name, "/", child, "/");
    }
    return text;
  }
};

void Visit(const InodePtr& inode, absl::flat_hash_set<const Inode*>& seen) {
  if (inode == nullptr || !seen.insert(inode.get()).second) return;
  for (const auto& [name, child] : inode->entries) Visit(child, seen);
  for (const auto& [name, child] : inode->durable_entries) Visit(child, seen);
  for (const EntryChange& change : inode->pending) {
    for (const auto& [name, child] : change.names) Visit(child, seen);
  }
}

// The inodes at the paths, and all below them, in both images.
absl::flat_hash_set<const Inode*> InodesBelow(const MemoryDisk& disk,
                                              const std::vector<std::string>& paths) {
  absl::flat_hash_set<const Inode*> below;
  for (const std::string& path : paths) {
    InodePtr inode = disk.root();
    for (const absl::string_view name : absl::StrSplit(path, '/', absl::SkipEmpty())) {
      const auto entry = inode->entries.find(name);
      inode = entry == inode->entries.end() ? nullptr : entry->second;
      if (inode == nullptr) break;
    }
    Visit(inode, below);
  }
  return below;
}

Pending PendingOf(const MemoryDisk& disk, const std::vector<std::string>& together = {}) {
  absl::flat_hash_set<const Inode*> reachable;
  Visit(disk.root(), reachable);
  std::vector<const Inode*> inodes(reachable.begin(), reachable.end());
  std::sort(inodes.begin(), inodes.end(),
            [](const Inode* a, const Inode* b) { return a->number < b->number; });
  const absl::flat_hash_set<const Inode*> coarse = InodesBelow(disk, together);

  Pending pending;
  const auto shared_bit = [&pending] {
    if (!pending.shared_bit.has_value()) pending.shared_bit = pending.bit_count++;
    return *pending.shared_bit;
  };
  for (const Inode* inode : inodes) {
    const bool is_coarse = coarse.contains(inode);
    if (!inode->pending.empty()) pending.directories.push_back(inode);
    pending.entry_changes += inode->pending.size();
    for (size_t i = 0; i < inode->pending.size(); ++i) {
      const size_t bit = is_coarse ? shared_bit() : pending.bit_count++;
      pending.bits.push_back(bit);
      if (disk.newest().IsChange(*inode, i)) pending.newest_bits.push_back(bit);
    }
    if (!inode->is_dirty()) continue;
    PossibleStates states = PossibleStatesOf(*inode);
    if (is_coarse) {
      const size_t bit = shared_bit();
      if (disk.newest().file == inode) pending.newest_bits.push_back(bit);
      pending.files_together[inode] = states.synced;
      states.states = {states.states.front(), states.states[states.synced]};
    } else if (disk.newest().file == inode) {
      pending.newest_file = inode;
    }
    pending.files[inode] = std::move(states);
  }
  return pending;
}

// `survives[i]`: whether the i-th entry change does, counted through pending.directories.
Tree MakeTree(const MemoryDisk& disk, const Pending& pending, const std::vector<bool>& survives) {
  std::map<const Inode*, Entries> changed;
  size_t i = 0;
  for (const Inode* directory : pending.directories) {
    Entries& entries = changed[directory] = directory->durable_entries;
    for (const EntryChange& change : directory->pending) {
      if (survives[pending.bits[i++]]) Apply(change, entries);
    }
  }

  Tree tree;
  tree.is_shared_bit_set = pending.shared_bit.has_value() && survives[*pending.shared_bit];
  std::vector<const Inode*> todo = {disk.root().get()};
  while (!todo.empty()) {
    const Inode* inode = todo.back();
    todo.pop_back();
    if (!tree.inodes.emplace(inode->number, inode).second) continue;
    const bool is_fine = pending.files.contains(inode) && !pending.files_together.contains(inode);
    if (is_fine) tree.dirty_files.push_back(inode);
    if (inode->kind != FileKind::kDirectory) continue;
    const auto other = changed.find(inode);
    auto& entries = tree.entries[inode->number];
    for (const auto& [name, child] :
         other == changed.end() ? inode->durable_entries : other->second) {
      entries[name] = child->number;
      todo.push_back(child.get());
    }
  }
  return tree;
}

// `choice[i]`: the state of tree.dirty_files[i].
DiskImage MakeImage(const MemoryDisk& disk, const Pending& pending, const Tree& tree,
                    const std::vector<size_t>& choice) {
  DiskImage image;
  image.next_inode = disk.next_inode();
  for (const auto& [number, inode] : tree.inodes) {
    DiskNode& node = image.nodes[number];
    node.kind = inode->kind;
    node.mount = inode->mount;
    node.metadata = inode->durable_metadata;
    node.contents = inode->durable_contents;
    const auto entries = tree.entries.find(number);
    if (entries != tree.entries.end()) node.entries = entries->second;
    if (tree.is_shared_bit_set && pending.files_together.contains(inode)) {
      std::tie(node.contents, node.metadata) = pending.files.at(inode).states.back();
    }
  }
  for (size_t i = 0; i < tree.dirty_files.size(); ++i) {
    const Inode* file = tree.dirty_files[i];
    DiskNode& node = image.nodes[file->number];
    std::tie(node.contents, node.metadata) = pending.files.at(file).states[choice[i]];
  }
  return image;
}

uint64_t ImagesOf(const Pending& pending, const Tree& tree) {
  uint64_t count = 1;
  for (const Inode* file : tree.dirty_files) {
    count =
        std::min(count * pending.files.at(file).states.size(), 2 * MemoryFileSystem::kMaxImages);
  }
  return count;
}

// Counts `choice` up by one; false after the last one.
bool Next(const Pending& pending, const Tree& tree, std::vector<size_t>& choice) {
  for (size_t i = 0; i < choice.size(); ++i) {
    if (++choice[i] < pending.files.at(tree.dirty_files[i]).states.size()) return true;
    choice[i] = 0;
  }
  return false;
}

// Whether a power cut before the newest operation could not have left it, as far as its entries
// say.
bool HasNewest(const Pending& pending, const std::vector<bool>& survives) {
  return std::any_of(pending.newest_bits.begin(), pending.newest_bits.end(),
                     [&survives](size_t bit) { return survives[bit]; });
}

// With kNew: only trees with something of the newest operation in them.
std::vector<Tree> AllTrees(const MemoryDisk& disk, const Pending& pending, PowerCut::Which which) {
  std::vector<Tree> trees;
  absl::flat_hash_set<std::string> known;
  std::vector<bool> survives(pending.bit_count);
  for (uint64_t mask = 0; mask < uint64_t{1} << pending.bit_count; ++mask) {
    for (size_t i = 0; i < survives.size(); ++i) survives[i] = ((mask >> i) & 1) != 0;
    const bool is_new = HasNewest(pending, survives) || pending.newest_file != nullptr;
    if (which == PowerCut::Which::kNew && !is_new) continue;
    Tree tree = MakeTree(disk, pending, survives);
    if (known.insert(tree.Signature()).second) trees.push_back(std::move(tree));
  }
  return trees;
}

// Draws images; each different one is visited once.
class Sampler {
 public:
  Sampler(const MemoryDisk& disk, const Pending& pending, uint64_t seed,
          absl::FunctionRef<void(const DiskImage&)> visit)
      : disk_(disk), pending_(pending), state_(seed), visit_(visit) {}

  void VisitNothingDurable() {
    const Tree tree = MakeTree(disk_, pending_, std::vector<bool>(pending_.bit_count, false));
    VisitOnce(tree, std::vector<size_t>(tree.dirty_files.size(), 0));
  }

  void VisitEverythingDurable() {
    const Tree tree = MakeTree(disk_, pending_, std::vector<bool>(pending_.bit_count, true));
    std::vector<size_t> choice;
    for (const Inode* file : tree.dirty_files) choice.push_back(pending_.files.at(file).synced);
    VisitOnce(tree, choice);
  }

  void VisitRandom() {
    std::vector<bool> survives(pending_.bit_count);
    for (size_t i = 0; i < survives.size(); ++i) survives[i] = Draw(2) == 1;
    const Tree tree = MakeTree(disk_, pending_, survives);
    std::vector<size_t> choice;
    for (const Inode* file : tree.dirty_files) {
      choice.push_back(Draw(pending_.files.at(file).states.size()));
    }
    VisitOnce(tree, choice);
  }

  size_t visited() const { return known_.size(); }

 private:
  // splitmix64; a remainder's bias does not matter here.
  size_t Draw(size_t bound) {
    uint64_t mixed = state_ += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return static_cast<size_t>((mixed ^ (mixed >> 31)) % bound);
  }

  void VisitOnce(const Tree& tree, const std::vector<size_t>& choice) {
    std::string signature = tree.Signature();
    for (const size_t state : choice) absl::StrAppend(&signature, " ", state);
    if (known_.insert(std::move(signature)).second) {
      visit_(MakeImage(disk_, pending_, tree, choice));
    }
  }

  const MemoryDisk& disk_;
  const Pending& pending_;
  uint64_t state_;
  const absl::FunctionRef<void(const DiskImage&)> visit_;
  absl::flat_hash_set<std::string> known_;
};

}  // namespace

size_t PendingChangesOf(const MemoryDisk& disk) { return PendingOf(disk).count(); }

size_t ForEachDurableImageOf(const MemoryDisk& disk, const PowerCut& cut,
                             absl::FunctionRef<void(const DiskImage&)> visit) {
  const bool is_any_new = !disk.newest().changes.empty() || disk.newest().file != nullptr;
  if (cut.which == PowerCut::Which::kNew && !is_any_new) return 0;
  const Pending pending = PendingOf(disk, cut.together);
  const bool is_few = pending.count() <= MemoryFileSystem::kExhaustiveChanges;
  if (is_few && cut.which != PowerCut::Which::kDrawn) {
    const std::vector<Tree> trees = AllTrees(disk, pending, cut.which);
    uint64_t count = 0;
    for (const Tree& tree : trees) count += ImagesOf(pending, tree);
    if (count <= MemoryFileSystem::kMaxImages) {
      for (const Tree& tree : trees) {
        std::vector<size_t> choice(tree.dirty_files.size(), 0);
        do {
          visit(MakeImage(disk, pending, tree, choice));
        } while (Next(pending, tree, choice));
      }
      return static_cast<size_t>(count);
    }
  }
  Sampler sampler(disk, pending, cut.seed, visit);
  sampler.VisitNothingDurable();
  sampler.VisitEverythingDurable();
  for (size_t i = 0; i < cut.samples; ++i) sampler.VisitRandom();
  return sampler.visited();
}

}  // namespace mig::base::internal
