#include "tests/agent/server.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "tests/agent/descriptor.h"
#include "tests/agent/forks.h"
#include "tests/agent/listeners.h"
#include "tests/agent/notify.h"
#include "tests/agent/pid_file.h"

namespace mig::tests {

namespace {

struct Health {
  int status;
  absl::string_view word;
};

// `late`: the release's `after` has passed.
Health HealthOf(Behaviour behaviour, bool late) {
  constexpr Health kReady = {200, "ready"};
  constexpr Health kStarting = {503, "starting"};
  constexpr Health kUnhealthy = {500, "unhealthy"};
  switch (behaviour) {
    case Behaviour::kNeverReady:
      return kStarting;
    case Behaviour::kReadyAfter:
      return late ? kReady : kStarting;
    case Behaviour::kUnhealthy:
      return kUnhealthy;
    case Behaviour::kUnhealthyAfter:
      return late ? kUnhealthy : kReady;
    default:
      return kReady;
  }
}

// Readable when this process should end, or run its command.
Descriptor Signals(const Release& release) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGUSR1);
  if (release.ignore_sigterm) {
    signal(SIGTERM, SIG_IGN);
  } else {
    sigaddset(&signals, SIGTERM);
  }
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return Descriptor(signalfd(-1, &signals, SFD_CLOEXEC));
}

int TakeSignal(const Descriptor& signals) {
  signalfd_siginfo taken = {};
  return read(signals.get(), &taken, sizeof(taken)) == sizeof(taken)
             ? static_cast<int>(taken.ssi_signo)
             : SIGINT;
}

// Readable when `after` has passed.
Descriptor Timer(absl::Duration after) {
  Descriptor timer(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  itimerspec once = {};
  once.it_value = absl::ToTimespec(std::max(after, absl::Nanoseconds(1)));  // zero never comes
  timerfd_settime(timer.get(), 0, &once, nullptr);
  return timer;
}

// The socket's file goes with it.
struct SocketFile {
  const std::string& path;
  ~SocketFile() {
    if (!path.empty()) unlink(path.c_str());
  }
};

}  // namespace

absl::StatusOr<int> Serve(const Release& release, const Settings& settings,
                          absl::AnyInvocable<void()> serving) {
  if (release.behaviour == Behaviour::kExitAtOnce || release.behaviour == Behaviour::kBroken) {
    return release.exit_status;
  }
  const Descriptor signals = Signals(release);
  std::optional<PidFile> pid_file;
  if (!settings.pid_file.empty()) {
    MIG_ASSIGN_OR_RETURN(pid_file, PidFile::Take(settings.pid_file));
  }
  Descriptor http;
  if (settings.http_port != 0) {
    MIG_ASSIGN_OR_RETURN(http, ListenOnLoopback(settings.http_port));
  }
  Descriptor socket;
  if (!settings.socket.empty()) {
    MIG_ASSIGN_OR_RETURN(socket, ListenOnUnixSocket(settings.socket));
  }
  const SocketFile socket_file{settings.socket};
  Descriptor timer = Timer(release.after);
  if (release.stray) LeaveStray(settings.pid_file + ".stray");
  serving();

  bool told = !release.notify;
  const bool answers = release.behaviour != Behaviour::kHang;
  bool late = false;
  for (;;) {
    if (!told && HealthOf(release.behaviour, late).status == 200) {
      Notify("READY=1\nSTATUS=serves");
      told = true;
    }
    // poll(2) passes over what is negative.
    pollfd events[] = {{.fd = signals.get(), .events = POLLIN, .revents = 0},
                       {.fd = late ? -1 : timer.get(), .events = POLLIN, .revents = 0},
                       {.fd = answers ? http.get() : -1, .events = POLLIN, .revents = 0},
                       {.fd = answers ? socket.get() : -1, .events = POLLIN, .revents = 0}};
    if (poll(events, std::size(events), -1) < 0) continue;
    if (events[0].revents != 0) {
      if (TakeSignal(signals) != SIGUSR1) return 0;
      RunBeside(settings.on_sigusr1);
    }
    if (events[1].revents != 0) late = true;
    if (late && release.behaviour == Behaviour::kExitAfter) return release.exit_status;
    const Health health = HealthOf(release.behaviour, late);
    const std::string line =
        absl::StrCat("version=", release.version, " pid=", getpid(), " setting=", settings.setting,
                     " state=", health.word, "\n");
    if (events[2].revents != 0) AnswerHttp(http, health.status, line);
    if (events[3].revents != 0) AnswerOnUnixSocket(socket, line);
  }
}

}  // namespace mig::tests
