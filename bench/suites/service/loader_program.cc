#include "bench/suites/service/loader_program.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/clock.h"
#include "loader/scan/digest_cache.h"

namespace mig::bench {
namespace {

void Write(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  file.close();
  MIG_CHECK(!file.fail()) << path;
  std::filesystem::permissions(
      path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

std::string Component(const std::string& name, const std::string& directory, uint64_t max_bytes) {
  return absl::StrCat("[product.agent.component.", name, "]\npath = \"", directory, "/", name,
                      "\"\nowner = \"", geteuid(), ":", getegid(), "\"\nmax_bytes = ", max_bytes,
                      "\n");
}

}  // namespace

std::optional<Programs> ProgramsBesideThisOne() {
  std::error_code failed;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", failed);
  const std::filesystem::path bin = self.parent_path().parent_path();
  const Programs programs = {.mig_loader = bin / "loader/mig-loader",
                             .one_call = bin / "bench/transport/one_call"};
  const bool are_there = access(programs.mig_loader.c_str(), X_OK) == 0 &&
                         access(programs.one_call.c_str(), X_OK) == 0;
  if (!are_there) return std::nullopt;
  return programs;
}

LoaderProgram::LoaderProgram(Domain& domain, const std::string& program) : program_(program) {
  std::filesystem::create_directory(Path("agent"));
  std::string dictionary = "[product.agent]\nactivation = \"none\"\n";
  for (const std::string& name : domain.component_names()) {
    dictionary += Component(name, Path("agent"), domain.content_bytes());
  }
  Write(Path("dictionary.toml"), dictionary);
  Write(Path("root"), domain.root_envelope());
  Write(Path("token"), domain.spare_token());
  Write(Path("loader.toml"),
        absl::StrCat("coordinators = [\"127.0.0.1:", domain.port(),
                     "\"]\nenrollment = \"127.0.0.1:", domain.enrollment_port(),
                     "\"\ntrust_domain = \"", Domain::kTrustDomain, "\"\nstate_directory = \"",
                     Path("state"), "\"\nroot_file = \"", Path("root"), "\"\ndictionary_file = \"",
                     Path("dictionary.toml"), "\"\n"));
  RunChild({program_, "enroll", "--config", Path("loader.toml"), "--token-file", Path("token")});
  Run();  // installs the release
  // Digests of files that are younger than this are not remembered (loader/scan/digest_cache.h).
  const base::MonotonicTime old_enough =
      domain.clock().MonotonicNow() + loader::DigestCache::kLeastAge;
  while (domain.clock().MonotonicNow() <= old_enough) Run();
  Run();
}

std::vector<std::string> LoaderProgram::Command() const {
  return {program_, "run", "--now", "--config", Path("loader.toml")};
}

OneCall::OneCall(Domain& domain, const KeptHost& host, const v1::CheckInAnswer& answer,
                 const std::string& program)
    : empty_(domain.server(), {.check_in = answer}), program_(program) {
  Write(scratch_.path() + "/chain", host.pems.chain);
  Write(scratch_.path() + "/key", host.pems.key);
  Write(scratch_.path() + "/ca", host.pems.server_ca);
  Write(scratch_.path() + "/request", host.request.SerializeAsString());
}

std::vector<std::string> OneCall::Command() const {
  const std::string& directory = scratch_.path();
  return {program_,
          absl::StrCat("127.0.0.1:", empty_.port()),
          directory + "/chain",
          directory + "/key",
          directory + "/ca",
          directory + "/request"};
}

}  // namespace mig::bench
