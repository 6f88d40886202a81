// Contents on their way from a coordinator: files of the state directory, named by digest, so that
// what an interrupted run got is gone on from and not got again.

#ifndef MIG_LOADER_RUN_INSTALL_DOWNLOADS_H_
#define MIG_LOADER_RUN_INSTALL_DOWNLOADS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/digest.h"
#include "base/file_system.h"
#include "base/hash_file.h"
#include "loader/transport/coordinator_client.h"

namespace mig::loader {

// One thread; the caller holds the loader's lock.
class Downloads {
 public:
  // Makes STATE/downloads if it is missing.
  static absl::StatusOr<Downloads> Open(base::Directory& state);

  struct Downloaded {
    std::unique_ptr<base::File> file;  // of the wanted size; its digest is for who stages it
    bool resumed = false;              // its beginning is of an earlier try
  };
  // Gets what is not there yet. A connection that breaks is tried again at once as long as each try
  // brought something, kMaxResumes times. Memory: one chunk; disk: at most content.size_bytes.
  // Errors: as CoordinatorClient::Fetch, and those of the disk; what came stays, to go on from.
  absl::StatusOr<Downloaded> Fetch(CoordinatorClient& client, const std::string& ticket,
                                   const base::FileDigest& content);

  // It was staged, or is damaged: another Fetch begins anew.
  void Remove(const base::Digest& digest);
  // Removes all but those of `wanted`.
  void Sweep(const std::vector<base::Digest>& wanted);

  // How many bytes came over the network.
  uint64_t fetched_bytes() const { return fetched_bytes_; }

  static constexpr int kMaxResumes = 16;

 private:
  explicit Downloads(std::unique_ptr<base::Directory> directory)
      : directory_(std::move(directory)) {}

  absl::StatusOr<std::unique_ptr<base::File>> OpenPart(const base::FileDigest& content);

  std::unique_ptr<base::Directory> directory_;
  uint64_t fetched_bytes_ = 0;
};

}  // namespace mig::loader

#endif  // MIG_LOADER_RUN_INSTALL_DOWNLOADS_H_
