// Outcomes that no coordinator has acknowledged yet: delivered by a later run, counted once
// (DESIGN.md 2, promise 5). Those that one has are kept for a while: its store may be restored from
// a backup that does not know them.

#ifndef MIG_LOADER_STATE_REPORT_SPOOL_H_
#define MIG_LOADER_STATE_REPORT_SPOOL_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "proto/mig/v1/local_state.pb.h"
#include "proto/mig/v1/refusal.pb.h"
#include "proto/mig/v1/report.pb.h"

namespace mig::loader {

// One file per outcome, spool/NUMBER, NUMBER.sent from just before it is sent on, NUMBER.kept once
// it is acknowledged. At most kMaxSpooledReports files and kMaxSpoolBytes, whatever they are. One
// thread at a time; writers hold the lock.
class ReportSpool {
 public:
  // Reads what is there, and changes nothing. A file that is not a record stays where it is, is
  // counted in damaged(), and its number is not used again.
  static absl::StatusOr<ReportSpool> Open(std::unique_ptr<base::Directory> directory);
  ReportSpool(ReportSpool&&) = default;
  ReportSpool& operator=(ReportSpool&&) = default;

  // Durable when this returns. An attempt that is here already changes nothing (a run that was
  // killed after the journal's DONE adds it again). A refusal or notice that says the same as the
  // last, unsent, outcome of its product is counted into that: from the first's start to the last's
  // end, with the last's text. (Transactions are never counted together: each has an attempt that
  // a later run may add again.)
  // Where there is no room, the oldest of those that are kept go, then of those that were set
  // aside; then the oldest outcomes become one notice SPOOL_FULL with the sum of their counts:
  // refusals and notices first.
  // InvalidArgument: no attempt of 16 bytes, or no count. ResourceExhausted: over kMaxReportBytes,
  // or the disk is full.
  absl::Status Add(const v1::Outcome& outcome);

  // The next outcomes to send, oldest first, of those not set aside: as many as fit into one
  // ReportRequest (64, kMaxReportBytes). Before they are given out they are marked as sent,
  // durably: a record that a coordinator may have counted must not grow. Empty: nothing waits.
  absl::StatusOr<v1::ReportRequest> NextBatch();

  // What is acknowledged waits no more, and is kept, the newest kMaxKept of it; what will never be
  // taken is set aside, with why. Durable. Attempts that are not here, or are kept already, are
  // ignored. A batch of which nothing was answered is given out again.
  absl::Status Settle(const v1::ReportAnswer& answer);

  // What is kept waits again: the coordinator that has it may have forgotten it. What it has not
  // forgotten it counts once, by the attempt. Durable, or an error, and then it is asked again.
  absl::Status SendAgain();

  // How many outcomes wait, coalesced ones by their counts; without those that are set aside or
  // kept.
  uint64_t WaitingOutcomes() const;
  // Records that a coordinator will never take, oldest first; the newest kMaxSetAside are kept.
  std::vector<v1::SpoolRecord> SetAside() const;
  int damaged() const { return damaged_; }

  static constexpr size_t kMaxSetAside = 64;
  static constexpr size_t kMaxKept = 64;

 private:
  // What a coordinator may know of a record; the suffix of its file.
  enum class Delivery { kUnsent, kSent, kAcknowledged };
  struct Entry {
    v1::SpoolRecord record;
    Delivery delivery = Delivery::kUnsent;
    uint64_t size_bytes = 0;

    bool waits() const { return delivery != Delivery::kAcknowledged && !record.set_aside(); }
  };
  using Entries = std::map<uint64_t, Entry>;

  explicit ReportSpool(std::unique_ptr<base::Directory> directory)
      : directory_(std::move(directory)) {}

  static std::string NameOf(uint64_t number, Delivery delivery);
  absl::Status ReadAll();
  void Take(absl::string_view name, absl::string_view bytes);
  absl::Status RemoveLeftovers();
  absl::Status Save(const v1::SpoolRecord& record, Delivery delivery);
  // These three: the entries change at once; the directory is synced by the caller.
  absl::Status Remove(Entries::iterator entry);
  absl::Status Mark(Entries::iterator entry, Delivery delivery);
  template <typename Which>
  absl::Status RemoveOldest(size_t most_left, const Which& which);
  absl::Status MakeRoom(uint64_t size_bytes);
  absl::Status Fold();
  Entries::iterator FindAttempt(absl::string_view attempt);
  Entries::iterator FindEqual(const v1::Outcome& outcome);
  uint64_t TotalBytes() const;

  std::unique_ptr<base::Directory> directory_;
  Entries entries_;
  uint64_t last_number_ = 0;
  std::vector<std::string> leftovers_;  // of writes that were interrupted
  int damaged_ = 0;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_STATE_REPORT_SPOOL_H_
