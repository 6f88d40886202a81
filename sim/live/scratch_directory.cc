#include "sim/live/scratch_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mig::sim {

namespace {

namespace fs = std::filesystem;
using loader::UniqueFd;

constexpr char kPrefix[] = "mig-sim-";
// Another process takes a new one for left over only in the moment before it is locked.
constexpr int kTries = 8;

UniqueFd OpenDirectory(const fs::path& path) {
  return UniqueFd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// Whether `path` is still the directory that is open.
bool IsStillAt(const UniqueFd& directory, const fs::path& path) {
  struct stat open_one = {};
  struct stat there = {};
  return fstat(directory.get(), &open_one) == 0 && lstat(path.c_str(), &there) == 0 &&
         open_one.st_dev == there.st_dev && open_one.st_ino == there.st_ino;
}

bool IsOwnUsers(const UniqueFd& directory) {
  struct stat found = {};
  return fstat(directory.get(), &found) == 0 && found.st_uid == geteuid();
}

void Remove(const fs::path& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

// What is in a directory; nothing if it cannot be read.
std::vector<fs::path> EntriesOf(const fs::path& directory) {
  std::vector<fs::path> entries;
  std::error_code ignored;
  for (fs::directory_iterator entry(directory, ignored), end; entry != end;
       entry.increment(ignored)) {
    entries.push_back(entry->path());
  }
  return entries;
}

bool IsOneOfOurs(const fs::path& path) {
  return absl::StartsWith(path.filename().string(), kPrefix);
}

// Of owners that were killed.
void RemoveLeftovers(const fs::path& temporary) {
  for (const fs::path& path : EntriesOf(temporary)) {
    if (!IsOneOfOurs(path)) continue;
    const UniqueFd directory = OpenDirectory(path);
    if (!directory.ok() || !IsOwnUsers(directory)) continue;
    if (flock(directory.get(), LOCK_EX | LOCK_NB) == 0) Remove(path);
  }
}

}  // namespace

absl::StatusOr<ScratchDirectory> ScratchDirectory::Make() {
  std::error_code error;
  const fs::path temporary = fs::temp_directory_path(error);
  if (!error) RemoveLeftovers(temporary);
  const std::string pattern = absl::StrCat((temporary / kPrefix).string(), "XXXXXX");
  for (int i = 0; !error && i < kTries; ++i) {
    std::string path = pattern;
    if (mkdtemp(path.data()) == nullptr) {
      error = std::error_code(errno, std::generic_category());
      break;
    }
    UniqueFd lock = OpenDirectory(path);
    if (lock.ok() && flock(lock.get(), LOCK_EX) == 0 && IsStillAt(lock, path)) {
      return ScratchDirectory(std::move(path), std::move(lock));
    }
  }
  return absl::ErrnoToStatus(
      error ? error.value() : EBUSY,
      absl::StrCat("no directory ", pattern, " for the coordinator; set TMPDIR to another place"));
}

ScratchDirectory::ScratchDirectory(ScratchDirectory&& other) noexcept
    : path_(std::exchange(other.path_, "")), lock_(std::move(other.lock_)) {}

ScratchDirectory::~ScratchDirectory() {
  if (!path_.empty()) Remove(path_);
}

void RemoveOwnScratchDirectories() {
  std::error_code error;
  const fs::path temporary = fs::canonical(fs::temp_directory_path(error), error);
  for (const fs::path& entry : EntriesOf("/proc/self/fd")) {
    const fs::path path = fs::read_symlink(entry, error);
    if (!error && path.parent_path() == temporary && IsOneOfOurs(path)) Remove(path);
  }
}

}  // namespace mig::sim
