// mig-sim's arguments, read: one verb and what belongs to it.

#ifndef MIG_SIM_CLI_COMMAND_LINE_H_
#define MIG_SIM_CLI_COMMAND_LINE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sim/scenario/mode.h"

namespace mig::sim {

// `mig-sim run`.
struct Command {
  enum class Format { kText, kJson };

  std::string scenario;
  Mode mode = Mode::kVirtual;
  std::optional<uint64_t> seed;  // none: another one each time
  Format format = Format::kText;
  std::string coordinator;  // empty: the one beside this program
};

// Nothing to do but print and end: --help, --version (0), or arguments that are wrong (2).
struct Farewell {
  std::string out;
  std::string err;
  int exit = 0;
};

// `arguments` without the program's name.
std::variant<Command, Farewell> ReadCommandLine(const std::vector<std::string>& arguments);

}  // namespace mig::sim

#endif  // MIG_SIM_CLI_COMMAND_LINE_H_
