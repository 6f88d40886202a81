// A commented coordinator.toml: what `mig-coordinator init` writes and people begin with.

#ifndef MIG_COORDINATOR_SERVER_CONFIG_TEMPLATE_H_
#define MIG_COORDINATOR_SERVER_CONFIG_TEMPLATE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace mig::coordinator {

// Listens for loaders and operators on all addresses, serves metrics on loopback only.
std::string ConfigTemplate(absl::string_view name, absl::string_view trust_domain);

}  // namespace mig::coordinator

#endif  // MIG_COORDINATOR_SERVER_CONFIG_TEMPLATE_H_
