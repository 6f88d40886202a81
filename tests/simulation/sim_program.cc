#include "tests/simulation/sim_program.h"

#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/system_clock.h"
#include "tests/harness/files.h"

namespace mig::tests {

namespace {

namespace fs = std::filesystem;

}  // namespace

WatchedSim::~WatchedSim() {
  if (started_.pid == 0) return;
  kill(-started_.pid, SIGKILL);
  Collect(started_);
}

bool WatchedSim::Take(absl::Duration patience) {
  pollfd ready[] = {{.fd = terminal_.get(), .events = POLLIN, .revents = 0}};
  const auto ms = static_cast<int>(absl::ToInt64Milliseconds(patience));
  if (poll(ready, 1, ms) != 1 || (ready[0].revents & POLLIN) == 0) return false;
  char bytes[4096];
  const ssize_t count = read(terminal_.get(), bytes, sizeof bytes);
  if (count <= 0) return false;
  shown_.append(bytes, static_cast<size_t>(count));
  return true;
}

absl::Status WatchedSim::WaitFor(absl::string_view text, absl::Duration patience) {
  MIG_ASSIGN_OR_RETURN(const auto clock, base::SystemClock::Open());
  const base::MonotonicTime deadline = clock->MonotonicNow() + patience;
  while (!absl::StrContains(shown_, text)) {
    const absl::Duration left = deadline - clock->MonotonicNow();
    if (left <= absl::ZeroDuration()) {
      return absl::DeadlineExceededError(absl::StrCat("showed only: ", shown_));
    }
    if (!Take(left) && EndsWithin(started_, absl::ZeroDuration())) {
      return absl::FailedPreconditionError(absl::StrCat("ended, and showed only: ", shown_));
    }
  }
  return absl::OkStatus();
}

void WatchedSim::Signal(int signal) const { kill(started_.pid, signal); }

absl::StatusOr<int> WatchedSim::WaitEnd(absl::Duration patience) {
  // Its terminal is read meanwhile, or it would wait for room there.
  MIG_ASSIGN_OR_RETURN(const auto clock, base::SystemClock::Open());
  const base::MonotonicTime deadline = clock->MonotonicNow() + patience;
  while (!EndsWithin(started_, absl::ZeroDuration())) {
    const absl::Duration left = deadline - clock->MonotonicNow();
    if (left <= absl::ZeroDuration()) return absl::DeadlineExceededError("it does not end");
    if (!Take(std::min(left, absl::Milliseconds(100)))) {
      EndsWithin(started_, std::min(left, absl::Milliseconds(100)));
    }
  }
  return Collect(std::exchange(started_, Started()));
}

std::string WatchedSim::Out() const { return ReadFile(out_).value_or(""); }

SimProgram::SimProgram(const std::string& name)
    : path_(fs::absolute(getenv("MIG_SIM")).string()),
      folder_((fs::path(::testing::TempDir()) / name).string()) {
  fs::remove_all(folder_);
  fs::create_directories(scratch());
}

std::vector<std::string> SimProgram::Environment() const {
  return {"PATH=/usr/bin:/bin", "HOME=/nonexistent", "TERM=xterm", "LANG=C.UTF-8",
          absl::StrCat("TMPDIR=", scratch())};
}

std::string SimProgram::Path(const std::string& name) const { return folder_ + "/" + name; }

std::string SimProgram::Write(const std::string& name, absl::string_view text) const {
  const absl::Status written = WriteFile(Path(name), text);
  EXPECT_TRUE(written.ok()) << written;
  return Path(name);
}

CommandResult SimProgram::Run(const std::vector<std::string>& words) const {
  std::vector<std::string> command = {path_};
  command.insert(command.end(), words.begin(), words.end());
  const auto result = RunCommand(
      command, {.environment = Environment(), .directory = "/", .patience = absl::Minutes(4)});
  EXPECT_TRUE(result.ok()) << result.status();
  return result.value_or(CommandResult());
}

std::unique_ptr<WatchedSim> SimProgram::Watch(const std::vector<std::string>& words) const {
  Descriptor terminal(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  EXPECT_TRUE(grantpt(terminal.get()) == 0 && unlockpt(terminal.get()) == 0);
  const Descriptor side(open(ptsname(terminal.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  const std::string out = Path("out");
  const Descriptor file(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  std::vector<std::string> command = {path_};
  command.insert(command.end(), words.begin(), words.end());
  auto started =
      StartProgram(command, {.environment = Environment(), .out = file.get(), .err = side.get()});
  EXPECT_TRUE(started.ok()) << started.status();
  return std::make_unique<WatchedSim>(*std::move(started), std::move(terminal), out);
}

std::string ScenarioOf(const SmallFleet& fleet) {
  return absl::StrCat("name: \"fleet\" hosts: ", fleet.hosts, " duration_s: ", fleet.duration_s,
                      " check_in_every_s: ", fleet.check_in_every_s,
                      " probation_s: 1\n"
                      "releases { version: \"1\" components { name: \"agent\" size_bytes: 70000 } "
                      "}\n"
                      "rollouts { release: \"1\" waves { upto_ppm: 1000000 } }\n",
                      fleet.more);
}

google::protobuf::Struct ParsedJson(const std::string& json) {
  google::protobuf::Struct object;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &object);
  EXPECT_TRUE(status.ok()) << status.ToString() << "\n" << json;
  return object;
}

double Figure(const google::protobuf::Struct& json, const std::string& name) {
  const auto found = json.fields().find(name);
  if (found == json.fields().end()) {
    ADD_FAILURE() << name << " is missing";
    return -1;
  }
  EXPECT_TRUE(found->second.has_number_value()) << name << " is no number";
  return found->second.number_value();
}

}  // namespace mig::tests
