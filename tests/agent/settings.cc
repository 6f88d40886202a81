#include "tests/agent/settings.h"

#include <fstream>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "tests/agent/key_values.h"

namespace mig::tests {

absl::StatusOr<Settings> ReadSettings(const std::string& path) {
  constexpr size_t kMaxBytes = 64 << 10;
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be read; see --config"));
  std::string text(kMaxBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kMaxBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": more than ", kMaxBytes, " bytes"));
  }

  MIG_ASSIGN_OR_RETURN(KeyValues values, ParseKeyValues(text, path));
  Settings settings;
  settings.config_path = path;
  MIG_ASSIGN_OR_RETURN(settings.http_port, TakeNumber(values, "http_port", 65'535, path));
  settings.socket = TakeText(values, "socket", "");
  settings.pid_file = TakeText(values, "pid_file", "");
  settings.setting = TakeText(values, "setting", "none");
  settings.on_sigusr1 = TakeText(values, "on_sigusr1", "");
  MIG_RETURN_IF_ERROR(CheckAllTaken(values, path));
  return settings;
}

}  // namespace mig::tests
