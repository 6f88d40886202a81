// gRPC writes lines of its own to standard error; people should see ours, with the way out.

#ifndef MIG_LOADER_TRANSPORT_GRPC_LOG_H_
#define MIG_LOADER_TRANSPORT_GRPC_LOG_H_

namespace mig::loader {

// Makes gRPC write nothing, unless GRPC_VERBOSITY is set already (to look for a fault). To be
// called by main before anything of gRPC, and before any thread: it changes the environment.
void QuietGrpc();

}  // namespace mig::loader

#endif  // MIG_LOADER_TRANSPORT_GRPC_LOG_H_
