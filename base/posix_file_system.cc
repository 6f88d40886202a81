#include "base/posix_file_system.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "base/path.h"
#include "base/posix_call.h"
#include "base/posix_directory.h"
#include "base/status_macros.h"

namespace mig::base {

namespace {

using internal::Fd;
using internal::PosixDirectory;
using internal::RetryOnEintr;

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

// One call for the whole path. glibc has no wrapper.
Fd OpenAtOnce(const std::string& path) {
  open_how how = {};
  how.flags = kDirectoryFlags;
  how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return Fd(static_cast<int>(RetryOnEintr(
      [&] { return syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof(how)); })));
}

absl::StatusOr<std::unique_ptr<Directory>> OpenStepByStep(const std::vector<std::string>& names) {
  Fd root(RetryOnEintr([] { return open("/", kDirectoryFlags); }));
  if (!root.is_open()) return internal::ErrnoStatus(errno, "open", "/");
  std::unique_ptr<Directory> directory = std::make_unique<PosixDirectory>(std::move(root), "/");
  for (const std::string& name : names) {
    MIG_ASSIGN_OR_RETURN(directory, directory->OpenDir(name));
  }
  return directory;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Directory>> PosixFileSystem::OpenRoot(absl::string_view path) {
  MIG_ASSIGN_OR_RETURN(const std::vector<std::string> names, SplitPath(path));
  std::string clean = "/";
  for (const std::string& name : names) clean = JoinPath(clean, name);
  Fd fd = OpenAtOnce(clean);
  if (fd.is_open()) return std::make_unique<PosixDirectory>(std::move(fd), std::move(clean));
  // Without openat2 this is the way; where the path was refused it finds the step to be named.
  return OpenStepByStep(names);
}

}  // namespace mig::base
