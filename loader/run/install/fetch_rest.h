// Contents on their way from a coordinator, straight into the file that will replace a target.

#ifndef MIG_LOADER_RUN_INSTALL_FETCH_REST_H_
#define MIG_LOADER_RUN_INSTALL_FETCH_REST_H_

#include <string>

#include "absl/status/status.h"
#include "loader/install/partial_file.h"
#include "loader/run/session/effort.h"
#include "loader/transport/coordinator_client.h"

namespace mig::loader {

// How often a connection that breaks is tried again at once, as long as each try brought something.
inline constexpr int kMaxResumes = 16;

// Gets what `part` still lacks; how many bytes came is added to `effort`. Memory: one chunk.
// Errors: as CoordinatorClient::Fetch and PartialFile::Append; after those of the network what came
// stays, to go on from.
absl::Status FetchRest(CoordinatorClient& client, const std::string& ticket, PartialFile& part,
                       Effort& effort);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_INSTALL_FETCH_REST_H_
