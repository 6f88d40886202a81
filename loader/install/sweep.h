// Removes what interrupted runs left.

#ifndef MIG_LOADER_INSTALL_SWEEP_H_
#define MIG_LOADER_INSTALL_SWEEP_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "loader/install/compare.h"
#include "loader/install/place.h"

namespace mig::loader {

// Removes staged files from `directories` (Dictionary::Directories), except those of `wanted`.
// Touches no other file: what an operator put there stays. A directory that
// is missing or cannot be opened safely is passed over. FailedPrecondition while there is a
// journal: Recover first.
absl::Status SweepLeftovers(const Place& place, const std::vector<std::string>& directories,
                            const std::vector<FileChange>& wanted);

}  // namespace mig::loader

#endif  // MIG_LOADER_INSTALL_SWEEP_H_
