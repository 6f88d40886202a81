// A file's bytes as a stream, to stage them.

#ifndef MIG_LOADER_INSTALL_FILE_SOURCE_H_
#define MIG_LOADER_INSTALL_FILE_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "base/byte_stream.h"
#include "base/file.h"
#include "base/status_macros.h"

namespace mig::loader {

// From the start of `file`, which must outlive it, to its end.
class FileSource : public base::ByteSource {
 public:
  explicit FileSource(base::File& file) : file_(file) {}

  absl::StatusOr<size_t> Read(std::span<char> into) override {
    MIG_ASSIGN_OR_RETURN(const size_t count, file_.ReadAt(offset_, into));
    offset_ += count;
    return count;
  }

 private:
  base::File& file_;
  uint64_t offset_ = 0;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_INSTALL_FILE_SOURCE_H_
