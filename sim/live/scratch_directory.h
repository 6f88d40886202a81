// A directory that is gone again with whoever made it.

#ifndef MIG_SIM_LIVE_SCRATCH_DIRECTORY_H_
#define MIG_SIM_LIVE_SCRATCH_DIRECTORY_H_

#include <string>

#include "absl/status/statusor.h"

namespace mig::sim {

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
  explicit ScratchDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;  // empty: given away
};

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_SCRATCH_DIRECTORY_H_
