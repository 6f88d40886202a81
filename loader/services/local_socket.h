// A connection within this machine, made and used by a background thread that polls.

#ifndef MIG_LOADER_SERVICES_LOCAL_SOCKET_H_
#define MIG_LOADER_SERVICES_LOCAL_SOCKET_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "loader/services/unique_fd.h"

namespace mig::loader {

// Each waits until it is done, failed (Unavailable), or `cancel` is readable (Cancelled).

absl::StatusOr<UniqueFd> ConnectTcp(const std::string& address, uint16_t port, int cancel);
// `path`: at most 107 bytes, else InvalidArgument.
absl::StatusOr<UniqueFd> ConnectUnix(const std::string& path, int cancel);
absl::Status SendAll(int socket, const std::string& bytes, int cancel);
// Some bytes, at most `max_bytes`; none at the end.
absl::StatusOr<std::string> ReceiveSome(int socket, size_t max_bytes, int cancel);

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_LOCAL_SOCKET_H_
