// /var/lib/mig-loader: what the loader keeps between runs, and the lock that lets only one run
// change it.

#ifndef MIG_LOADER_STATE_STATE_DIRECTORY_H_
#define MIG_LOADER_STATE_STATE_DIRECTORY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "loader/state/document_store.h"
#include "loader/state/identity_store.h"
#include "loader/state/report_spool.h"
#include "loader/state/two_halves_file.h"

namespace mig::loader {

class StateDirectory {
 public:
  enum class IfMissing { kFail, kCreate };
  struct Options {
    std::string path;                           // absolute
    uint32_t owner_uid = 0;                     // who may change it, besides root
    IfMissing if_missing = IfMissing::kCreate;  // it and its parts: 0700, durably
  };

  // `disk` is borrowed. FailedPrecondition, with a Refusal UNSAFE_PATH, if others may change it, or
  // it is a link; NotFound with kFail (`mig-loader enroll` makes it).
  static absl::StatusOr<std::unique_ptr<StateDirectory>> Open(base::FileSystem& disk,
                                                              const Options& options);

  // Whoever changes anything below holds this. Does not wait: Unavailable, with a Refusal BUSY,
  // while another loader runs (ADVERSARY 124).
  absl::StatusOr<std::unique_ptr<base::FileLock>> Lock();

  // Payloads: v1.TrustState (see trust/), v1.StatusState. Losing `status` breaks no promise.
  TwoHalvesFile& trust() { return trust_; }
  TwoHalvesFile& status() { return status_; }
  DocumentStore& documents() { return documents_; }
  IdentityStore& identity() { return identity_; }

  // Read anew at each call; hold the lock if you add to it.
  absl::StatusOr<ReportSpool> OpenSpool();

  // For what others keep here (journal, kept sets).
  base::Directory& directory() { return *directory_; }
  const std::string& path() const { return path_; }

 private:
  StateDirectory(std::string path, std::unique_ptr<base::Directory> directory,
                 std::unique_ptr<base::Directory> documents,
                 std::unique_ptr<base::Directory> identity);

  const std::string path_;
  std::unique_ptr<base::Directory> directory_;
  TwoHalvesFile trust_;
  TwoHalvesFile status_;
  DocumentStore documents_;
  IdentityStore identity_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_STATE_STATE_DIRECTORY_H_
