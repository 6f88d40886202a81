#include "tests/harness/programs.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

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

absl::StatusOr<Programs> Programs::Find(const std::string& argv0) {
  const fs::path root = RunfilesRoot(argv0);
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
    std::error_code error;
    // The file itself: a runfiles tree is links, and goes away with a sandbox.
    const fs::path file = fs::canonical(root / named.file, error);
    if (error) {
      return absl::NotFoundError(absl::StrCat((root / named.file).string(), ": ", error.message(),
                                              "; build //tests/demo:demo and run it from there"));
    }
    named.path = file.string();
  }
  return programs;
}

}  // namespace mig::tests
