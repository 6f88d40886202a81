#include "tests/harness/operator.h"

#include "tests/harness/files.h"

namespace mig::tests {

absl::StatusOr<CommandResult> Operator::Try(std::vector<std::string> words) const {
  if (!passphrase_file_.empty()) {
    words.insert(words.begin(), {"--passphrase-file", passphrase_file_});
  }
  words.insert(words.begin(), {world_.programs().migctl, "--yes"});
  return world_.Run(words);
}

absl::StatusOr<CommandResult> Operator::Do(const std::vector<std::string>& words) const {
  absl::StatusOr<CommandResult> result = Try(words);
  MIG_RETURN_IF_ERROR(CheckExit(result, 0));
  return result;
}

absl::Status Operator::Release(const std::string& product, const std::string& version,
                               const std::vector<ReleaseVariant>& variants,
                               const std::vector<std::string>& keys,
                               const std::vector<std::string>& retire) const {
  std::vector<std::string> words = {"release", "publish",   "--product",
                                    product,   "--version", version};
  for (const std::string& name : retire) words.insert(words.end(), {"--retire", name});
  for (const ReleaseVariant& variant : variants) {
    if (!variant.filter.empty()) words.insert(words.end(), {"--variant", variant.filter});
    for (const ReleaseFile& file : variant.files) {
      words.push_back(absl::StrCat(file.component, "=", file.path));
    }
  }
  MIG_RETURN_IF_ERROR(Do(words).status());
  for (const std::string& key : keys) {
    MIG_RETURN_IF_ERROR(
        Do({"release", "sign", absl::StrCat(product, "@", version), "--key", key}).status());
  }
  return absl::OkStatus();
}

absl::Status Operator::Plan(const std::string& product, const std::string& version,
                            const std::vector<std::string>& keys, const std::string& more) const {
  const std::string name = absl::StrCat(product, "-", version);
  const std::string file = world_.Path(absl::StrCat(name, ".toml"));
  MIG_RETURN_IF_ERROR(WriteFile(
      file,
      absl::StrCat(
          "name = \"", name, "\"\n", more, "\n[[item]]\nproduct = \"", product, "\"\nrelease = \"",
          version,
          "\"\n\n[[wave]]\nname = \"all\"\nto = \"100%\"\nopens = \"+0\"\nsoak = \"10min\"\n")));
  MIG_RETURN_IF_ERROR(Do({"plan", "new", file}).status());
  for (const std::string& key : keys) {
    MIG_RETURN_IF_ERROR(Do({"plan", "sign", name, "--key", key}).status());
  }
  return absl::OkStatus();
}

}  // namespace mig::tests
