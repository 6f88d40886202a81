// Where one component lies on this host: the dictionary's answer to a component's name.

#ifndef MIG_LOADER_CONFIG_TARGET_H_
#define MIG_LOADER_CONFIG_TARGET_H_

#include <cstdint>
#include <string>

#include "base/path.h"
#include "loader/config/attributes.h"

namespace mig::loader {

// What to do with a file that is not as the installed release says.
enum class LocalChange { kRepair, kKeep };

// Whether the loader writes it. kObserve: another program (the system's package manager) owns the
// file; it is reported and never written.
enum class TargetPolicy { kManage, kObserve };

// A value; only Dictionary makes it. `directory` is absolute and normal, `file_name` one name.
struct Target {
  std::string product;
  std::string name;  // the component's, as in a manifest: "agent", "conf/10-site.cfg"
  std::string directory;
  std::string file_name;
  uint32_t mode = 0;  // permission bits, at most 07777
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::string owner;  // "user:group" as the dictionary spells it, for reports
  uint64_t max_bytes = 0;
  LocalChange local_change = LocalChange::kRepair;
  TargetPolicy policy = TargetPolicy::kManage;
  Attributes attributes;  // those that the dictionary says; others of the file are left alone

  std::string path() const { return base::JoinPath(directory, file_name); }

  friend bool operator==(const Target&, const Target&) = default;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_CONFIG_TARGET_H_
