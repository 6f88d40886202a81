// What a live run measures while it goes on.

#ifndef MIG_SIM_LIVE_TALLY_H_
#define MIG_SIM_LIVE_TALLY_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/time_point.h"
#include "loader/run/run_result.h"
#include "sim/report/progress.h"
#include "sim/report/summary.h"

namespace mig::sim {

// Runs that begin later than this after their intended start are the generator's fault.
inline constexpr absl::Duration kBehind = absl::Milliseconds(100);

// Any thread.
class Tally {
 public:
  // A run begins so long after its intended start.
  void RunBegan(absl::Duration lateness);
  // `since_intended`: from its intended start to its end.
  void RunEnded(absl::Duration since_intended, const loader::RunResult& result);
  void Enrolled();

  void Connected();
  // A call that was answered: how long it took, lateness of its run included.
  void Took(Phase phase, absl::Duration time);
  // Somebody asks, and waits; then does not wait any more, whatever came of it.
  void Asks(base::MonotonicTime now);
  void AsksNoMore();
  // Every call, when it ends: gRPC's status code; whether anybody at all answered.
  void CallEnded(int grpc_code, base::MonotonicTime now);
  void CheckedIn();
  // Of an answer that goes on.
  void Fetched(uint64_t bytes, base::MonotonicTime now);

  // For how long there was no answer to anybody: up to now if somebody waits, else up to the last
  // call in vain (nobody asks, nobody answers: that is no silence). Told that nobody can answer
  // (the scenario has the coordinator killed), it begins anew.
  absl::Duration Silence(base::MonotonicTime now) const;
  void ExcuseSilence();

  // The run was abandoned: nothing counts from now on.
  void Close();

  // What was counted up to now.
  Summary Counted() const;
  uint64_t runs() const;
  uint64_t errors() const;

 private:
  void Answered(base::MonotonicTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  Summary summary_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t errors_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t asking_ ABSL_GUARDED_BY(mutex_) = 0;
  // Who asked first since the last answer, and who last asked in vain.
  std::optional<base::MonotonicTime> unanswered_since_ ABSL_GUARDED_BY(mutex_);
  std::optional<base::MonotonicTime> in_vain_ ABSL_GUARDED_BY(mutex_);
};

// "UNAVAILABLE", of gRPC's numbers.
absl::string_view StatusName(int grpc_code);

}  // namespace mig::sim

#endif  // MIG_SIM_LIVE_TALLY_H_
