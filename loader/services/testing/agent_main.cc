// A small agent for the tests of this folder: does as its arguments say, at once and for a time in
// milliseconds, and writes down what it was started with. It is not tests/agent, which the demo
// installs: nothing to the left of tests/ may use that one, and its releases must behave by their
// bytes alone, without an argument, behind a real port.
//   --ready-file F           makes F when it is ready, removes it when it is unwell
//   --ready-after-ms N       (default 0)      --unwell-after-ms N  (default never)
//   --ends-after-ms N        (default never)  --exit-status N      (128 + n: by signal n)
//   --ignore-sigterm         --print TEXT     --write-facts F      (what it was started with)
//   --pid-file F             writes its number there
//   --notify                 says READY=1 by sd_notify's protocol when it is ready
//   --status TEXT            says STATUS=TEXT at once
//   --hand-over              forks, says that the child is the main process, and ends
//   --stray F                leaves a process in a session of its own, which SIGTERM does not end;
//                            its number into F
//   --install                ends the process of the pid file, starts itself with the other
//                            arguments in a session of its own, and ends
//   --install-leaves-old     the same, but does not end the old process

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace {

struct Arguments {
  std::string ready_file, facts_file, pid_file;
  absl::Duration ready_after = absl::ZeroDuration();
  absl::Duration unwell_after = absl::InfiniteDuration();
  absl::Duration ends_after = absl::InfiniteDuration();
  int exit_status = 1;
  std::string status, stray_file;
  bool notify = false;
  bool hand_over = false;
  bool install = false;
  bool leave_old = false;
};

absl::Duration Milliseconds(const char* text) {
  int64_t number = 0;
  return absl::SimpleAtoi(text, &number) ? absl::Milliseconds(number) : absl::ZeroDuration();
}

Arguments Parse(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    const absl::string_view flag = argv[i];
    if (flag == "--ignore-sigterm") {
      signal(SIGTERM, SIG_IGN);
    } else if (flag == "--notify") {
      a.notify = true;
    } else if (flag == "--hand-over") {
      a.hand_over = true;
    } else if (absl::StartsWith(flag, "--install")) {
      a.install = true;
      a.leave_old = flag == "--install-leaves-old";
    } else if (i + 1 < argc) {
      const char* value = argv[++i];
      if (flag == "--ready-file") a.ready_file = value;
      if (flag == "--write-facts") a.facts_file = value;
      if (flag == "--pid-file") a.pid_file = value;
      if (flag == "--status") a.status = value;
      if (flag == "--stray") a.stray_file = value;
      if (flag == "--ready-after-ms") a.ready_after = Milliseconds(value);
      if (flag == "--unwell-after-ms") a.unwell_after = Milliseconds(value);
      if (flag == "--ends-after-ms") a.ends_after = Milliseconds(value);
      if (flag == "--exit-status") a.exit_status = atoi(value);
      if (flag == "--print") fprintf(stderr, "%s\n", value);
    }
  }
  return a;
}

// session, umask, directory, open descriptors, environment, blocked and ignored signals.
void WriteFacts(const std::string& path) {
  const mode_t mask = umask(0);
  std::string facts = absl::StrCat("leader ", getsid(0) == getpid() ? "yes" : "no", "\numask ",
                                   absl::Hex(mask), "\n");
  char directory[4096];
  if (getcwd(directory, sizeof(directory)) == nullptr) directory[0] = '\0';
  absl::StrAppend(&facts, "cwd ", directory, "\nfds");
  for (int fd = 0; fd < 1024; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) absl::StrAppend(&facts, " ", fd);
  }
  absl::StrAppend(&facts, "\n");
  for (char** entry = environ; *entry != nullptr; ++entry) absl::StrAppend(&facts, *entry, "\n");
  sigset_t blocked;
  sigprocmask(SIG_SETMASK, nullptr, &blocked);
  struct sigaction pipe_action;
  sigaction(SIGPIPE, nullptr, &pipe_action);
  absl::StrAppend(&facts, "sigusr1 ", sigismember(&blocked, SIGUSR1) ? "blocked" : "open",
                  "\nsigpipe ", pipe_action.sa_handler == SIG_IGN ? "ignored" : "default", "\n");
  std::ofstream(path + ".new") << facts;
  rename((path + ".new").c_str(), path.c_str());
}

int Install(const Arguments& a, char** argv) {
  pid_t old = 0;
  if (std::ifstream(a.pid_file) >> old && !a.leave_old && kill(old, SIGTERM) == 0) {
    while (kill(old, 0) == 0) poll(nullptr, 0, 5);
  }
  std::vector<char*> rest;
  for (char** word = argv; *word != nullptr; ++word) {
    if (!absl::StartsWith(*word, "--install")) rest.push_back(*word);
  }
  rest.push_back(nullptr);
  if (fork() == 0) {
    setsid();
    execv("/proc/self/exe", rest.data());
    _exit(127);
  }
  return 0;
}

// As sd_notify(3), without its library.
void Notify(const std::string& text) {
  const char* const name = getenv("NOTIFY_SOCKET");
  if (name == nullptr || name[0] != '@') return;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const size_t size = std::min(strlen(name), sizeof(address.sun_path));
  memcpy(address.sun_path + 1, name + 1, size - 1);
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sendto(fd, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address),
         static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size));
  close(fd);
}

// A process that left session and parent, and that SIGTERM does not end: its number into `file`.
void LeaveStray(const std::string& file) {
  if (fork() != 0) return;
  setsid();
  if (fork() != 0) _exit(0);
  signal(SIGTERM, SIG_IGN);
  std::ofstream(file + ".new") << getpid() << "\n";
  rename((file + ".new").c_str(), file.c_str());
  for (;;) pause();
}

// The child goes on as the agent.
void HandOver() {
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    while (getppid() == parent) poll(nullptr, 0, 2);
    return;
  }
  Notify(absl::StrCat("MAINPID=", child));
  _exit(0);
}

void End(int status) {
  if (status > 128) {
    signal(status - 128, SIG_DFL);
    raise(status - 128);
  }
  _exit(status);
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments a = Parse(argc, argv);
  if (a.install) return Install(a, argv);
  if (!a.facts_file.empty()) WriteFacts(a.facts_file);
  if (!a.pid_file.empty()) std::ofstream(a.pid_file) << getpid() << "\n";

  if (!a.stray_file.empty()) LeaveStray(a.stray_file);
  if (a.hand_over) HandOver();
  if (!a.status.empty()) Notify("STATUS=" + a.status);
  const absl::Time start = absl::Now();
  bool told = false;
  bool ready = false;
  for (;;) {
    const absl::Duration age = absl::Now() - start;
    if (age >= a.ends_after) End(a.exit_status);
    const bool should_be_ready = age >= a.ready_after && age < a.unwell_after;
    if (a.notify && should_be_ready && !told) {
      Notify("READY=1");
      told = true;
    }
    if (should_be_ready != ready && !a.ready_file.empty()) {
      ready = should_be_ready;
      if (ready) std::ofstream(a.ready_file) << "ready\n";
      if (!ready) unlink(a.ready_file.c_str());
    }
    poll(nullptr, 0, 2);
  }
}
