// One inode of a memory disk, in its two images.

#ifndef MIG_BASE_MEMORY_INODE_H_
#define MIG_BASE_MEMORY_INODE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/disk_image.h"
#include "base/file.h"
#include "base/file_contents.h"

namespace mig::base::internal {

struct Inode;
using InodePtr = std::shared_ptr<Inode>;
using Entries = std::map<std::string, InodePtr, std::less<>>;

// What one operation changed in one directory: durable as a whole, or not at all.
struct EntryChange {
  std::vector<std::pair<std::string, InodePtr>> names;  // null: the name goes
};

// Held by the entries, changes and handles that lead to it. Directories never move to another
// parent, so neither image has a cycle.
struct Inode {
  uint64_t number = 0;
  FileKind kind = FileKind::kFile;
  uint64_t mount = 0;
  uint64_t links = 0;    // in the seen image
  uint64_t handles = 0;  // open files
  bool is_locked = false;

  DiskMetadata metadata;
  DiskMetadata durable_metadata;
  bool is_metadata_dirty = false;

  // Of a file.
  struct Dirty {
    uint64_t begin;  // all that was written since the last sync lies in [begin, end)
    uint64_t end;
    uint64_t least_size_bytes;  // since the last sync
  };
  FileContents contents;
  FileContents durable_contents;
  std::optional<Dirty> dirty;
  bool has_lost_pages = false;  // a sync failed: outside of `dirty` the two images differ

  // Of a directory.
  Entries entries;
  Entries durable_entries;
  std::vector<EntryChange> pending;

  bool is_dirty() const { return dirty.has_value() || is_metadata_dirty; }
};

// Applies one change to either image of a directory.
void Apply(const EntryChange& change, Entries& entries);

// Notes that [begin, end) of the file was written, or that it was resized.
void NoteWrite(Inode& file, uint64_t begin, uint64_t end);

// What the file holds durably once its dirty bytes are.
FileContents ContentsWhenSynced(const Inode& file);

// In which states a power cut can leave a file: each one once.
struct PossibleStates {
  std::vector<std::pair<FileContents, DiskMetadata>> states;  // the first one is the durable one
  size_t synced = 0;                                          // index of what a sync would leave
};
PossibleStates PossibleStatesOf(const Inode& file);

}  // namespace mig::base::internal

#endif  // MIG_BASE_MEMORY_INODE_H_
