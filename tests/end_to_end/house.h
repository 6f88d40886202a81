// What each end-to-end test lives in: `migctl trial init`, its coordinator running, an operator who
// is logged in, and hosts as the test wants them.

#ifndef MIG_TESTS_END_TO_END_HOUSE_H_
#define MIG_TESTS_END_TO_END_HOUSE_H_

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/system_clock.h"
#include "base/system_random.h"
#include "proto/mig/v1/admin_hosts.pb.h"
#include "tests/harness/coordinator.h"
#include "tests/harness/loader_host.h"
#include "tests/harness/operator.h"
#include "tests/harness/trial_site.h"
#include "tests/harness/world.h"

namespace mig::tests {

// One release of the test agent, as its maker says it.
struct AgentRelease {
  std::string version;
  std::string setting = "none";
  std::string more_configuration = "";  // more lines of its configuration
  std::vector<std::string> make;        // more arguments of make_agent
  std::vector<ReleaseFile> extra;       // more components, for every host
  std::vector<std::string> retire;      // those that leave the set
};

// A fixture: SetUp ends with a coordinator that serves. Nothing of it is left afterwards.
class House : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  const World& world() const { return site_->world(); }
  Coordinator& coordinator() { return site_->coordinator(); }
  const Operator& ana() const { return site_->ana(); }
  std::string TrialFile(const std::string& name) const { return site_->File(name); }

  // A host of this house that is not enrolled. Lives as long as the test.
  LoaderHost& NewHost(const HostOptions& options);
  // One that is.
  LoaderHost& EnrolledHost(const HostOptions& options);
  absl::Status Enroll(const LoaderHost& host) const { return site_->Enroll(host); }
  // The coordinator's word of a host.
  absl::StatusOr<v1::HostDetails> WordOf(const LoaderHost& host) const;

  // Publishes, signs, plans and starts agent@VERSION: a variant for each host that there is, which
  // differ in their configuration.
  absl::Status RollOut(const AgentRelease& release) const;
  std::string Source(const std::string& name) const { return world().Path(name); }

  std::unique_ptr<base::SystemClock> clock_;
  base::SystemRandom random_;

 private:
  std::unique_ptr<TrialSite> site_;
  std::list<LoaderHost> hosts_;
};

// The host's id in hex, of its certificate.
absl::StatusOr<std::string> HostIdOf(const LoaderHost& host);

}  // namespace mig::tests

#endif  // MIG_TESTS_END_TO_END_HOUSE_H_
