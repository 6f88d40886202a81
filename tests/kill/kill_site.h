// Where hosts are killed: a coordinator that serves two releases of an agent, and hosts on several
// file systems, each saved as it was before the first release and after each of both.

#ifndef MIG_TESTS_KILL_KILL_SITE_H_
#define MIG_TESTS_KILL_KILL_SITE_H_

#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "loader/install/testing/invariants.h"
#include "tests/harness/trial_site.h"
#include "tests/kill/disks.h"
#include "tests/kill/victim.h"

namespace mig::tests {

// Names of saved states.
inline constexpr char kEnrolled[] = "enrolled";  // nothing is installed
inline constexpr char kOne[] = "one";            // release 1.0
inline constexpr char kTwo[] = "two";            // release 2.0; of good hosts only

class KillSite {
 public:
  struct Wanted {
    DiskKind disk;
    Temper temper;
  };

  // `argv0`: as in FindRunfile. Where a file system cannot be had, its host is left out, and said
  // so in skipped(); at least one host must be good. Before this process has any thread.
  static absl::StatusOr<std::unique_ptr<KillSite>> Make(const std::string& argv0,
                                                        const std::vector<Wanted>& wanted);
  ~KillSite();

  TrialSite& trial() { return *trial_; }
  const std::vector<std::string>& skipped() const { return skipped_; }
  // Null if it was left out.
  Victim* Find(DiskKind disk, Temper temper);

  // The files of release 1.0 and 2.0 on this host: five components each, of which one is new in
  // 2.0, one is retired, three have other contents.
  loader::testing::FileSet SetOne(const Victim& victim) const;
  loader::testing::FileSet SetTwo(const Victim& victim) const;
  // The manifest of 2.0.
  const base::Digest& release_two() const { return release_two_; }

 private:
  explicit KillSite(std::unique_ptr<TrialSite> trial) : trial_(std::move(trial)) {}

  absl::Status AddVictim(const Wanted& wanted);
  absl::Status MakeSources(const std::string& argv0);
  absl::Status RollOut(const std::string& version);
  // Lets each host that `holds` run, and saves what it then is.
  absl::Status RunAndSave(const std::string& name);
  std::vector<ReleaseFile> FilesOf(const Victim& victim, const std::string& version) const;
  loader::testing::FileSet SetOf(const Victim& victim, const std::string& version) const;

  std::unique_ptr<TrialSite> trial_;
  std::unique_ptr<Disks> disks_;  // null: this machine has none to give
  std::vector<std::string> skipped_;
  std::list<Victim> victims_;
  base::Digest release_two_;
};

}  // namespace mig::tests

#endif  // MIG_TESTS_KILL_KILL_SITE_H_
