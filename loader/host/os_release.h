// os-release(5), read as data: it is a shell fragment that must never be run.

#ifndef MIG_LOADER_HOST_OS_RELEASE_H_
#define MIG_LOADER_HOST_OS_RELEASE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace mig::loader {

struct OsRelease {
  std::string id;          // ID: [a-z0-9._-]{1,256}, else empty
  std::string version_id;  // VERSION_ID: [a-z0-9._-]{1,256}, else empty
};

// `text`: the file, at most 64 KiB. Of a name that is assigned twice the last counts, as in a
// shell; quotes and their backslashes are taken off; anything else that a shell would expand makes
// the value empty. Never fails.
OsRelease ParseOsRelease(absl::string_view text);

}  // namespace mig::loader

#endif  // MIG_LOADER_HOST_OS_RELEASE_H_
