#include "sim/live/scratch_directory.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mig::sim {

absl::StatusOr<ScratchDirectory> ScratchDirectory::Make() {
  std::error_code error;
  std::string path = (std::filesystem::temp_directory_path(error) / "mig-sim-XXXXXX").string();
  if (error || mkdtemp(path.data()) == nullptr) {
    return absl::ErrnoToStatus(
        error ? error.value() : errno,
        absl::StrCat("no directory ", path, " for the coordinator; set TMPDIR to another place"));
  }
  return ScratchDirectory(std::move(path));
}

ScratchDirectory::ScratchDirectory(ScratchDirectory&& other) noexcept
    : path_(std::exchange(other.path_, "")) {}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace mig::sim
