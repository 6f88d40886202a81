// The agent's configuration file.

#ifndef MIG_TESTS_AGENT_SETTINGS_H_
#define MIG_TESTS_AGENT_SETTINGS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace mig::tests {

struct Settings {
  std::string config_path;
  uint32_t http_port = 0;  // http_port  on 127.0.0.1; 0: none
  std::string socket;      // socket     path of a unix socket; empty: none
  std::string pid_file;    // pid_file   locked while it runs; --install and --stop need it
  std::string setting;     // setting    any word: shown with version and pid
  std::string on_sigusr1;  // on_sigusr1 a command, its words apart by blanks: run at each SIGUSR1
};

// Errors: NotFound         the file cannot be read
//         InvalidArgument  it is malformed or longer than 64 KiB; says which file and line
absl::StatusOr<Settings> ReadSettings(const std::string& path);

}  // namespace mig::tests

#endif  // MIG_TESTS_AGENT_SETTINGS_H_
