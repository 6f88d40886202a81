// TLS 1.3 only, with a gRPC that has no call for it (CONTRACT.md 8).

#ifndef MIG_LOADER_TRANSPORT_TLS13_H_
#define MIG_LOADER_TRANSPORT_TLS13_H_

namespace mig::loader {

// Says that TLS 1.2 is refused in this process: whoever opens a connection asks for one.
class Tls13Required {
 public:
  // Makes gRPC refuse TLS 1.2, by GRPC_SSL_CIPHER_SUITES: its only entry is a 1.2 suite that nobody
  // can use, and 1.3's suites are not touched by it. To be called by main before anything of gRPC,
  // and before any thread: it changes the environment. Started processes get none of it
  // (services/child_process.h starts them with a clean one).
  static Tls13Required InThisProcess();

 private:
  Tls13Required() = default;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_TRANSPORT_TLS13_H_
