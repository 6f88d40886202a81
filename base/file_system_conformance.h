// The worlds in which file_system_conformance_test and file_conformance_test run: this machine's
// disk and the memory disk promise the same.

#ifndef MIG_BASE_FILE_SYSTEM_CONFORMANCE_H_
#define MIG_BASE_FILE_SYSTEM_CONFORMANCE_H_

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/check.h"
#include "base/file_system.h"
#include "base/memory_file_system.h"
#include "base/path.h"
#include "base/posix_file_system.h"

namespace mig::base {

// A disk, and an empty directory on it.
class World {
 public:
  virtual ~World() = default;

  virtual FileSystem& disk() = 0;
  virtual std::string root() const = 0;
  // A symbolic link or a FIFO, which no FileSystem makes.
  virtual void Plant(const std::string& path, FileKind kind) = 0;
};

class PosixWorld : public World {
 public:
  PosixWorld() {
    std::error_code error;
    root_ = std::filesystem::canonical(::testing::TempDir(), error).string() + "/disk-XXXXXX";
    MIG_CHECK(!error && mkdtemp(root_.data()) != nullptr) << root_;
  }
  ~PosixWorld() override {
    std::error_code ignored;  // the test's directory is thrown away anyway
    std::filesystem::remove_all(root_, ignored);
  }

  FileSystem& disk() override { return disk_; }
  std::string root() const override { return root_; }
  void Plant(const std::string& path, FileKind kind) override {
    const int failed =
        kind == FileKind::kSymlink ? symlink("/etc", path.c_str()) : mkfifo(path.c_str(), 0600);
    MIG_CHECK(failed == 0) << path;
  }

 private:
  std::string root_;
  PosixFileSystem disk_;
};

class MemoryWorld : public World {
 public:
  MemoryWorld() { MIG_CHECK_OK(MakeDirs(disk_, root(), 0700)); }

  FileSystem& disk() override { return disk_; }
  std::string root() const override { return "/var/lib/disk"; }
  void Plant(const std::string& path, FileKind kind) override { disk_.Plant(path, kind); }

 private:
  MemoryFileSystem disk_;
};

// A test that runs in both worlds.
class ConformanceTest : public ::testing::TestWithParam<std::unique_ptr<World> (*)()> {
 protected:
  ConformanceTest() : world_(GetParam()()) {
    absl::StatusOr<std::unique_ptr<Directory>> root = world_->disk().OpenRoot(world_->root());
    MIG_CHECK_OK(root);
    root_ = *std::move(root);
  }

  FileSystem& disk() { return world_->disk(); }
  // The empty directory, open, and the path of a name in it.
  Directory& root() { return *root_; }
  std::string PathOf(absl::string_view name) const { return JoinPath(world_->root(), name); }
  void Plant(absl::string_view name, FileKind kind) { world_->Plant(PathOf(name), kind); }

  std::unique_ptr<File> Create(absl::string_view name, absl::string_view bytes) {
    absl::StatusOr<std::unique_ptr<File>> file = root().CreateExclusive(name, 0600);
    MIG_CHECK_OK(file);
    MIG_CHECK_OK((*file)->WriteAt(0, bytes));
    return *std::move(file);
  }
  std::unique_ptr<Directory> MakeAndOpen(absl::string_view name) {
    MIG_CHECK_OK(root().MakeDir(name, 0700));
    absl::StatusOr<std::unique_ptr<Directory>> made = root().OpenDir(name);
    MIG_CHECK_OK(made);
    return *std::move(made);
  }

 private:
  const std::unique_ptr<World> world_;
  std::unique_ptr<Directory> root_;
};

inline auto BothWorlds() {
  return ::testing::Values(
      +[]() -> std::unique_ptr<World> { return std::make_unique<PosixWorld>(); },
      +[]() -> std::unique_ptr<World> { return std::make_unique<MemoryWorld>(); });
}

inline std::string WorldName(const ::testing::TestParamInfo<std::unique_ptr<World> (*)()>& info) {
  return info.index == 0 ? "Posix" : "Memory";
}

}  // namespace mig::base

#endif  // MIG_BASE_FILE_SYSTEM_CONFORMANCE_H_
