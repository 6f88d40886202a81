// Small files in one go: bounded reading, and writing that survives a power cut.

#ifndef MIG_BASE_WHOLE_FILE_H_
#define MIG_BASE_WHOLE_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file.h"
#include "base/file_system.h"

namespace mig::base {

// All bytes of an open file. ResourceExhausted, before they are held in memory, if there are more
// than `max_bytes`; the message has both.
absl::StatusOr<std::string> ReadWhole(File& file, uint64_t max_bytes);

// The same for file `name` in `directory`, or for an absolute path.
absl::StatusOr<std::string> ReadWhole(Directory& directory, absl::string_view name,
                                      uint64_t max_bytes);
absl::StatusOr<std::string> ReadWhole(FileSystem& disk, absl::string_view path, uint64_t max_bytes);

// After success `name` holds exactly `bytes` with `mode`, durably. After an error or a power cut
// it is as before, or (cut only) new already: never a part. Writes ".NAME.new" beside it (what an
// interrupted call left there is replaced), fsync, rename, fsync of the directory. One writer per
// name at a time: callers hold a lock.
absl::Status WriteDurably(Directory& directory, absl::string_view name, absl::string_view bytes,
                          uint32_t mode);

}  // namespace mig::base

#endif  // MIG_BASE_WHOLE_FILE_H_
