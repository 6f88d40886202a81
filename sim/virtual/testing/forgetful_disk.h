// A disk that says it made things durable and did not: the bug that a power cut shows.

#ifndef MIG_SIM_VIRTUAL_TESTING_FORGETFUL_DISK_H_
#define MIG_SIM_VIRTUAL_TESTING_FORGETFUL_DISK_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"

namespace mig::sim {

// Every Sync and SyncData is ok and does nothing; all else is `disk`'s. Borrows it.
class ForgetfulDisk : public base::FileSystem {
 public:
  explicit ForgetfulDisk(base::FileSystem& disk) : disk_(disk) {}

  absl::StatusOr<std::unique_ptr<base::Directory>> OpenRoot(absl::string_view path) override;

 private:
  base::FileSystem& disk_;
};

}  // namespace mig::sim

#endif  // MIG_SIM_VIRTUAL_TESTING_FORGETFUL_DISK_H_
