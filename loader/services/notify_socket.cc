#include "loader/services/notify_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/text.h"

namespace mig::loader {

namespace {

// Strangers may speak before it is known whom to hear.
constexpr size_t kMaxEarly = 64;
// In one go, so that a flood of a stranger's datagrams holds nobody up.
constexpr int kMaxAtOnce = 1024;

struct Datagram {
  pid_t sender = 0;
  size_t size = 0;
};

// Closes whatever descriptors came along.
pid_t SenderOf(msghdr& message) {
  pid_t sender = 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET) continue;
    if (part->cmsg_type == SCM_CREDENTIALS) {
      ucred credentials;
      memcpy(&credentials, CMSG_DATA(part), sizeof(credentials));
      sender = credentials.pid;
    } else if (part->cmsg_type == SCM_RIGHTS) {
      const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (size_t i = 0; i < count; ++i) {
        int fd;
        memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(fd));
        close(fd);
      }
    }
  }
  return sender;
}

// nullopt: nothing waits. A datagram that was cut has the sender 0, whom nobody hears.
std::optional<Datagram> Receive(int socket, char* buffer, size_t size) {
  iovec into = {.iov_base = buffer, .iov_len = size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(16 * sizeof(int))];
  msghdr message = {};
  message.msg_iov = &into;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  ssize_t count;
  do {
    count = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return std::nullopt;
  const pid_t sender = SenderOf(message);
  const bool is_whole = (message.msg_flags & MSG_TRUNC) == 0;
  return Datagram{.sender = is_whole ? sender : 0, .size = static_cast<size_t>(count)};
}

}  // namespace

Notification ParseNotification(absl::string_view datagram) {
  Notification notification;
  for (absl::string_view line : absl::StrSplit(datagram, '\n')) {
    if (line == "READY=1") notification.ready = true;
    if (absl::ConsumePrefix(&line, "STATUS=")) {
      notification.status = base::Escaped(line, kMaxNotifiedStatusBytes);
    } else if (absl::ConsumePrefix(&line, "MAINPID=")) {
      pid_t pid = 0;
      if (absl::SimpleAtoi(line, &pid) && pid > 1) notification.main_pid = pid;
    }
  }
  return notification;
}

absl::StatusOr<std::unique_ptr<NotifySocket>> NotifySocket::Make(base::Clock& clock) {
  const auto no_room = [] {
    return absl::ResourceExhaustedError(
        absl::StrCat("no socket for an agent to say that it is ready: ", strerror(errno)));
  };
  UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.ok()) return no_room();
  const int on = 1;
  if (setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0) return no_room();
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  // Without a name: the kernel gives an abstract one that nobody has.
  if (bind(fd.get(), generic, sizeof(sa_family_t)) != 0) return no_room();
  socklen_t size = sizeof(address);
  if (getsockname(fd.get(), generic, &size) != 0) return no_room();
  const size_t name_size = size - offsetof(sockaddr_un, sun_path);
  std::string name = absl::StrCat("@", absl::string_view(address.sun_path + 1, name_size - 1));

  std::unique_ptr<NotifySocket> made(new NotifySocket(clock, std::move(fd), std::move(name)));
  made->Listen();
  return made;
}

void NotifySocket::Listen() {
  receiver_ = std::make_unique<BackgroundTask>(clock_, [this](int cancel) {
    for (;;) {
      pollfd items[] = {{.fd = socket_.get(), .events = POLLIN, .revents = 0},
                        {.fd = cancel, .events = POLLIN, .revents = 0}};
      if (poll(items, 2, -1) < 0) continue;
      if (items[1].revents != 0) return;
      ReceiveAll();
    }
  });
}

void NotifySocket::SetMain(const ProcessIdentity& started, MayBeMain may_be_main) {
  receiver_.reset();
  main_ = started;
  may_be_main_ = std::move(may_be_main);
  for (const auto& [sender, notification] : std::exchange(early_, {})) Take(sender, notification);
  Listen();
}

NotifySocket::Said NotifySocket::SaidUntilNow() {
  receiver_.reset();
  ReceiveAll();
  Said said = said_;
  Listen();
  return said;
}

void NotifySocket::ReceiveAll() {
  for (int i = 0; i < kMaxAtOnce && ReceiveOne(); ++i) {
  }
}

bool NotifySocket::ReceiveOne() {
  char buffer[kMaxNotificationBytes];
  const std::optional<Datagram> datagram = Receive(socket_.get(), buffer, sizeof(buffer));
  if (!datagram.has_value()) return false;
  if (datagram->sender <= 0) return true;
  if (main_.has_value() && datagram->sender != main_->pid) return true;
  const Notification notification = ParseNotification({buffer, datagram->size});
  if (main_.has_value()) {
    Take(datagram->sender, notification);
  } else if (early_.size() < kMaxEarly) {
    early_.emplace_back(datagram->sender, notification);
  }
  return true;
}

void NotifySocket::Take(pid_t sender, const Notification& notification) {
  if (sender != main_->pid) return;
  // The number may have become another process's; one that has ended said it while it lived.
  const std::optional<ProcessStat> now = StatProcess(sender);
  if (now.has_value() && now->identity != *main_) return;

  said_.ready = said_.ready || notification.ready;
  if (notification.status.has_value()) said_.status = *notification.status;
  if (!notification.main_pid.has_value() || *notification.main_pid == main_->pid) return;
  const std::optional<ProcessStat> named = StatProcess(*notification.main_pid);
  if (!named.has_value() || named->zombie || named->identity.pid == getpid() ||
      !may_be_main_(named->identity)) {
    said_.refused_main = *notification.main_pid;
    return;
  }
  main_ = named->identity;
  said_.main = main_;
}

}  // namespace mig::loader
