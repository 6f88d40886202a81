// Which process is meant. A number alone means nothing: the system hands it to others. Start time
// and number together name one process of a boot; a pidfd keeps naming it.

#ifndef MIG_LOADER_SERVICES_PROCESS_IDENTITY_H_
#define MIG_LOADER_SERVICES_PROCESS_IDENTITY_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "loader/services/unique_fd.h"

namespace mig::loader {

// Unique within one boot.
struct ProcessIdentity {
  pid_t pid = 0;
  uint64_t start_ticks = 0;  // field 22 of /proc/PID/stat

  friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};

struct ProcessStat {
  ProcessIdentity identity;
  pid_t parent = 0;
  pid_t session = 0;
  bool zombie = false;
};

// Field by field from the text of /proc/PID/stat, in which the program's name may hold anything.
// DataLoss if it is not such a line.
absl::StatusOr<ProcessStat> ParseProcessStat(absl::string_view text);

// nullopt: no such process, or none that can be seen.
std::optional<ProcessStat> StatProcess(pid_t pid);

// A handle of exactly that process while it runs; nullopt if it has ended (a zombie has), or if its
// number is another's by now.
std::optional<UniqueFd> OpenProcess(const ProcessIdentity& identity);

// `path` as the kernel names it in /proc/PID/exe: without symbolic links. The file itself need not
// be there.
std::string CanonicalProgram(const std::string& path);

// The processes of this pid namespace that run `program` (CanonicalProgram), oldest first, without
// those whose parent is one of them, and without this process. One whose file was replaced since
// counts: it still runs the old program of that path. Scripts are not found: what runs there is
// their interpreter.
std::vector<ProcessIdentity> FindByProgram(const std::string& program);

// The processes of session `session` that run, in no order. The number names that session as long
// as one of them is known to run, or is a child of this process that is not reaped.
std::vector<ProcessIdentity> FindBySession(pid_t session);

// The process that `pid_file` names, if it runs `program`. nullopt otherwise. At most 32 bytes are
// read.
std::optional<ProcessIdentity> FindByPidFile(const std::string& pid_file,
                                             const std::string& program);

}  // namespace mig::loader

#endif  // MIG_LOADER_SERVICES_PROCESS_IDENTITY_H_
