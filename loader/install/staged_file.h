// Step 1 of an install (DESIGN.md 5), done: new contents lie on disk beside the file they will
// replace. partial_file.h makes them. Why the fsync and the reading back come before any rename:
// Pillai et al., OSDI 2014.

#ifndef MIG_LOADER_INSTALL_STAGED_FILE_H_
#define MIG_LOADER_INSTALL_STAGED_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "base/hash_file.h"
#include "loader/install/file_facts.h"

namespace mig::loader {

// What the names of staged files begin with. No component's file can have such a name.
inline constexpr absl::string_view kStagedPrefix = ".mig-stage-";

// The name under which `content` waits to become `file_name`: the same in every run, so that what
// an interrupted run left is found.
std::string StagedName(absl::string_view file_name, const base::FileDigest& content);

// A new file next to its target: complete, fsynced, read back, with the contents, mode and owner
// it should have. Its *name* is durable after the directory's Sync. Move-only; removes itself
// unless Release was called. One thread at a time. `directory` must outlive it.
class StagedFile {
 public:
  StagedFile(StagedFile&& other) noexcept;
  StagedFile& operator=(StagedFile&&) = delete;
  ~StagedFile();

  const std::string& name() const { return name_; }
  const FileFacts& facts() const { return facts_; }

  // DataLoss unless it is still the very file that was read back (size, mode, owner, times), with
  // no second link. One stat.
  absl::Status CheckUntouched() const;

  // Leaves the file where it is: the journal has it now, or a later run shall find it.
  void Release() { directory_ = nullptr; }

 private:
  friend class PartialFile;  // the only one who makes them

  StagedFile(base::Directory& directory, std::string name, const FileFacts& facts,
             const base::FileStat& stat)
      : directory_(&directory), name_(std::move(name)), facts_(facts), stat_(stat) {}

  base::Directory* directory_;  // nullptr: not ours to remove
  std::string name_;
  FileFacts facts_;
  base::FileStat stat_;  // when it was read back
};

}  // namespace mig::loader

#endif  // MIG_LOADER_INSTALL_STAGED_FILE_H_
