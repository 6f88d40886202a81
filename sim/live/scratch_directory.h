// A directory that is gone again with whoever made it.

#ifndef MIG_SIM_LIVE_SCRATCH_DIRECTORY_H_
#define MIG_SIM_LIVE_SCRATCH_DIRECTORY_H_

#include <string>

#include "absl/status/statusor.h"
#include "loader/services/unique_fd.h"

namespace mig::sim {

// Its owner holds a lock on it (flock(2)), which ends with its process however that ends: so the
// next one to be made removes those of the same user whose owner is gone.
class ScratchDirectory {
 public:
  // Below the system's temporary directory, 0700. PermissionDenied, ResourceExhausted.
  static absl::StatusOr<ScratchDirectory> Make();
  // Removes it and all that is in it.
  ~ScratchDirectory();

  ScratchDirectory(ScratchDirectory&& other) noexcept;
  ScratchDirectory& operator=(ScratchDirectory&&) = delete;

  const std::string& path() const { return path_; }

 private:
  ScratchDirectory(std::string path, loader::UniqueFd lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;  // empty: given away
  loader::UniqueFd lock_;
};

// Removes those that this process has, for when it is about to end without its destructors. Any
// thread; what is being written meanwhile may stay, and goes with the next one that is made.
void RemoveOwnScratchDirectories();

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_SCRATCH_DIRECTORY_H_
