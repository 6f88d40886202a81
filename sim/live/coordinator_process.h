// The shipped coordinator's program, as a child: started, killed, started again, stopped.

#ifndef MIG_SIM_LIVE_COORDINATOR_PROCESS_H_
#define MIG_SIM_LIVE_COORDINATOR_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"

namespace mig::sim {

// One thread at a time. It ends with this object, and with this process.
class CoordinatorProcess {
 public:
  struct Options {
    std::string program;  // absolute
    std::string config;   // coordinator.toml
    std::string log;      // what it says goes here; appended
  };

  // Starts nothing yet. Borrowed: the clock.
  CoordinatorProcess(base::Clock& clock, Options options)
      : clock_(clock), options_(std::move(options)) {}
  // As Kill.
  ~CoordinatorProcess();

  CoordinatorProcess(const CoordinatorProcess&) = delete;
  CoordinatorProcess& operator=(const CoordinatorProcess&) = delete;

  // Not `IsRunning` before. Does not wait until it serves.
  absl::Status Start();
  // Whether it serves. Internal: it has ended instead; has its last line.
  absl::StatusOr<bool> Serves();
  // Waits until it serves, at most kStartTimeout. Cancelled: `is_stopped` said so meanwhile.
  absl::Status AwaitServing(absl::FunctionRef<bool()> is_stopped);

  // False once it has ended by itself; how_it_ended then says it.
  bool IsRunning();
  const std::string& how_it_ended() const { return how_it_ended_; }

  // kill -9, and until it is gone.
  void Kill();
  // SIGTERM, and until it is gone; after kStopTimeout as Kill. Internal: it ended another way than
  // stopping well.
  absl::Status Stop();

  // The most memory that any of its lives had, as far as it was looked at: call it now and then.
  uint64_t LookAtPeakRssBytes();
  // User and system time of all that have ended.
  absl::Duration cpu_time() const { return cpu_time_; }

  static constexpr absl::Duration kStartTimeout = absl::Seconds(60);
  static constexpr absl::Duration kStopTimeout = absl::Seconds(15);

 private:
  // Takes note of an end; false: it goes on.
  bool Reap(int wait_options);
  std::string LastLine() const;

  base::Clock& clock_;
  const Options options_;
  std::optional<pid_t> pid_;
  uint64_t log_begin_ = 0;  // of what the one that runs says
  int exit_status_ = 0;
  std::string how_it_ended_;
  uint64_t peak_rss_bytes_ = 0;
  absl::Duration cpu_time_;
};

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_COORDINATOR_PROCESS_H_
