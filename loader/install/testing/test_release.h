// Two releases of a small agent, and a host on a memory disk that has the first: five components,
// one member of a family that is new, and one component that is retired, in three directories.

#ifndef MIG_LOADER_INSTALL_TESTING_TEST_RELEASE_H_
#define MIG_LOADER_INSTALL_TESTING_TEST_RELEASE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "loader/install/compare.h"
#include "loader/install/journal.h"
#include "loader/install/place.h"
#include "loader/install/staging.h"
#include "loader/install/testing/invariants.h"
#include "loader/install/transaction.h"
#include "loader/scan/local_manifest.h"
#include "proto/mig/v1/refusal.pb.h"

namespace mig::loader::testing {

inline constexpr absl::string_view kState = "/var/lib/mig-loader";
inline constexpr absl::string_view kKeptCopies = "/var/lib/mig-loader/kept/agent";
inline constexpr absl::string_view kProduct = "agent";

// What a release has, with the bytes.
struct TestRelease {
  trust::Installed id;
  std::map<std::string, std::string> contents;  // by component name
  std::vector<std::string> retired;

  ReleaseFiles files() const;
  FileSet file_set() const;  // by path
};

// A target of the dictionary that these tests imagine.
Target TargetOf(absl::string_view component);

TestRelease OldRelease();
// Everything differs; conf/10-site is new, conf/90-debug retired.
TestRelease NewRelease();
// As `installed`: no manifest put there what is on the host.
TestRelease ForeignAgent();

// The set that `release` is, when `replaced` was there before: what is retired is gone.
Invariants BetweenReleases(const TestRelease& before, const TestRelease& after);

Place PlaceOn(base::FileSystem& disk);
// Makes the directories and puts the files of `release` there, durably.
void PutFiles(base::FileSystem& disk, const TestRelease& release);
// Also records it as installed: a kept set.
void PutInstalled(base::FileSystem& disk, const TestRelease& release);

// What a scan would say.
absl::StatusOr<LocalManifest> ScanOf(base::FileSystem& disk,
                                     const std::vector<std::string>& components);

// The steps of an install; each stops at the first error.
absl::StatusOr<Staging> StageRelease(base::FileSystem& disk, const TestRelease& installed,
                                     const TestRelease& wanted);
TransactionFacts FactsOf(const TestRelease& from, const TestRelease& to);
absl::StatusOr<Transaction> CommitRelease(base::FileSystem& disk, const TestRelease& installed,
                                          const TestRelease& wanted);
absl::Status InstallRelease(base::FileSystem& disk, const TestRelease& installed,
                            const TestRelease& wanted);
// Installs, finds the new agent unhealthy, and goes back.
absl::Status InstallAndGoBack(base::FileSystem& disk, const TestRelease& installed,
                              const TestRelease& wanted);

// What a run does after Recover, with an agent that is healthy in any set.
absl::Status FinishRecovered(Transaction& transaction, const TestRelease& wanted);

v1::Refusal Unhealthy();

}  // namespace mig::loader::testing

#endif  // MIG_LOADER_INSTALL_TESTING_TEST_RELEASE_H_
