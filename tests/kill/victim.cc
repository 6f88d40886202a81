#include "tests/kill/victim.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "loader/install/staged_file.h"
#include "loader/state/two_halves_file.h"
#include "tests/agent/descriptor.h"
#include "tests/harness/ceremony.h"
#include "tests/harness/files.h"
#include "trust/trusted_state.h"

namespace mig::tests {

namespace fs = std::filesystem;

namespace {

constexpr absl::string_view kParts[] = {"state", "agent"};
constexpr int kTries = 5'000;
constexpr int kBetweenTriesMs = 2;

// What is mounted below stays mounted, and is emptied.
void Empty(const fs::path& directory) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored)) {
    if (entry.is_directory(ignored) && !entry.is_symlink(ignored)) Empty(entry.path());
    fs::remove(entry.path(), ignored);
  }
}

absl::Status Copy(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(from, " -> ", to, ": ", error.message()));
}

}  // namespace

std::string Victim::Snapshot(const std::string& name) const {
  return world_.Path(absl::StrCat("saved-", host_.name(), "-", name));
}

absl::Status Victim::Save(const std::string& name) const {
  MIG_RETURN_IF_ERROR(MakeDirectory(Snapshot(name)));
  for (const absl::string_view part : kParts) {
    MIG_RETURN_IF_ERROR(
        Copy(host_.Path(std::string(part)), absl::StrCat(Snapshot(name), "/", part)));
  }
  return absl::OkStatus();
}

absl::Status Victim::Restore(const std::string& name) {
  EndAgents();
  for (const absl::string_view part : kParts) {
    Empty(host_.Path(std::string(part)));
    MIG_RETURN_IF_ERROR(
        Copy(absl::StrCat(Snapshot(name), "/", part), host_.Path(std::string(part))));
  }
  return absl::OkStatus();
}

absl::Status Victim::StartAgent() {
  std::vector<std::string> words = {host_.agent_program(), "--config", host_.agent_config()};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(&quiet, fd, "/dev/null", O_RDWR, 0);
  }
  posix_spawnattr_t own_session;
  posix_spawnattr_init(&own_session);
  posix_spawnattr_setflags(&own_session, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  sigset_t none;  // whoever runs trials may have blocked what ends an agent
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&own_session, &none);
  char* const nothing[] = {nullptr};
  const int error =
      posix_spawn(&started_, arguments[0], &quiet, &own_session, arguments.data(), nothing);
  posix_spawnattr_destroy(&own_session);
  posix_spawn_file_actions_destroy(&quiet);
  if (error == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(host_.agent_program(), ": ", std::strerror(error)));
}

std::vector<pid_t> Victim::Agents() const {
  return ProcessesOf(host_.directory(), world_.programs());
}

void Victim::EndAgents() {
  KillProcessesOf(host_.directory(), world_.programs());
  // Those that a loader started are somebody else's to collect, since it ended before them.
  if (started_ > 0) waitpid(std::exchange(started_, 0), nullptr, 0);
}

absl::Status Victim::CheckAgent(Expected expected) const {
  const std::vector<pid_t> agents = Agents();
  if (agents.size() > 1) {
    return absl::FailedPreconditionError(absl::StrCat("I2: ", agents.size(), " agents run"));
  }
  if (agents.empty()) {
    if (expected == Expected::kAtMostOne) return absl::OkStatus();
    return absl::FailedPreconditionError("I2: no agent runs");
  }
  std::error_code error;
  const std::string program =
      fs::read_symlink(absl::StrCat("/proc/", agents[0], "/exe"), error).string();
  if (program != host_.agent_program()) {
    return absl::FailedPreconditionError(
        absl::StrCat("I2: what runs is ", program, ", not the file that lies there"));
  }
  if (HasOpen(agents[0], host_.agent_config())) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "I2: process ", agents[0], " was not started with the configuration that lies there"));
}

bool Victim::HasOpen(pid_t agent, const std::string& path) const {
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, agent, 0)));
  const std::string files = absl::StrCat("/proc/", agent, "/fd");
  for (int tries = 0; tries < kTries; ++tries) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(files, error)) {
      const std::string open = fs::read_symlink(entry.path(), error).string();
      if (open == path) return true;
      if (absl::StartsWith(open, path)) return false;  // PATH (deleted)
    }
    pollfd ended{.fd = process.get(), .events = POLLIN, .revents = 0};
    if (poll(&ended, 1, kBetweenTriesMs) != 0) return false;
  }
  return false;
}

std::map<std::string, int> Victim::Census() const {
  std::map<std::string, int> census;
  for (const absl::string_view part : kParts) {
    for (const std::string& path : FilesBelow(host_.Path(std::string(part)))) {
      const std::string name = path.substr(path.rfind('/') + 1);
      if (absl::StrContains(path, "/state/documents/") || name == "digests") continue;
      ++census[path.substr(host_.directory().size() + 1,
                           path.rfind('/') - host_.directory().size() - 1)];
    }
  }
  return census;
}

std::vector<std::string> Victim::Leftovers() const {
  std::vector<std::string> leftovers;
  for (const absl::string_view part : kParts) {
    for (const std::string& path : FilesBelow(host_.Path(std::string(part)))) {
      const std::string name = path.substr(path.rfind('/') + 1);
      // What is half written there goes when documents are swept: there is a bound.
      if (absl::StrContains(path, "/state/documents/")) continue;
      if (absl::EndsWith(name, ".kept")) continue;  // acknowledged reports: there is a bound
      const bool is_leftover =
          absl::StartsWith(name, loader::kStagedPrefix) || absl::EndsWith(name, ".new") ||
          absl::EndsWith(name, ".fresh") || name == "journal" || name == "journal.set-aside" ||
          absl::StrContains(path, "/state/downloads/") || absl::StrContains(path, "/state/spool/");
      if (is_leftover) leftovers.push_back(path.substr(host_.directory().size() + 1));
    }
  }
  return leftovers;
}

absl::StatusOr<std::optional<base::Digest>> Victim::Seen() {
  MIG_ASSIGN_OR_RETURN(const auto state, disk_.OpenRoot(host_.state_directory()));
  loader::TwoHalvesFile file(*state, "trust", trust::HalfFileKind::kTrust);
  MIG_ASSIGN_OR_RETURN(const loader::TwoHalvesFile::Content content, file.Read());
  if (!content.payload.has_value()) return std::nullopt;
  MIG_ASSIGN_OR_RETURN(const trust::TrustedState trusted,
                       trust::ParseTrustedState(*content.payload));
  const trust::TrustedProduct* const product = trusted.product(kProduct);
  if (product == nullptr || !product->seen.has_value()) return std::nullopt;
  return product->seen->digest;
}

}  // namespace mig::tests
