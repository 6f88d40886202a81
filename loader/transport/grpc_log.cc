#include "loader/transport/grpc_log.h"

#include <cstdlib>

namespace mig::loader {

void QuietGrpc() { setenv("GRPC_VERBOSITY", "NONE", /*replace=*/0); }

}  // namespace mig::loader
