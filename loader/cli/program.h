// mig-loader as a function: a read command line and a machine in, a screen and an exit status out.

#ifndef MIG_LOADER_CLI_PROGRAM_H_
#define MIG_LOADER_CLI_PROGRAM_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/executor.h"
#include "base/file_system.h"
#include "base/random.h"
#include "loader/cli/command_line.h"
#include "loader/cli/screens.h"
#include "loader/config/config.h"
#include "loader/host/host_facts.h"
#include "loader/run/connector.h"
#include "loader/services/services.h"

namespace mig::loader {

// What the process stands on. Borrowed; the makers are called once the configuration is read.
struct Machine {
  base::Clock& clock;
  base::Random& random;
  base::FileSystem& disk;
  base::Executor& executor;
  uint32_t owner_uid = 0;
  std::function<std::unique_ptr<HostFacts>(const Config&)> make_facts;
  std::function<std::unique_ptr<Services>(const Config&)> make_services;
  std::function<std::unique_ptr<Connector>(const Config&)> make_connector;
};

struct Answer {
  Screen screen;
  int exit_code = 0;
};

// Configuration and dictionary first: what is wrong there is one line and status 2, and nothing was
// changed.
Answer RunCommand(const Machine& machine, const Command& command);

}  // namespace mig::loader

#endif  // MIG_LOADER_CLI_PROGRAM_H_
