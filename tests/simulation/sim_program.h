// The real mig-sim, run on scenarios that a test writes.

#ifndef MIG_TESTS_SIMULATION_SIM_PROGRAM_H_
#define MIG_TESTS_SIMULATION_SIM_PROGRAM_H_

#include <google/protobuf/struct.pb.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/agent/descriptor.h"
#include "tests/harness/command.h"
#include "tests/harness/started.h"

namespace mig::tests {

// A mig-sim that runs at a terminal of its own. Killed by its destructor.
class WatchedSim {
 public:
  WatchedSim(Started started, Descriptor terminal, std::string out)
      : started_(std::move(started)), terminal_(std::move(terminal)), out_(std::move(out)) {}
  WatchedSim(const WatchedSim&) = delete;
  WatchedSim& operator=(const WatchedSim&) = delete;
  ~WatchedSim();

  pid_t pid() const { return started_.pid; }

  // Until the terminal has shown `text`: FailedPrecondition with what it showed if it ends before,
  // DeadlineExceeded.
  absl::Status WaitFor(absl::string_view text, absl::Duration patience);
  void Signal(int signal) const;
  // The exit status. DeadlineExceeded if it does not end.
  absl::StatusOr<int> WaitEnd(absl::Duration patience);

  // Standard output, when it has ended.
  std::string Out() const;
  const std::string& shown() const { return shown_; }

 private:
  // Whether there was something before `patience` was over.
  bool Take(absl::Duration patience);

  Started started_;  // pid 0: collected
  Descriptor terminal_;
  std::string out_;  // a file
  std::string shown_;
};

// Where the program is, and a folder for scenarios.
class SimProgram {
 public:
  // `name` is the folder's, below the test's own.
  explicit SimProgram(const std::string& name);

  const std::string& path() const { return path_; }
  std::string Path(const std::string& name) const;
  // Where it makes directories for the time of a run: empty otherwise.
  std::string scratch() const { return Path("tmp"); }
  // The path of a file that now has this text.
  std::string Write(const std::string& name, absl::string_view text) const;

  // With both outputs in pipes.
  CommandResult Run(const std::vector<std::string>& words) const;
  std::unique_ptr<WatchedSim> Watch(const std::vector<std::string>& words) const;

 private:
  std::vector<std::string> Environment() const;

  std::string path_;
  std::string folder_;
};

// A small scenario of one release for all. `more` is added to it.
struct SmallFleet {
  int hosts = 10;
  int duration_s = 600;
  int check_in_every_s = 60;
  std::string more;
};
std::string ScenarioOf(const SmallFleet& fleet);

// One object, or the test fails.
google::protobuf::Struct ParsedJson(const std::string& json);

// A count or figure of it; the test fails if it is missing.
double Figure(const google::protobuf::Struct& json, const std::string& name);

}  // namespace mig::tests

#endif  // MIG_TESTS_SIMULATION_SIM_PROGRAM_H_
