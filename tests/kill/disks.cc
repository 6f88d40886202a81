#include "tests/kill/disks.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "tests/harness/files.h"

namespace mig::tests {

namespace {

struct Named {
  absl::string_view name;
  DiskKind kind;
};
constexpr Named kDisks[] = {{"here", DiskKind::kHere},
                            {"tmpfs", DiskKind::kTmpfs},
                            {"ext4", DiskKind::kExt4},
                            {"xfs", DiskKind::kXfs},
                            {"bind", DiskKind::kBind}};

// xfs takes no less.
constexpr off_t kImageBytes = off_t{320} << 20;

// In the order in which they are mounted.
constexpr absl::string_view kParts[] = {"state", "agent", "agent/conf.d"};

}  // namespace

absl::string_view DiskName(DiskKind kind) {
  return std::ranges::find(kDisks, kind, &Named::kind)->name;
}

std::optional<DiskKind> DiskFromName(absl::string_view name) {
  const auto* const named = std::ranges::find(kDisks, name, &Named::name);
  return named == std::end(kDisks) ? std::nullopt : std::optional(named->kind);
}

absl::StatusOr<std::unique_ptr<Disks>> Disks::Make(World& world) {
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return absl::FailedPreconditionError(absl::StrCat("no mount namespace of its own (",
                                                      std::strerror(errno),
                                                      "); run as root, in a container "
                                                      "that may mount"));
  }
  return std::unique_ptr<Disks>(new Disks(world));
}

Disks::~Disks() {
  for (auto path = mounted_.rbegin(); path != mounted_.rend(); ++path) {
    umount2(path->c_str(), MNT_DETACH);
  }
}

absl::Status Disks::Mount(DiskKind kind, const std::string& directory) {
  MIG_RETURN_IF_ERROR(MakeDirectory(directory));
  switch (kind) {
    case DiskKind::kHere:
      return absl::OkStatus();
    case DiskKind::kTmpfs:
      return MountAt({"-t", "tmpfs", "-o", "mode=0755", "tmpfs"}, directory);
    case DiskKind::kExt4:
    case DiskKind::kXfs:
      return MountImage(DiskName(kind), directory);
    case DiskKind::kBind:
      return MountParts(directory);
  }
  return absl::InvalidArgumentError("no such file system");
}

absl::Status Disks::MountAt(const std::vector<std::string>& words, const std::string& directory) {
  std::vector<std::string> all = {"/bin/mount"};
  all.insert(all.end(), words.begin(), words.end());
  all.push_back(directory);
  MIG_RETURN_IF_ERROR(world_.RunWell(all).status());
  mounted_.push_back(directory);
  return absl::OkStatus();
}

// The image is in memory: what is tried here is the file system, not the machine's disk.
absl::Status Disks::MountImage(absl::string_view type, const std::string& directory) {
  const std::string images = world_.Path(absl::StrCat("image-", type));
  MIG_RETURN_IF_ERROR(Mount(DiskKind::kTmpfs, images));
  const std::string image = absl::StrCat(images, "/image");
  MIG_RETURN_IF_ERROR(WriteFile(image, ""));
  if (truncate(image.c_str(), kImageBytes) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(image, ": ", std::strerror(errno)));
  }
  const std::string make = absl::StrCat("/sbin/mkfs.", type);
  if (access(make.c_str(), X_OK) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(make, " is missing; tools/setup"));
  }
  MIG_RETURN_IF_ERROR(world_.RunWell({make, "-q", image}).status());
  return MountAt({"-t", std::string(type), "-o", "loop", image}, directory);
}

absl::Status Disks::MountParts(const std::string& directory) {
  const std::string bound = absl::StrCat(directory, "/bound");
  MIG_RETURN_IF_ERROR(MakeDirectory(bound));
  for (const absl::string_view part : kParts) {
    const std::string from = absl::StrCat(bound, "/", part.substr(part.rfind('/') + 1));
    const std::string at = absl::StrCat(directory, "/", part);
    MIG_RETURN_IF_ERROR(MakeDirectory(from, part == "state" ? 0700 : 0755));
    MIG_RETURN_IF_ERROR(MakeDirectory(at));
    MIG_RETURN_IF_ERROR(MountAt({"--bind", from}, at));
  }
  return absl::OkStatus();
}

}  // namespace mig::tests
