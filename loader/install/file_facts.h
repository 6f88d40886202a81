// All that makes a file of a set "the right one".

#ifndef MIG_LOADER_INSTALL_FILE_FACTS_H_
#define MIG_LOADER_INSTALL_FILE_FACTS_H_

#include <cstdint>
#include <optional>
#include <ostream>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/file_system.h"
#include "base/hash_file.h"
#include "loader/config/attributes.h"

namespace mig::loader {

struct FileFacts {
  base::Digest digest;
  uint64_t size_bytes = 0;
  uint32_t mode = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
  // What it must have, and (empty values) what it must not have; it may have others.
  Attributes attributes;

  base::FileDigest content() const { return {.digest = digest, .size_bytes = size_bytes}; }

  friend bool operator==(const FileFacts&, const FileFacts&) = default;
};
std::ostream& operator<<(std::ostream& out, const FileFacts& facts);

// `facts`, for what does not remember attributes.
FileFacts WithoutAttributes(FileFacts facts);

// Whether a file that is `got` is as `wanted` says, attributes included.
bool Satisfies(const std::optional<FileFacts>& got, const std::optional<FileFacts>& wanted);

// What file `name` is, but for its attributes; absent: nothing has that name. Reads all of it: no
// cache. FailedPrecondition: it is no regular file. ResourceExhausted: over 1 GiB.
absl::StatusOr<std::optional<FileFacts>> ReadFacts(base::Directory& directory,
                                                   absl::string_view name);

// Whether file `name` is exactly `facts` (absent: whether nothing has that name). Reads the
// contents only if all else is right. Something that is no regular file is never right.
absl::StatusOr<bool> HasFacts(base::Directory& directory, absl::string_view name,
                              const std::optional<FileFacts>& facts);

}  // namespace mig::loader

#endif  // MIG_LOADER_INSTALL_FILE_FACTS_H_
