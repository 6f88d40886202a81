// One open file of this machine.

#ifndef MIG_BASE_POSIX_FILE_H_
#define MIG_BASE_POSIX_FILE_H_

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file.h"
#include "base/posix_call.h"

namespace mig::base::internal {

class PosixFile : public File {
 public:
  // `size_hint_bytes`: what fstat said when it was opened; sizes buffers, nothing else.
  PosixFile(Fd fd, std::string path, uint64_t size_hint_bytes)
      : fd_(std::move(fd)), path_(std::move(path)), size_hint_bytes_(size_hint_bytes) {}

  absl::StatusOr<size_t> ReadAt(uint64_t offset, std::span<char> into) override;
  absl::StatusOr<uint64_t> ReadThrough(uint64_t max_bytes,
                                       absl::FunctionRef<void(absl::string_view)> take) override;
  absl::Status WriteAt(uint64_t offset, absl::string_view bytes) override;
  absl::Status Truncate(uint64_t size_bytes) override;
  absl::Status CopyFrom(File& source, uint64_t max_bytes) override;
  absl::Status Sync() override;
  absl::Status SyncData() override;
  absl::StatusOr<FileStat> Stat() override;
  absl::Status SetMode(uint32_t mode) override;
  absl::Status SetOwner(uint32_t uid, uint32_t gid) override;
  absl::Status SetAttribute(absl::string_view name, absl::string_view value) override;
  absl::StatusOr<std::string> GetAttribute(absl::string_view name) override;
  absl::string_view path() const override { return path_; }

 private:
  absl::Status CopyBytes(File& source, uint64_t max_bytes);
  absl::Status Error(absl::string_view action) const { return ErrnoStatus(errno, action, path_); }

  const Fd fd_;
  const std::string path_;
  const uint64_t size_hint_bytes_;
};

}  // namespace mig::base::internal

#endif  // MIG_BASE_POSIX_FILE_H_
