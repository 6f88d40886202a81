#include "loader/services/local_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace mig::loader {

namespace {

absl::Status Failed(absl::string_view what, int error) {
  return absl::UnavailableError(absl::StrCat(what, ": ", strerror(error)));
}

absl::Status WaitFor(int socket, short events, int cancel) {
  pollfd items[] = {{.fd = cancel, .events = POLLIN, .revents = 0},
                    {.fd = socket, .events = events, .revents = 0}};
  while (poll(items, 2, -1) < 0) {
    if (errno != EINTR) return Failed("poll", errno);
  }
  if (items[0].revents != 0) return absl::CancelledError("given up");
  return absl::OkStatus();
}

absl::StatusOr<UniqueFd> Connect(int family, const sockaddr* address, socklen_t size, int cancel) {
  UniqueFd fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.ok()) return Failed("socket", errno);
  if (connect(fd.get(), address, size) == 0) return fd;
  // A local stream socket with a full queue says EAGAIN: busy, and no way to wait for it.
  if (errno != EINPROGRESS) return Failed("connect", errno);

  MIG_RETURN_IF_ERROR(WaitFor(fd.get(), POLLOUT, cancel));
  int error = 0;
  socklen_t error_size = sizeof(error);
  getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &error_size);
  if (error != 0) return Failed("connect", error);
  return fd;
}

}  // namespace

absl::StatusOr<UniqueFd> ConnectTcp(const std::string& address, uint16_t port, int cancel) {
  sockaddr_in v4 = {};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    return Connect(AF_INET, reinterpret_cast<sockaddr*>(&v4), sizeof(v4), cancel);
  }
  sockaddr_in6 v6 = {};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    return Connect(AF_INET6, reinterpret_cast<sockaddr*>(&v6), sizeof(v6), cancel);
  }
  return absl::InvalidArgumentError(absl::StrCat("'", address, "' is no address"));
}

absl::StatusOr<UniqueFd> ConnectUnix(const std::string& path, int cancel) {
  sockaddr_un local = {};
  local.sun_family = AF_UNIX;
  if (path.size() >= sizeof(local.sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat("socket path '", path, "' has ", path.size(),
                                                   " bytes, at most ", sizeof(local.sun_path) - 1,
                                                   " are possible"));
  }
  path.copy(local.sun_path, path.size());
  return Connect(AF_UNIX, reinterpret_cast<sockaddr*>(&local), sizeof(local), cancel);
}

absl::Status SendAll(int socket, const std::string& bytes, int cancel) {
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t count = send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count >= 0) {
      sent += static_cast<size_t>(count);
    } else if (errno == EAGAIN || errno == EINTR) {
      MIG_RETURN_IF_ERROR(WaitFor(socket, POLLOUT, cancel));
    } else {
      return Failed("send", errno);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReceiveSome(int socket, size_t max_bytes, int cancel) {
  std::string bytes(max_bytes, '\0');
  for (;;) {
    MIG_RETURN_IF_ERROR(WaitFor(socket, POLLIN, cancel));
    const ssize_t count = recv(socket, bytes.data(), bytes.size(), 0);
    if (count >= 0) {
      bytes.resize(static_cast<size_t>(count));
      return bytes;
    }
    if (errno != EAGAIN && errno != EINTR) return Failed("receive", errno);
  }
}

}  // namespace mig::loader
