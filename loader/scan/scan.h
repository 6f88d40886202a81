// Builds the local manifest: every component of the dictionary, with size, mode, owner, digest.

#ifndef MIG_LOADER_SCAN_SCAN_H_
#define MIG_LOADER_SCAN_SCAN_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/executor.h"
#include "base/file_system.h"
#include "base/sizes.h"
#include "loader/config/dictionary.h"
#include "loader/scan/digest_cache.h"
#include "loader/scan/local_manifest.h"

namespace mig::loader {

// A check-in carries no more.
inline constexpr size_t kMaxLocalFiles = base::kMaxLocalComponents;

// What a scan needs. All borrowed.
struct ScanTools {
  base::FileSystem& disk;
  base::Executor& executor;  // its tasks stat and hash
  DigestCache& cache;        // read, and renewed for the files that were seen
  absl::Time now;            // the wall clock at the start
};

// Every component of `dictionary`, and every file of its families' directories that can be a
// member. What cannot be read is an entry that says so, never an error of the whole.
//
// Errors: ResourceExhausted  a family has more members than its max_count, or there are more than
//                            kMaxLocalFiles files; the message names the directory
absl::StatusOr<LocalManifest> Scan(const Dictionary& dictionary, const ScanTools& tools);

// Says of each file what is at its target now; nothing else in it counts. In any number, in their
// order; a core holds one directory open, and goes from directory to directory.
void LookAt(absl::Span<LocalFile> files, const ScanTools& tools);

}  // namespace mig::loader

#endif  // MIG_LOADER_SCAN_SCAN_H_
