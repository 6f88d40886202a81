// pidfd_open(2) and pidfd_send_signal(2): glibc 2.36's <sys/pidfd.h> declares them without
// extern "C".

#ifndef MIG_LOADER_SERVICES_PIDFD_H_
#define MIG_LOADER_SERVICES_PIDFD_H_

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "loader/services/unique_fd.h"

namespace mig::loader {

// Readable once the process has ended; close-on-exec. Not ok: no such process, or errno.
inline UniqueFd PidfdOpen(pid_t pid) {
  return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

// 0, or -1 with errno.
inline long PidfdSendSignal(const UniqueFd& pidfd, int number) {
  return syscall(SYS_pidfd_send_signal, pidfd.get(), number, nullptr, 0);
}

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_PIDFD_H_
