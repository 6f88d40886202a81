// Extended attributes of an open file, in the form of loader/config/attributes.h.

#ifndef MIG_LOADER_SCAN_FILE_ATTRIBUTES_H_
#define MIG_LOADER_SCAN_FILE_ATTRIBUTES_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"
#include "loader/config/attributes.h"

namespace mig::loader {

// What `file` has of the names in `named`, whose values do not count. A disk that has none of a
// kind has none. Errors: of the disk.
absl::StatusOr<Attributes> ReadAttributes(base::File& file, const Attributes& named);

// Whether `file` has each of `wanted`, and none that shall not be there. Reads nothing if it is
// empty.
absl::StatusOr<bool> HasAttributes(base::File& file, const Attributes& wanted);

// Gives them to `file`, which is fresh: what shall not be there is not there.
absl::Status SetAttributes(base::File& file, const Attributes& attributes);

}  // namespace mig::loader

#endif  // MIG_LOADER_SCAN_FILE_ATTRIBUTES_H_
