#include "loader/state/state_directory.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/path.h"
#include "base/path_safety.h"
#include "base/status_macros.h"
#include "trust/half_file.h"
#include "trust/refusal.h"

namespace mig::loader {

namespace {

constexpr char kLock[] = "lock";
constexpr char kSpool[] = "spool";
constexpr uint32_t kMode = 0700;

absl::StatusOr<std::unique_ptr<base::Directory>> OpenPart(base::Directory& state,
                                                          absl::string_view name,
                                                          StateDirectory::IfMissing if_missing) {
  absl::StatusOr<std::unique_ptr<base::Directory>> part = state.OpenDir(name);
  if (!absl::IsNotFound(part.status()) || if_missing == StateDirectory::IfMissing::kFail) {
    return part;
  }
  MIG_RETURN_IF_ERROR(state.MakeDir(name, kMode));
  MIG_RETURN_IF_ERROR(state.Sync());
  return state.OpenDir(name);
}

}  // namespace

absl::StatusOr<std::unique_ptr<StateDirectory>> StateDirectory::Open(base::FileSystem& disk,
                                                                     const Options& options) {
  absl::StatusOr<std::unique_ptr<base::Directory>> directory = disk.OpenRoot(options.path);
  if (absl::IsNotFound(directory.status())) {
    if (options.if_missing == IfMissing::kFail) {
      return absl::NotFoundError(absl::StrCat("state directory ", options.path,
                                              " is not there; `mig-loader enroll` makes it"));
    }
    directory = base::MakeDirs(disk, options.path, kMode);
  }
  if (absl::IsFailedPrecondition(directory.status())) {
    return trust::Refuse(v1::Refusal::UNSAFE_PATH, directory.status().message());
  }
  MIG_RETURN_IF_ERROR(directory.status());
  if (absl::Status safe = base::CheckOnlyOwnerCanChange(disk, options.path, options.owner_uid);
      !safe.ok()) {
    // That it cannot be looked at now does not say that it is unsafe.
    if (!absl::IsFailedPrecondition(safe)) return trust::WithContext("state directory", safe);
    return trust::Refuse(v1::Refusal::UNSAFE_PATH,
                         absl::StrCat("state directory: ", safe.message()));
  }

  MIG_ASSIGN_OR_RETURN(std::unique_ptr<base::Directory> documents,
                       OpenPart(**directory, "documents", options.if_missing));
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<base::Directory> identity,
                       OpenPart(**directory, "identity", options.if_missing));
  MIG_RETURN_IF_ERROR(OpenPart(**directory, kSpool, options.if_missing).status());
  return std::unique_ptr<StateDirectory>(new StateDirectory(
      options.path, *std::move(directory), std::move(documents), std::move(identity)));
}

StateDirectory::StateDirectory(std::string path, std::unique_ptr<base::Directory> directory,
                               std::unique_ptr<base::Directory> documents,
                               std::unique_ptr<base::Directory> identity)
    : path_(std::move(path)),
      directory_(std::move(directory)),
      trust_(*directory_, "trust", trust::HalfFileKind::kTrust),
      status_(*directory_, "status", trust::HalfFileKind::kStatus),
      documents_(std::move(documents)),
      identity_(std::move(identity)) {}

absl::StatusOr<std::unique_ptr<base::FileLock>> StateDirectory::Lock() {
  absl::StatusOr<std::unique_ptr<base::FileLock>> lock = directory_->TryLock(kLock);
  if (absl::IsUnavailable(lock.status())) {
    return trust::Refuse(v1::Refusal::BUSY,
                         absl::StrCat("busy: another mig-loader works in ", path_,
                                      "; it will finish, or wait for it and run again"));
  }
  return lock;
}

absl::StatusOr<ReportSpool> StateDirectory::OpenSpool() {
  MIG_ASSIGN_OR_RETURN(std::unique_ptr<base::Directory> spool, directory_->OpenDir(kSpool));
  return ReportSpool::Open(std::move(spool));
}

}  // namespace mig::loader
