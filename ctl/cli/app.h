// migctl as a function: a command line in, an exit status out.

#ifndef MIG_CTL_CLI_APP_H_
#define MIG_CTL_CLI_APP_H_

#include <string>
#include <vector>

#include "ctl/cli/world.h"

namespace mig::ctl {

// `arguments` without the program's name. Every error is one line of world.console.Err. Returns
// what ctl/output/exit_code.h lists.
int RunMigctl(const std::vector<std::string>& arguments, World& world);

}  // namespace mig::ctl

#endif  // MIG_CTL_CLI_APP_H_
