#include "tests/kill/tracer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "tests/agent/descriptor.h"
#include "tests/harness/command.h"
#include "tests/harness/started.h"

namespace mig::tests {

namespace {

constexpr int kCallStop = SIGTRAP | 0x80;  // PTRACE_O_TRACESYSGOOD
constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                          PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

// Writes what is to be done at the entry or the exit of the call at which `thread` is stopped.
#ifdef __x86_64__
template <typename Edit>
void EditRegisters(pid_t thread, Edit edit) {
  user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, thread, nullptr, &registers) != 0) return;
  edit(registers);
  ptrace(PTRACE_SETREGS, thread, nullptr, &registers);
}
void SkipCall(pid_t thread) {
  EditRegisters(thread, [](user_regs_struct& registers) { registers.orig_rax = ~0ULL; });
}
void SetResult(pid_t thread, int64_t result) {
  EditRegisters(thread, [result](user_regs_struct& registers) {
    registers.rax = static_cast<unsigned long long>(result);
  });
}
void SetLength(pid_t thread, int64_t most) {
  EditRegisters(thread, [most](user_regs_struct& registers) {
    registers.rdx = std::min(registers.rdx, static_cast<unsigned long long>(most));
  });
}
#else
void SkipCall(pid_t) {}
void SetResult(pid_t, int64_t) {}
void SetLength(pid_t, int64_t) {}
#endif

// The process of a thread; 0: it has ended.
pid_t ProcessOf(pid_t thread) {
  std::ifstream status(absl::StrCat("/proc/", thread, "/status"));
  pid_t process = 0;
  for (std::string line; std::getline(status, line);) {
    absl::string_view rest = line;
    if (absl::ConsumePrefix(&rest, "Tgid:") && absl::SimpleAtoi(rest, &process)) break;
  }
  return process;
}

// Kills a process when the time is over, unless it is gone before.
class Watchdog {
 public:
  Watchdog(pid_t process, absl::Duration patience)
      : calm_(eventfd(0, EFD_CLOEXEC)), thread_([this, process, patience] {
          pollfd item = {.fd = calm_.get(), .events = POLLIN, .revents = 0};
          if (poll(&item, 1, static_cast<int>(absl::ToInt64Milliseconds(patience))) != 0) return;
          has_bitten_ = true;
          kill(process, SIGKILL);
        }) {}
  ~Watchdog() { Calm(); }

  // It is gone. Returns whether that was the watchdog's doing.
  bool Calm() {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(calm_.get(), &one, sizeof(one));
    if (thread_.joinable()) thread_.join();
    return has_bitten_;
  }

 private:
  Descriptor calm_;
  std::atomic<bool> has_bitten_ = false;
  std::thread thread_;
};

class Tracer {
 public:
  Tracer(pid_t leader, const std::string& files, absl::FunctionRef<Order(const Stop&)> judge)
      : leader_(leader), files_(files), judge_(judge) {}

  // Until all that is traced has ended or was let go; then the leader's status, as of wait(2).
  int Follow() {
    tasks_[leader_] = Task{.is_new = false};
    Resume(leader_, 0);
    while (!tasks_.empty()) {
      int status = 0;
      // Of this thread's children only: nobody else's are collected here.
      const pid_t thread = waitpid(-1, &status, __WALL | __WNOTHREAD);
      if (thread < 0 && errno == EINTR) continue;
      if (thread < 0) break;
      if (WIFSTOPPED(status)) {
        Stopped(thread, status);
      } else {
        if (thread == leader_) leader_status_ = status;
        tasks_.erase(thread);
      }
    }
    return leader_status_;
  }

 private:
  struct Task {
    bool is_new = true;             // its first SIGSTOP is ptrace's own
    bool is_child = false;          // of another process than the leader
    std::optional<Call> call;       // that it is in
    std::optional<int64_t> result;  // that it shall have
  };

  void Resume(pid_t thread, int signal) {
    ptrace(PTRACE_SYSCALL, thread, nullptr, reinterpret_cast<void*>(static_cast<long>(signal)));
  }

  void Stopped(pid_t thread, int status) {
    auto [task, is_added] = tasks_.try_emplace(thread);
    if (is_added) task->second.is_child = ProcessOf(thread) != leader_;
    const int signal = WSTOPSIG(status);
    const int event = status >> 16;
    if (signal == kCallStop) return AtCall(thread, task->second);
    if (event == PTRACE_EVENT_EXEC) {
      if (!task->second.is_child) has_begun_ = true;
      if (task->second.is_child) {
        ptrace(PTRACE_DETACH, thread, nullptr, nullptr);
        tasks_.erase(task);
        return;
      }
    }
    if (event != 0) return Resume(thread, 0);
    if (signal == SIGSTOP && std::exchange(task->second.is_new, false)) return Resume(thread, 0);
    Resume(thread, signal == SIGTRAP ? 0 : signal);
  }

  void AtCall(pid_t thread, Task& task) {
    __ptrace_syscall_info info = {};
    const long size = ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), &info);
    if (!has_begun_ || is_killed_ || size <= 0) return Resume(thread, 0);
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) AtEntry(thread, task, info);
    if (info.op == PTRACE_SYSCALL_INFO_EXIT && task.call) AtExit(thread, task, info.exit.rval);
    if (!is_killed_) Resume(thread, 0);
  }

  void AtEntry(pid_t thread, Task& task, const __ptrace_syscall_info& info) {
    std::array<uint64_t, 6> arguments;
    std::copy(std::begin(info.entry.args), std::end(info.entry.args), arguments.begin());
    task.call = ReadCall(thread, static_cast<int64_t>(info.entry.nr), arguments, files_);
    task.call->serial = ++calls_;
    if (task.is_child) task.call->kind = CallKind::kProcess;
    const Order order = judge_({.side = Side::kEntry, .call = *task.call});
    switch (order.what) {
      case Order::What::kKill:
        return Kill();
      case Order::What::kFail:
        SkipCall(thread);
        task.result = -order.value;
        return;
      case Order::What::kShorten:
        return SetLength(thread, order.value);
      case Order::What::kGoOn:
      case Order::What::kPretend:
        return;
    }
  }

  void AtExit(pid_t thread, Task& task, int64_t result) {
    if (task.result.has_value()) SetResult(thread, *task.result);
    const Order order =
        judge_({.side = Side::kExit, .call = *task.call, .result = task.result.value_or(result)});
    task.result.reset();
    task.call.reset();
    if (order.what == Order::What::kPretend) SetResult(thread, -order.value);
    if (order.what == Order::What::kKill) Kill();
  }

  // What it forked goes on, as it would; its threads die where they are.
  void Kill() {
    is_killed_ = true;
    kill(leader_, SIGKILL);
    for (const auto& [thread, task] : tasks_) {
      if (task.is_child) Resume(thread, 0);
    }
  }

  const pid_t leader_;
  const std::string& files_;
  absl::FunctionRef<Order(const Stop&)> judge_;
  std::map<pid_t, Task> tasks_;
  uint64_t calls_ = 0;
  int leader_status_ = 0;
  bool has_begun_ = false;  // it executes the program, and no more its starter's code
  bool is_killed_ = false;
};

std::string ReadBack(const Descriptor& file) {
  std::string text(lseek(file.get(), 0, SEEK_END), '\0');
  const ssize_t size = pread(file.get(), text.data(), text.size(), 0);
  text.resize(size < 0 ? 0 : static_cast<size_t>(size));
  return text;
}

absl::StatusOr<TraceResult> TraceHere(const std::vector<std::string>& words,
                                      const TraceOptions& options,
                                      absl::FunctionRef<Order(const Stop&)> judge) {
  const Descriptor said(memfd_create("said", MFD_CLOEXEC));
  MIG_ASSIGN_OR_RETURN(const Started started,
                       StartProgram(words, {.environment = options.environment,
                                            .directory = options.directory,
                                            .out = said.get(),
                                            .err = said.get(),
                                            .traced = true}));
  int status = 0;
  if (waitpid(started.pid, &status, __WALL) != started.pid || !WIFSTOPPED(status)) {
    return absl::PermissionDeniedError(
        "this system does not let processes be traced; give the container the right to "
        "(--cap-add SYS_PTRACE)");
  }
  ptrace(PTRACE_SETOPTIONS, started.pid, nullptr, reinterpret_cast<void*>(kOptions));
  Watchdog watchdog(started.pid, options.patience);
  status = Tracer(started.pid, options.files, judge).Follow();
  const bool was_late = watchdog.Calm();
  TraceResult result = {.said = ReadBack(said)};
  result.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (!was_late) return result;
  return absl::DeadlineExceededError(
      absl::StrCat("`", ShownCommand(words), "` had not ended after ",
                   absl::FormatDuration(options.patience), ": ", LastLine(result.said)));
}

}  // namespace

absl::StatusOr<TraceResult> TraceProgram(const std::vector<std::string>& words,
                                         const TraceOptions& options,
                                         absl::FunctionRef<Order(const Stop&)> judge) {
  // Who is traced is the child of one thread: of this one, which has no other.
  absl::StatusOr<TraceResult> result = absl::UnavailableError("not traced");
  std::thread([&] { result = TraceHere(words, options, judge); }).join();
  return result;
}

}  // namespace mig::tests
