// mig-loader's arguments, read: one verb and what belongs to it.

#ifndef MIG_LOADER_CLI_COMMAND_LINE_H_
#define MIG_LOADER_CLI_COMMAND_LINE_H_

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/digest.h"
#include "loader/cli/screens.h"
#include "loader/run/run.h"

namespace mig::loader {

struct Command {
  enum class Verb { kRun, kDryRun, kStatus, kExplain, kEnvironment, kEnroll, kRecover };
  Verb verb = Verb::kRun;
  std::string config = "/etc/mig-loader/loader.toml";
  Format format = Format::kText;
  When when = When::kAtItsSlot;
  bool detailed_exit_code = false;  // kOk becomes kChanged where something was changed
  std::string token_file;
  std::optional<base::Digest> ca_pin;
};

// Nothing to do but print and end: --help, --version (0), or arguments that are wrong (2).
struct Farewell {
  Screen screen;
  int exit_code = 0;
};

// `arguments` without the program's name.
std::variant<Command, Farewell> ReadCommandLine(const std::vector<std::string>& arguments);

}  // namespace mig::loader

#endif  // MIG_LOADER_CLI_COMMAND_LINE_H_
