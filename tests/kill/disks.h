// File systems for hosts under test: of this process's own, in a mount namespace that ends with it.

#ifndef MIG_TESTS_KILL_DISKS_H_
#define MIG_TESTS_KILL_DISKS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/harness/world.h"

namespace mig::tests {

enum class DiskKind {
  kHere,   // a directory of the world's
  kTmpfs,  //
  kExt4,   // on a loop device
  kXfs,    // the same
  kBind,   // state, agent and its configuration files: three bind mounts of one file system
};
absl::string_view DiskName(DiskKind kind);  // "ext4"
std::optional<DiskKind> DiskFromName(absl::string_view name);

class Disks {
 public:
  // Gives this process a mount namespace; before it starts any thread. `world` is borrowed.
  // FailedPrecondition: this machine does not let it (a container, or nobody's root).
  static absl::StatusOr<std::unique_ptr<Disks>> Make(World& world);

  Disks(const Disks&) = delete;
  Disks& operator=(const Disks&) = delete;
  // Takes the mounts away. Processes that still run there keep them until they end.
  ~Disks();

  // Makes `directory` and mounts a file system there; for kBind on its parts.
  // FailedPrecondition: not on this machine; says what is missing (a loop device, mkfs.xfs).
  absl::Status Mount(DiskKind kind, const std::string& directory);

 private:
  explicit Disks(World& world) : world_(world) {}

  absl::Status MountAt(const std::vector<std::string>& words, const std::string& directory);
  absl::Status MountImage(absl::string_view type, const std::string& directory);
  absl::Status MountParts(const std::string& directory);

  World& world_;
  std::vector<std::string> mounted_;
};

}  // namespace mig::tests

#endif  // MIG_TESTS_KILL_DISKS_H_
