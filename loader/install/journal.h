// Step 3 of an install: what is being done, so that any later run can finish or undo it.
//
// File `journal` of the state directory: "MIGJRNL1", u32le length, v1.Journal, SHA-256 of all
// before (CONTRACT: "On the host"). Each phase is a whole new file; the first one that is durable
// is the commit point.

#ifndef MIG_LOADER_INSTALL_JOURNAL_H_
#define MIG_LOADER_INSTALL_JOURNAL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/digest.h"
#include "base/file_system.h"
#include "base/path.h"
#include "loader/install/file_facts.h"
#include "proto/mig/v1/refusal.pb.h"
#include "proto/mig/v1/report.pb.h"
#include "trust/host_id.h"
#include "trust/ids.h"
#include "trust/trusted_state.h"

namespace mig::loader {

inline constexpr absl::string_view kJournalName = "journal";
// Where a journal that cannot be followed is put; there is at most one.
inline constexpr absl::string_view kSetAsideName = "journal.set-aside";

// One boot of this machine, whatever form its own id has: another value after each boot.
using BootMark = trust::FixedBytes<struct BootMarkTag, 16>;
// The first 16 bytes of SHA-256("MIG boot v1\0" || base::Clock::BootId()).
BootMark BootMarkOf(absl::string_view boot_id);

enum class Phase {
  kCommitted = 1,     // forward, from here on
  kActivating = 2,    // all renames are durable; the agent is being started and watched
  kDone = 3,          // healthy
  kReverting = 4,     // kept files are being put back
  kReactivating = 5,  // they are back and durable; the old agent is being started
  kReverted = 6,      // the end of going back
};
absl::string_view PhaseName(Phase phase);  // "COMMITTED"

struct JournalFile {
  std::string name;         // the component's
  std::string directory;    // absolute
  std::string file_name;    // the target's, in it
  std::string staged_name;  // in the same directory; empty: the file is removed
  std::string kept_name;    // below the state directory; empty: no old file, or no way back
  std::optional<FileFacts> before;
  std::optional<FileFacts> after;

  std::string path() const { return base::JoinPath(directory, file_name); }
};

// What a transaction is about; the caller's, and kept for the outcome.
struct TransactionFacts {
  trust::AttemptId id;  // the outcome's attempt
  trust::HostId host_id;
  v1::Outcome::Kind kind = v1::Outcome::INSTALL;  // INSTALL, REPAIR or FALLBACK
  std::string product;
  std::optional<trust::Installed> from;  // absent: nothing, or a foreign agent
  trust::Installed to;
  std::optional<base::Digest> plan;            // absent: a repair
  absl::Time plan_issued = absl::UnixEpoch();  // of that plan
  std::optional<trust::RolloutId> rollout;     // of that plan
  BootMark boot;
  absl::Time started;
};

struct Journal {
  TransactionFacts facts;
  Phase phase = Phase::kCommitted;
  std::vector<JournalFile> files;  // sorted by name, 1 to 512
  std::optional<v1::Refusal> refusal;
  std::string agent_output;
};

// ResourceExhausted: more than 512 KiB.
absl::StatusOr<std::string> EncodeJournal(const Journal& journal);

// Takes no byte for granted: all bounds, names, paths and enums are checked.
//   JOURNAL_DAMAGED  truncated, damaged, or not what an encoder writes
//   UNSUPPORTED      of a newer loader
absl::StatusOr<Journal> DecodeJournal(absl::string_view bytes);

// The journal of a state directory; absent: there is none. Errors as DecodeJournal; what is no file
// of ours at all (a link, far too long) is JOURNAL_DAMAGED too.
absl::StatusOr<std::optional<Journal>> ReadJournal(base::Directory& state);

// Replaces the journal by `journal`, durably.
absl::Status WriteJournal(base::Directory& state, const Journal& journal);

}  // namespace mig::loader

#endif  // MIG_LOADER_INSTALL_JOURNAL_H_
