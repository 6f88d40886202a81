// What an agent says of itself by the protocol of sd_notify(3): READY=1, STATUS=, MAINPID=. Any
// program that speaks it to systemd speaks it here too.

#ifndef MIG_LOADER_SERVICES_NOTIFY_SOCKET_H_
#define MIG_LOADER_SERVICES_NOTIFY_SOCKET_H_

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "loader/services/background_task.h"
#include "loader/services/process_identity.h"
#include "loader/services/unique_fd.h"

namespace mig::loader {

inline constexpr size_t kMaxNotificationBytes = 4096;
inline constexpr size_t kMaxNotifiedStatusBytes = 96;

// One datagram: lines NAME=VALUE, of which the last of a name counts and unknown ones are nothing.
struct Notification {
  bool ready = false;                 // READY=1
  std::optional<pid_t> main_pid;      // MAINPID=, above 1
  std::optional<std::string> status;  // STATUS=, escaped, at most kMaxNotifiedStatusBytes

  friend bool operator==(const Notification&, const Notification&) = default;
};
Notification ParseNotification(absl::string_view datagram);

// The socket of one started agent. Only its main process is heard (by the credentials that the
// kernel puts beside each datagram; every process of the machine can reach the address), and only
// it can hand its part to another process. Descriptors that come along are closed. What is said is
// taken in by a thread of its own, so that no agent waits for the loader.
//
// An abstract address of the kernel's choice: nobody can have taken it before, nothing is left on
// the disk, and an agent that gave up root reaches it too. It ends with this object; an agent that
// says more later is told that nobody listens, which the protocol lets it ignore.
//
// Its owner is one thread. The thread of its own is ended before anything of it is looked at, and
// begun anew afterwards: neither ever runs beside the other.
class NotifySocket {
 public:
  // Whether MAINPID= may name this process; asked on the thread, must read the system only.
  using MayBeMain = std::function<bool(const ProcessIdentity&)>;

  // The clock is borrowed. ResourceExhausted: too many open files.
  static absl::StatusOr<std::unique_ptr<NotifySocket>> Make(base::Clock& clock);

  // For NOTIFY_SOCKET: '@' stands for the zero byte.
  const std::string& address() const { return address_; }

  // Who was started. What it said before this call counts.
  void SetMain(const ProcessIdentity& started, MayBeMain may_be_main);

  struct Said {
    bool ready = false;
    std::string status;
    std::optional<ProcessIdentity> main;  // the main process now, if MAINPID= named another one
    pid_t refused_main = 0;               // the last one that it named and that may not be; 0: none
  };
  // All that came until now.
  Said SaidUntilNow();

 private:
  NotifySocket(base::Clock& clock, UniqueFd socket, std::string address)
      : clock_(clock), socket_(std::move(socket)), address_(std::move(address)) {}

  void Listen();
  void ReceiveAll();
  bool ReceiveOne();  // false: nothing waits
  void Take(pid_t sender, const Notification& notification);

  base::Clock& clock_;
  const UniqueFd socket_;
  const std::string address_;
  std::optional<ProcessIdentity> main_;
  MayBeMain may_be_main_;
  std::vector<std::pair<pid_t, Notification>> early_;  // before SetMain
  Said said_;
  std::unique_ptr<BackgroundTask> receiver_;  // uses all above: destroyed before it
};

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_NOTIFY_SOCKET_H_
