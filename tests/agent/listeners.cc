#include "tests/agent/listeners.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mig::tests {

namespace {

constexpr int kBacklog = 16;
constexpr size_t kMaxRequestBytes = 4'096;

Descriptor Accept(const Descriptor& listener) {
  Descriptor client(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  if (client.valid()) {
    setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  }
  return client;
}

void Send(const Descriptor& client, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(client.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    text.remove_prefix(static_cast<size_t>(sent));
  }
}

// Up to the end of the header.
std::string ReadRequest(const Descriptor& client) {
  std::string request;
  while (request.size() < kMaxRequestBytes && !absl::StrContains(request, "\r\n\r\n")) {
    char bytes[1'024];
    const ssize_t size = recv(client.get(), bytes, sizeof(bytes), 0);
    if (size <= 0) break;
    request.append(bytes, static_cast<size_t>(size));
  }
  return request;
}

absl::string_view Reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

}  // namespace

absl::StatusOr<Descriptor> ListenOnLoopback(uint32_t port) {
  Descriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener.get(), kBacklog) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("127.0.0.1:", port, ": ", std::strerror(errno), "; change http_port"));
  }
  return listener;
}

absl::StatusOr<Descriptor> ListenOnUnixSocket(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": a unix socket's path has at most ",
                                                   sizeof(address.sun_path) - 1,
                                                   " bytes; choose a shorter one"));
  }
  path.copy(address.sun_path, path.size());
  Descriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  unlink(path.c_str());
  if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener.get(), kBacklog) != 0) {
    return absl::PermissionDeniedError(absl::StrCat(path, ": ", std::strerror(errno)));
  }
  return listener;
}

void AnswerOnUnixSocket(const Descriptor& listener, absl::string_view line) {
  const Descriptor client = Accept(listener);
  if (client.valid()) Send(client, line);
}

void AnswerHttp(const Descriptor& listener, int status, absl::string_view line) {
  const Descriptor client = Accept(listener);
  if (!client.valid()) return;
  const std::string request = ReadRequest(client);
  if (!absl::StartsWith(request, "GET /health ")) {
    status = 404;
    line = "only GET /health is here\n";
  }
  Send(client, absl::StrCat("HTTP/1.1 ", status, " ", Reason(status),
                            "\r\nContent-Type: text/plain\r\nContent-Length: ", line.size(),
                            "\r\nConnection: close\r\n\r\n", line));
}

}  // namespace mig::tests
