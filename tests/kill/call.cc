#include "tests/kill/call.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mig::tests {

namespace {

// Where a call names its file.
enum class Names {
  kNothing,
  kFd,       // by the descriptor in argument 0
  kAt,       // by a directory's descriptor in 0, and a name in 1
  kAtThird,  // the same in 2 and 3: where a rename or a link leads to
};

struct Known {
  absl::string_view name;
  Names names;
  CallKind kind;  // if the file is one of the host
};

constexpr CallKind kChange = CallKind::kChange;
constexpr CallKind kLook = CallKind::kLook;
constexpr CallKind kProcess = CallKind::kProcess;

const std::map<int64_t, Known>& KnownCalls() {
  static const auto* const known = new std::map<int64_t, Known>{
      {SYS_openat, {"openat", Names::kAt, kLook}},
      {SYS_openat2, {"openat2", Names::kAt, kLook}},
      {SYS_close, {"close", Names::kFd, kLook}},
      {SYS_read, {"read", Names::kFd, kLook}},
      {SYS_pread64, {"pread64", Names::kFd, kLook}},
      {SYS_readv, {"readv", Names::kFd, kLook}},
      {SYS_lseek, {"lseek", Names::kFd, kLook}},
      {SYS_fstat, {"fstat", Names::kFd, kLook}},
      {SYS_newfstatat, {"newfstatat", Names::kAt, kLook}},
      {SYS_statx, {"statx", Names::kAt, kLook}},
      {SYS_fstatfs, {"fstatfs", Names::kFd, kLook}},
      {SYS_faccessat, {"faccessat", Names::kAt, kLook}},
      {SYS_readlinkat, {"readlinkat", Names::kAt, kLook}},
      {SYS_getdents64, {"getdents64", Names::kFd, kLook}},
      {SYS_fgetxattr, {"fgetxattr", Names::kFd, kLook}},
      {SYS_flistxattr, {"flistxattr", Names::kFd, kLook}},
      {SYS_fadvise64, {"fadvise64", Names::kFd, kLook}},
      {SYS_ioctl, {"ioctl", Names::kFd, kLook}},
      {SYS_fcntl, {"fcntl", Names::kFd, kLook}},
      {SYS_write, {"write", Names::kFd, kChange}},
      {SYS_pwrite64, {"pwrite64", Names::kFd, kChange}},
      {SYS_writev, {"writev", Names::kFd, kChange}},
      {SYS_fsync, {"fsync", Names::kFd, kChange}},
      {SYS_fdatasync, {"fdatasync", Names::kFd, kChange}},
      {SYS_syncfs, {"syncfs", Names::kFd, kChange}},
      {SYS_ftruncate, {"ftruncate", Names::kFd, kChange}},
      {SYS_fallocate, {"fallocate", Names::kFd, kChange}},
      {SYS_copy_file_range, {"copy_file_range", Names::kFd, kChange}},
      {SYS_flock, {"flock", Names::kFd, kChange}},
      {SYS_fchmod, {"fchmod", Names::kFd, kChange}},
      {SYS_fchown, {"fchown", Names::kFd, kChange}},
      {SYS_fsetxattr, {"fsetxattr", Names::kFd, kChange}},
      {SYS_fremovexattr, {"fremovexattr", Names::kFd, kChange}},
      {SYS_fchmodat, {"fchmodat", Names::kAt, kChange}},
      {SYS_fchownat, {"fchownat", Names::kAt, kChange}},
      {SYS_utimensat, {"utimensat", Names::kAt, kChange}},
      {SYS_mkdirat, {"mkdirat", Names::kAt, kChange}},
      {SYS_unlinkat, {"unlinkat", Names::kAt, kChange}},
      {SYS_renameat, {"renameat", Names::kAtThird, kChange}},
      {SYS_renameat2, {"renameat2", Names::kAtThird, kChange}},
      {SYS_linkat, {"linkat", Names::kAtThird, kChange}},
      {SYS_clone, {"clone", Names::kNothing, kProcess}},
      {SYS_kill, {"kill", Names::kNothing, kProcess}},
      {SYS_wait4, {"wait4", Names::kNothing, kProcess}},
      {SYS_waitid, {"waitid", Names::kNothing, kProcess}},
      {SYS_pidfd_open, {"pidfd_open", Names::kNothing, kProcess}},
      {SYS_pidfd_send_signal, {"pidfd_send_signal", Names::kNothing, kProcess}},
      {SYS_pipe2, {"pipe2", Names::kNothing, kProcess}},
      {SYS_execve, {"execve", Names::kNothing, kProcess}},
      {SYS_dup3, {"dup3", Names::kNothing, kProcess}},
      {SYS_setsid, {"setsid", Names::kNothing, kProcess}},
      {SYS_chdir, {"chdir", Names::kNothing, kProcess}},
      {SYS_close_range, {"close_range", Names::kNothing, kProcess}},
      {SYS_exit_group, {"exit_group", Names::kNothing, kProcess}},
#ifdef __x86_64__  // newer machines have only the calls above
      {SYS_stat, {"stat", Names::kNothing, CallKind::kOther}},
      {SYS_dup2, {"dup2", Names::kNothing, kProcess}},
      {SYS_vfork, {"vfork", Names::kNothing, kProcess}},
      {SYS_fork, {"fork", Names::kNothing, kProcess}},
#endif
  };
  return *known;
}

bool ReadMemory(pid_t thread, uint64_t address, void* into, size_t size) {
  iovec here = {.iov_base = into, .iov_len = size};
  iovec there = {.iov_base = reinterpret_cast<void*>(address), .iov_len = size};
  return process_vm_readv(thread, &here, 1, &there, 1, 0) == static_cast<ssize_t>(size);
}

// A piece at a time: what follows a text may be no memory of the process.
std::string ReadText(pid_t thread, uint64_t address) {
  constexpr size_t kPiece = 256;
  std::string text;
  while (text.size() < PATH_MAX) {
    char piece[kPiece];
    const size_t wanted = kPiece - (address + text.size()) % kPiece;
    if (!ReadMemory(thread, address + text.size(), piece, wanted)) return "";
    const size_t length = strnlen(piece, wanted);
    text.append(piece, length);
    if (length < wanted) return text;
  }
  return text;
}

std::string PathOfFd(pid_t thread, uint64_t fd) {
  const int number = static_cast<int>(fd);
  const std::string link = number == AT_FDCWD ? absl::StrCat("/proc/", thread, "/cwd")
                                              : absl::StrCat("/proc/", thread, "/fd/", number);
  std::error_code error;
  const std::string path = std::filesystem::read_symlink(link, error).string();
  return absl::StartsWith(path, "/") ? path : "";
}

std::string PathAt(pid_t thread, uint64_t directory, uint64_t name) {
  const std::string text = ReadText(thread, name);
  if (absl::StartsWith(text, "/")) return text;
  const std::string parent = PathOfFd(thread, directory);
  return text.empty() ? parent : absl::StrCat(parent, "/", text);
}

// What opens, clones or asks the driver changes something only with certain words.
CallKind Exactly(const Call& call, pid_t thread, CallKind kind) {
  constexpr uint64_t kMaking = O_CREAT | O_TRUNC;
  uint64_t flags = 0;
  switch (call.number) {
    case SYS_openat:
      return (call.arguments[2] & kMaking) != 0 ? kChange : kind;
    case SYS_openat2:
      ReadMemory(thread, call.arguments[2], &flags, sizeof(flags));  // open_how begins with them
      return (flags & kMaking) != 0 ? kChange : kind;
    case SYS_ioctl:
      return call.arguments[1] == FICLONE ? kChange : kind;
    case SYS_clone:
      return (call.arguments[0] & CLONE_THREAD) != 0 ? CallKind::kOther : kind;
    default:
      return kind;
  }
}

}  // namespace

absl::string_view KindName(CallKind kind) {
  switch (kind) {
    case CallKind::kChange:
      return "change";
    case CallKind::kLook:
      return "look";
    case CallKind::kProcess:
      return "process";
    case CallKind::kOther:
      break;
  }
  return "other";
}

std::optional<CallKind> KindFromName(absl::string_view name) {
  for (const CallKind kind : {kChange, kLook, kProcess, CallKind::kOther}) {
    if (KindName(kind) == name) return kind;
  }
  return std::nullopt;
}

Call ReadCall(pid_t thread, int64_t number, const std::array<uint64_t, 6>& arguments,
              const std::string& files) {
  Call call = {.number = number, .arguments = arguments};
  const auto known = KnownCalls().find(number);
  if (known == KnownCalls().end()) return call;
  call.name = known->second.name;
  switch (known->second.names) {
    case Names::kNothing:
      call.kind = Exactly(call, thread, known->second.kind);
      return call;
    case Names::kFd:
      call.path = PathOfFd(thread, arguments[0]);
      break;
    case Names::kAt:
      call.path = PathAt(thread, arguments[0], arguments[1]);
      break;
    case Names::kAtThird:
      call.path = PathAt(thread, arguments[2], arguments[3]);
      break;
  }
  const bool is_of_host = call.path == files || absl::StartsWith(call.path, files + "/");
  if (is_of_host) call.kind = Exactly(call, thread, known->second.kind);
  return call;
}

}  // namespace mig::tests
