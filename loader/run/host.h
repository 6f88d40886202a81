// Everything outside of the process that the loader's logic sees, once: main makes it, or a test,
// or the simulator.

#ifndef MIG_LOADER_RUN_HOST_H_
#define MIG_LOADER_RUN_HOST_H_

#include <cstdint>

#include "base/clock.h"
#include "base/executor.h"
#include "base/file_system.h"
#include "base/random.h"
#include "loader/config/config.h"
#include "loader/config/dictionary.h"
#include "loader/host/host_facts.h"
#include "loader/install/place.h"
#include "loader/run/connector.h"
#include "loader/services/services.h"

namespace mig::loader {

// All borrowed. The loader's logic runs on the caller's thread or fiber, starts none itself, takes
// no mutex, reads no other clock and no environment variable.
struct Host {
  base::Clock& clock;
  base::Random& random;
  base::FileSystem& disk;
  base::Executor& executor;
  HostFacts& facts;
  Services& services;
  Connector& connector;
  const Config& config;
  const Dictionary& dictionary;
  // Whom the process runs as; only root and this user may be able to change what the loader trusts.
  uint32_t owner_uid = 0;

  Place place() const {
    return {.disk = disk, .state_directory = config.state_directory, .owner_uid = owner_uid};
  }
};

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_HOST_H_
