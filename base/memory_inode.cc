#include "base/memory_inode.h"

#include <algorithm>

namespace mig::base::internal {

void Apply(const EntryChange& change, Entries& entries) {
  for (const auto& [name, inode] : change.names) {
    if (inode == nullptr) {
      entries.erase(name);
    } else {
      entries.insert_or_assign(name, inode);
    }
  }
}

void NoteWrite(Inode& file, uint64_t begin, uint64_t end) {
  const uint64_t size_bytes = file.contents.size_bytes();
  if (!file.dirty.has_value()) {
    file.dirty = Inode::Dirty{begin, end, std::min(size_bytes, file.durable_contents.size_bytes())};
  }
  file.dirty->begin = std::min(file.dirty->begin, begin);
  file.dirty->end = std::max(file.dirty->end, end);
  file.dirty->least_size_bytes = std::min(file.dirty->least_size_bytes, size_bytes);
}

FileContents ContentsWhenSynced(const Inode& file) {
  if (!file.dirty.has_value()) return file.durable_contents;
  if (!file.has_lost_pages) return file.contents;
  FileContents synced = file.durable_contents;
  synced.Resize(std::min(synced.size_bytes(), file.dirty->least_size_bytes));
  synced.Resize(file.contents.size_bytes());
  synced.Overlay(file.contents, file.dirty->begin, file.dirty->end);
  return synced;
}

namespace {

// Times are left out: no one's fate hangs on the time of a file that was not synced.
bool IsSame(const FileContents& contents, const DiskMetadata& metadata, const FileContents& others,
            const DiskMetadata& other) {
  return metadata.mode == other.mode && metadata.uid == other.uid && metadata.gid == other.gid &&
         metadata.attributes == other.attributes && contents == others;
}

// Returns the index of the state, which is added if it is not there yet.
size_t AddState(FileContents contents, const DiskMetadata& metadata, PossibleStates& possible) {
  for (size_t i = 0; i < possible.states.size(); ++i) {
    const auto& [others, other] = possible.states[i];
    if (IsSame(contents, metadata, others, other)) return i;
  }
  possible.states.emplace_back(std::move(contents), metadata);
  return possible.states.size() - 1;
}

}  // namespace

PossibleStates PossibleStatesOf(const Inode& file) {
  PossibleStates possible;
  AddState(file.durable_contents, file.durable_metadata, possible);
  if (!file.dirty.has_value()) {
    possible.synced = AddState(file.durable_contents, file.metadata, possible);
    return possible;
  }
  const Inode::Dirty& dirty = *file.dirty;
  const FileContents synced = ContentsWhenSynced(file);
  const uint64_t middle = dirty.begin + (dirty.end - dirty.begin) / 2;

  FileContents cut = file.durable_contents;
  cut.Resize(std::min(cut.size_bytes(), dirty.least_size_bytes));
  FileContents zeros = cut;
  zeros.Resize(synced.size_bytes());
  FileContents half = cut;
  half.Resize(std::max(half.size_bytes(), std::min(middle, synced.size_bytes())));
  half.Overlay(synced, dirty.begin, middle);

  AddState(std::move(cut), file.durable_metadata, possible);
  AddState(std::move(half), file.durable_metadata, possible);
  AddState(std::move(zeros), file.metadata, possible);
  possible.synced = AddState(synced, file.metadata, possible);
  return possible;
}

}  // namespace mig::base::internal
