#include "base/hash_file.h"

#include "absl/strings/string_view.h"
#include "base/sha256.h"
#include "base/status_macros.h"

namespace mig::base {

absl::StatusOr<FileDigest> HashFile(File& file, uint64_t max_bytes) {
  Sha256 hash;
  const auto add = [&hash](absl::string_view piece) { hash.Add(piece); };
  MIG_ASSIGN_OR_RETURN(const uint64_t size_bytes, file.ReadThrough(max_bytes, add));
  return FileDigest{.digest = hash.Finish(), .size_bytes = size_bytes};
}

}  // namespace mig::base
