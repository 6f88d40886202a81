// Errors of the disk, as a run says them: with a word for programs and the way out for people.

#ifndef MIG_LOADER_RUN_SESSION_FAILURE_H_
#define MIG_LOADER_RUN_SESSION_FAILURE_H_

#include "absl/status/status.h"
#include "proto/mig/v1/refusal.pb.h"

namespace mig::loader {

// An error that carries a refusal is as it is. Else, by what the file system said: DISK_FULL for a
// full disk, a quota or a limit on the size of files, FILE_ERROR where permission is missing or the
// file system is read-only, both with what to do; what may pass by itself (memory, descriptors)
// UNAVAILABLE. Others, and ok, stay.
absl::Status WithWayOut(const absl::Status& status);

// The same as it is shown and reported; what has no word then is `otherwise`. `status` is not ok.
v1::Refusal RefusalFor(const absl::Status& status, v1::Refusal::Code otherwise);

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_SESSION_FAILURE_H_
