#include "sim/cli/find_coordinator.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"

namespace mig::sim {

namespace {

namespace fs = std::filesystem;

bool IsProgram(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

absl::StatusOr<std::string> FindCoordinator(const std::string& own_program,
                                            const std::string& given) {
  std::error_code error;
  if (!given.empty()) {
    const fs::path path = fs::absolute(given, error).lexically_normal();
    if (!error && IsProgram(path)) return path.string();
    return absl::NotFoundError(
        absl::StrCat("--coordinator ", base::Escaped(given),
                     " is no program; build //coordinator:mig-coordinator and give its path"));
  }
  const fs::path folder = fs::path(own_program).parent_path();
  for (const fs::path& path :
       {folder / "../coordinator/mig-coordinator", folder / "mig-coordinator"}) {
    if (IsProgram(path)) return path.lexically_normal().string();
  }
  return absl::NotFoundError(
      absl::StrCat("no mig-coordinator beside ", base::Escaped(own_program),
                   "; bazel build //coordinator:mig-coordinator, or give --coordinator PROGRAM"));
}

}  // namespace mig::sim
