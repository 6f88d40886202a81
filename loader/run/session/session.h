// What one run holds from the lock on: the state directory and all that was loaded from it.

#ifndef MIG_LOADER_RUN_SESSION_SESSION_H_
#define MIG_LOADER_RUN_SESSION_SESSION_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "loader/run/documents/trust_session.h"
#include "loader/run/host.h"
#include "loader/run/run_result.h"
#include "loader/run/session/outcomes.h"
#include "loader/run/session/status_record.h"
#include "loader/state/report_spool.h"
#include "loader/state/state_directory.h"

namespace mig::loader {

// A slow line may need hours for a large release; no run goes on for ever.
inline constexpr absl::Duration kLongestRun = absl::Hours(6);

// One thread. The lock is held as long as this lives.
class Session {
 public:
  // Takes the lock, loads. `host` is borrowed. What was noticed at loading is spooled.
  //
  // Errors: BUSY, UNSAFE_PATH, those of TrustSession::Open, NotFound with kFail.
  static absl::StatusOr<std::unique_ptr<Session>> Open(const Host& host,
                                                       StateDirectory::IfMissing if_missing);

  const Host& host;
  StateDirectory& directory() { return *directory_; }
  TrustSession& trust() { return trust_; }
  StatusRecord& status() { return status_; }
  ReportSpool& spool() { return spool_; }

  // Reports something that happened: durable when this returns. One that cannot be kept (a full
  // disk) becomes a note of the run; it changes nothing else.
  void Report(const v1::Outcome& outcome);
  void ReportNotice(const Notice& notice, absl::string_view product = "");
  // The same for an outcome that must be durable before its journal is closed.
  absl::Status ReportDurably(const v1::Outcome& outcome) { return spool_.Add(outcome); }

  // DeadlineExceeded once the run took kLongestRun; asked before each call of the network.
  absl::Status CheckDeadline() const;

  // Whether this run has asked the coordinator before.
  bool has_checked_in() const { return has_checked_in_; }
  void NoteCheckIn() { has_checked_in_ = true; }

  // Lines for people: what else was noticed.
  std::vector<std::string>& notes() { return notes_; }

  // One more start of an agent, remembered before it happens.
  void CountActivation();

 private:
  Session(const Host& host, std::unique_ptr<StateDirectory> directory,
          std::unique_ptr<base::FileLock> lock, TrustSession trust, StatusRecord status,
          ReportSpool spool);

  std::unique_ptr<StateDirectory> directory_;
  std::unique_ptr<base::FileLock> lock_;
  TrustSession trust_;
  StatusRecord status_;
  ReportSpool spool_;
  std::vector<std::string> notes_;
  base::MonotonicTime began_;
  bool has_checked_in_ = false;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_SESSION_SESSION_H_
