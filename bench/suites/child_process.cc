#include "bench/suites/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/check.h"

namespace mig::bench {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

// VmHWM of /proc/PID/status.
uint64_t PeakBytesNow(pid_t process) {
  std::ifstream file(absl::StrCat("/proc/", process, "/status"));
  for (std::string line; std::getline(file, line);) {
    absl::string_view text = line;
    uint64_t kib = 0;
    if (!absl::ConsumePrefix(&text, "VmHWM:") || !absl::ConsumeSuffix(&text, "kB")) continue;
    MIG_CHECK(absl::SimpleAtoi(absl::StripAsciiWhitespace(text), &kib)) << line;
    return kib * 1024;
  }
  return 0;
}

}  // namespace

ChildUse RunChild(const std::vector<std::string>& argv) {
  std::vector<std::string> words = argv;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  char* const environment[] = {path, nullptr};

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  const int spawned =
      posix_spawn(&child, arguments.front(), &actions, nullptr, arguments.data(), environment);
  posix_spawn_file_actions_destroy(&actions);
  MIG_CHECK(spawned == 0) << argv.front() << " cannot be run: " << spawned;

  int status = 0;
  rusage usage = {};
  MIG_CHECK(wait4(child, &status, 0, &usage) == child) << argv.front();
  MIG_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0)
      << absl::StrJoin(argv, " ") << ": status " << status;
  return {.cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime)};
}

uint64_t PeakBytesOf(const std::vector<std::string>& argv) {
  std::vector<std::string> words = argv;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  char* const environment[] = {path, nullptr};

  const pid_t child = fork();
  if (child == 0) {
    const int nothing = open("/dev/null", O_RDWR);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nothing, fd);
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    execve(arguments.front(), arguments.data(), environment);
    _exit(127);
  }
  int status = 0;
  MIG_CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFSTOPPED(status))
      << argv.front() << " cannot be traced";
  ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL);
  uint64_t peak_bytes = 0;
  int signal = 0;
  for (;;) {
    ptrace(PTRACE_CONT, child, nullptr, signal);
    MIG_CHECK(waitpid(child, &status, 0) == child) << argv.front();
    if (!WIFSTOPPED(status)) break;
    const bool ends = status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXIT << 8));
    if (ends) peak_bytes = PeakBytesNow(child);
    signal = ends ? 0 : WSTOPSIG(status);
  }
  MIG_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0)
      << absl::StrJoin(argv, " ") << ": status " << status;
  return peak_bytes;
}

}  // namespace mig::bench
