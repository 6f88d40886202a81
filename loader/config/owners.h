// Names of users and groups, from the disk's own /etc/passwd and /etc/group: a static program must
// not load the C library's name services.

#ifndef MIG_LOADER_CONFIG_OWNERS_H_
#define MIG_LOADER_CONFIG_OWNERS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"

namespace mig::loader {

class Owners {
 public:
  // Files that are missing, unreadable or over 1 MiB know nobody but root.
  static Owners Read(base::FileSystem& disk);

  // uid and gid of "user:group", each a known name or a number. InvalidArgument says which part is
  // not known and what to do.
  absl::StatusOr<std::pair<uint32_t, uint32_t>> Parse(absl::string_view owner) const;

 private:
  using Numbers = std::map<std::string, uint32_t, std::less<>>;

  Numbers users_;
  Numbers groups_;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_CONFIG_OWNERS_H_
