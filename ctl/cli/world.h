// What migctl touches, passed in, so that tests run whole command lines.

#ifndef MIG_CTL_CLI_WORLD_H_
#define MIG_CTL_CLI_WORLD_H_

#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "ctl/context/context_store.h"
#include "ctl/files/local_files.h"
#include "ctl/output/console.h"
#include "ctl/transport/admin_client.h"

namespace mig::ctl {

// All borrowed; one thread.
struct World {
  Console& console;
  const LocalFiles& files;
  base::Clock& clock;
  base::Random& random;
  Connector& connector;
  Environment environment;
};

}  // namespace mig::ctl

#endif  // MIG_CTL_CLI_WORLD_H_
