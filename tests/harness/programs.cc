#include "tests/harness/programs.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace mig::tests {

namespace fs = std::filesystem;

namespace {

constexpr char kWorkspace[] = "mig_loader";

fs::path RunfilesRoot(const std::string& argv0) {
  if (const char* const tests = std::getenv("TEST_SRCDIR"); tests != nullptr) {
    return fs::path(tests) / kWorkspace;
  }
  return fs::absolute(argv0 + ".runfiles") / kWorkspace;
}

}  // namespace

absl::StatusOr<std::string> FindRunfile(const std::string& argv0, const std::string& file) {
  const fs::path link = RunfilesRoot(argv0) / file;
  std::error_code error;
  // The file itself: a runfiles tree is links, and goes away with a sandbox.
  const fs::path found = fs::canonical(link, error);
  if (!error) return found.string();
  return absl::NotFoundError(absl::StrCat(link.string(), ": ", error.message(),
                                          "; build //tests/demo:demo and run it from there"));
}

absl::StatusOr<Programs> Programs::Find(const std::string& argv0) {
  Programs programs;
  struct Named {
    std::string& path;
    const char* file;
  };
  for (const Named& named :
       {Named{programs.loader, "loader/mig-loader"},
        Named{programs.coordinator, "coordinator/mig-coordinator"},
        Named{programs.migctl, "ctl/migctl"}, Named{programs.agent, "tests/agent/mig-test-agent"},
        Named{programs.make_agent, "tests/agent/make_agent"}}) {
    MIG_ASSIGN_OR_RETURN(named.path, FindRunfile(argv0, named.file));
  }
  return programs;
}

}  // namespace mig::tests
