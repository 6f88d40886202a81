#include "coordinator/transport/tls13.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"

namespace mig::coordinator {
namespace {

// A client hello is built from its parts (RFC 8446, 4.1.2), each with its length before it.
std::string WithLength(size_t width, const std::string& body) {
  std::string out;
  for (size_t i = width; i-- > 0;) out.push_back(static_cast<char>(body.size() >> (8 * i)));
  return out + body;
}

std::string Extension(uint16_t type, const std::string& body) {
  return std::string{static_cast<char>(type >> 8), static_cast<char>(type)} + WithLength(2, body);
}

enum class Offer { kTls12, kTls13 };

std::string ClientHello(Offer offer) {
  const bool modern = offer == Offer::kTls13;
  // 1.3: AES-128-GCM and AES-256-GCM. 1.2: ECDHE with ECDSA or RSA and the same.
  const std::string suites = absl::HexStringToBytes(modern ? "13011302" : "c02bc02cc02fc030");
  // supported_groups x25519, secp256r1; signature_algorithms; ec_point_formats uncompressed.
  std::string extensions = Extension(10, WithLength(2, absl::HexStringToBytes("001d0017"))) +
                           Extension(13, WithLength(2, absl::HexStringToBytes("04030804"))) +
                           Extension(11, WithLength(1, std::string(1, '\0')));
  if (modern) {
    // supported_versions 1.3 alone; a key share whose point is x25519's base point.
    const std::string point = std::string(1, '\x09') + std::string(31, '\0');
    const std::string share = absl::HexStringToBytes("001d") + WithLength(2, point);
    extensions += Extension(43, WithLength(1, absl::HexStringToBytes("0304"))) +
                  Extension(51, WithLength(2, share));
  }
  // gRPC's servers speak only to who offers HTTP/2.
  extensions += Extension(16, WithLength(2, WithLength(1, "h2")));
  const std::string hello = absl::HexStringToBytes("0303") + std::string(32, 'm') +
                            WithLength(1, "") + WithLength(2, suites) +
                            WithLength(1, std::string(1, '\0')) + WithLength(2, extensions);
  const std::string handshake = std::string(1, '\x01') + WithLength(3, hello);
  return absl::HexStringToBytes("160301") + WithLength(2, handshake);
}

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

absl::StatusOr<Socket> Connect(const std::string& host, uint16_t port, absl::Duration timeout) {
  sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
  sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  const bool is_v4 = inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1;
  MIG_CHECK(is_v4 || inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) << host;
  Socket made(socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit = absl::ToTimeval(timeout);
  const sockaddr* address =
      is_v4 ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6);
  if (made.get() < 0 ||
      setsockopt(made.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
      setsockopt(made.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 ||
      connect(made.get(), address, is_v4 ? sizeof v4 : sizeof v6) != 0) {
    return absl::UnavailableError(absl::StrCat("cannot connect to the own listener ", host, ":",
                                               port, ": ", strerror(errno)));
  }
  return made;
}

// The first bytes of the answer, at most 3; fewer if the server closes or nothing comes in time.
absl::StatusOr<std::string> AnswerTo(const std::string& host, uint16_t port, Offer offer,
                                     absl::Duration timeout) {
  MIG_ASSIGN_OR_RETURN(const Socket connection, Connect(host, port, timeout));
  const std::string hello = ClientHello(offer);
  if (send(connection.get(), hello.data(), hello.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(hello.size())) {
    return std::string();
  }
  std::string answer(3, '\0');
  const ssize_t got = recv(connection.get(), answer.data(), answer.size(), MSG_WAITALL);
  answer.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return answer;
}

bool IsServerHello(const std::string& answer) { return answer == "\x16\x03\x03"; }

}  // namespace

void RequireTls13() {
  MIG_CHECK(setenv("GRPC_SSL_CIPHER_SUITES", "PSK-AES256-GCM-SHA384", 1) == 0);
}

absl::Status ProveOnlyTls13(const std::string& host, uint16_t port, absl::Duration timeout) {
  // 0.0.0.0 and :: listen everywhere, on loopback too.
  const std::string at = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host;
  MIG_ASSIGN_OR_RETURN(const std::string old, AnswerTo(at, port, Offer::kTls12, timeout));
  if (IsServerHello(old)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the listener ", at, ":", port, " accepts TLS 1.2, so nothing is served; is ",
                     "GRPC_SSL_CIPHER_SUITES set by hand, or is this another gRPC than Debian's?"));
  }
  MIG_ASSIGN_OR_RETURN(const std::string now, AnswerTo(at, port, Offer::kTls13, timeout));
  if (IsServerHello(now)) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("the listener ", at, ":", port,
                                             " does not answer TLS 1.3; see its certificate"));
}

}  // namespace mig::coordinator
