#include "tests/harness/world.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "tests/agent/descriptor.h"

namespace mig::tests {

namespace fs = std::filesystem;

namespace {

constexpr uint16_t kFirstPort = 20'000;
constexpr uint16_t kPorts = 10'000;
constexpr int kPatienceMs = 5'000;

std::string NameOf(uid_t uid, gid_t gid) {
  const passwd* const user = getpwuid(uid);
  const std::string name = user == nullptr ? absl::StrCat(uid) : user->pw_name;
  const group* const found = getgrgid(gid);
  return absl::StrCat(name, ":", found == nullptr ? absl::StrCat(gid) : found->gr_name);
}

// What files of /proc say, they say at once; they have no size.
std::string Arguments(const fs::path& process) {
  const Descriptor file(open((process / "cmdline").c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(65'536, '\0');
  const ssize_t size = file.valid() ? read(file.get(), text.data(), text.size()) : 0;
  text.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return text;
}

bool IsOf(const fs::path& process, const std::string& directory, const Programs& programs) {
  std::error_code error;
  std::string program = fs::read_symlink(process / "exe", error).string();
  if (error) return false;
  // The kernel's word for a file that was replaced.
  constexpr absl::string_view kReplaced = " (deleted)";
  if (absl::EndsWith(program, kReplaced)) program.resize(program.size() - kReplaced.size());
  const std::string below = absl::StrCat(directory, "/");
  if (absl::StartsWith(program, below)) return true;
  const bool is_ours = program == programs.loader || program == programs.coordinator ||
                       program == programs.migctl || program == programs.agent;
  return is_ours && absl::StrContains(Arguments(process), below);
}

}  // namespace

bool IsFreePort(uint16_t port) {
  const Descriptor probe(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

std::vector<pid_t> ProcessesOf(const std::string& directory, const Programs& programs) {
  std::vector<pid_t> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", error)) {
    int32_t pid = 0;
    if (!absl::SimpleAtoi(entry.path().filename().string(), &pid) || pid == getpid()) continue;
    if (IsOf(entry.path(), directory, programs)) found.push_back(pid);
  }
  std::ranges::sort(found);
  return found;
}

void KillProcessesOf(const std::string& directory, const Programs& programs) {
  for (const pid_t pid : ProcessesOf(directory, programs)) {
    // Held by a descriptor, so that the number is still this process's when it is killed.
    const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!process.valid()) continue;
    if (!IsOf(fs::path("/proc") / absl::StrCat(pid), directory, programs)) continue;
    syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
    pollfd ended{.fd = process.get(), .events = POLLIN, .revents = 0};
    poll(&ended, 1, kPatienceMs);
  }
}

World::World(Programs programs, std::string directory, AtEnd at_end)
    : programs_(std::move(programs)),
      directory_(std::move(directory)),
      at_end_(at_end),
      owner_(NameOf(geteuid(), getegid())),
      // Worlds beside each other begin at different places.
      next_port_(
          static_cast<uint16_t>(kFirstPort + static_cast<uint32_t>(getpid()) * 31 % kPorts)) {
  options_.directory = directory_;
  options_.environment = {
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      absl::StrCat("HOME=", directory_),
      absl::StrCat("XDG_CONFIG_HOME=", Path("config")),
      "MIGCTL_NO_INPUT=1",
      "NO_COLOR=1",
      "LANG=C.UTF-8",
  };
}

absl::StatusOr<std::unique_ptr<World>> World::Make(Programs programs, absl::string_view name) {
  std::string directory = absl::StrCat("/tmp/mig-", name, "-XXXXXX");
  if (mkdtemp(directory.data()) == nullptr) {
    return absl::UnavailableError(absl::StrCat(directory, ": ", std::strerror(errno)));
  }
  return std::unique_ptr<World>(new World(std::move(programs), directory, AtEnd::kRemove));
}

std::unique_ptr<World> World::In(Programs programs, const std::string& directory) {
  return std::unique_ptr<World>(new World(std::move(programs), directory, AtEnd::kLeave));
}

World::~World() {
  if (at_end_ == AtEnd::kLeave) return;
  KillProcessesOf(directory_, programs_);
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

absl::StatusOr<std::vector<uint16_t>> World::TakePorts(size_t count) {
  std::vector<uint16_t> ports;
  for (uint16_t tried = 0; tried < kPorts && ports.size() < count; ++tried) {
    const uint16_t port = next_port_;
    next_port_ = static_cast<uint16_t>(kFirstPort + (port - kFirstPort + 1) % kPorts);
    if (IsFreePort(port)) ports.push_back(port);
  }
  if (ports.size() < count) return absl::UnavailableError("127.0.0.1 has no free ports");
  return ports;
}

std::string World::Path(absl::string_view name) const {
  return absl::StrCat(directory_, "/", name);
}

absl::StatusOr<CommandResult> World::RunWell(const std::vector<std::string>& words) const {
  absl::StatusOr<CommandResult> result = Run(words);
  MIG_RETURN_IF_ERROR(CheckExit(result, 0));
  return result;
}

absl::Status World::MakeAgent(const std::string& path, const std::string& version,
                              const std::vector<std::string>& more) const {
  std::vector<std::string> words = {programs_.make_agent, "--base", programs_.agent, "--out", path,
                                    "--version",          version};
  words.insert(words.end(), more.begin(), more.end());
  return RunWell(words).status();
}

}  // namespace mig::tests
