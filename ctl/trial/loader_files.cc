#include "ctl/trial/loader_files.h"

#include "absl/strings/str_cat.h"
#include "base/path.h"
#include "base/toml.h"
#include "coordinator/server/directory_layout.h"

namespace mig::ctl {
namespace {

std::string Path(const LoaderFacts& facts, absl::string_view name) {
  return base::TomlQuoted(base::JoinPath(facts.directory, name));
}

}  // namespace

std::string LoaderToml(const LoaderFacts& facts) {
  return absl::StrCat(
      "# A trial's loader. mig-loader --config THIS-FILE enroll --token-file FILE, then run "
      "--now.\n"
      "coordinators = [",
      base::TomlQuoted(facts.coordinator),
      "]\n"
      "enrollment = ",
      base::TomlQuoted(facts.enrollment),
      "\n"
      "trust_domain = ",
      base::TomlQuoted(facts.trust_domain),
      "\n"
      "interval = \"",
      absl::ToInt64Seconds(facts.interval),
      "s\"\n"
      "\n"
      "state_directory = ",
      Path(facts, "state"),
      "\n"
      "root_file = ",
      Path(facts, coordinator::layout::kLoaderRoot),
      "\n"
      "dictionary_file = ",
      Path(facts, coordinator::layout::kLoaderDictionary), "\n");
}

std::string DictionaryToml(const LoaderFacts& facts) {
  const std::string directory = base::JoinPath(facts.directory, "files");
  const std::string program = base::TomlQuoted(base::JoinPath(directory, facts.product));
  const std::string product = absl::StrCat("product.", facts.product);
  return absl::StrCat(
      "# Which file each component is here, and how the agent is started. Make it fit your agent.\n"
      "[",
      product,
      "]\n"
      "activation = \"process\"\n"
      "command = [",
      program,
      "]\n"
      "probation = \"10s\"\n"
      "# Asked while it is on probation: probe = { http = \"http://127.0.0.1:9100/metrics\", "
      "timeout "
      "= \"5s\" }\n"
      "\n"
      "[",
      product, ".component.", facts.product,
      "]\n"
      "path = ",
      program,
      "\n"
      "mode = \"0755\"\n"
      "owner = \"root:root\"\n"
      "max_bytes = 268435456\n");
}

}  // namespace mig::ctl
