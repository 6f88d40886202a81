// Whole command lines against a trial on a real disk and a fake coordinator over real mutual TLS.

#ifndef MIG_CTL_TESTING_FIXTURE_H_
#define MIG_CTL_TESTING_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/posix_file_system.h"
#include "base/system_random.h"
#include "ctl/context/context_store.h"
#include "ctl/files/local_files.h"
#include "ctl/transport/grpc_connector.h"
#include "ctl/transport/testing/fake_coordinator.h"

namespace mig::ctl::testing {

// What one run of migctl said.
struct Ran {
  int exit = -1;
  std::string out;
  std::string err;
};

class MigctlTest : public ::testing::Test {
 protected:
  MigctlTest();

  // Runs `migctl LINE`; LINE is split at spaces. `typed`: what a person types, line by line; with
  // any, somebody can be asked.
  Ran Run(const std::string& line, const std::vector<std::string>& typed = {});
  Ran Run(const std::vector<std::string>& arguments, const std::vector<std::string>& typed = {});

  // `migctl trial init t`, a coordinator with its keys, a context and a login.
  void StartTrial();
  // A release PRODUCT@VERSION of one file with `contents`, signed by the trial's key.
  void PublishSigned(const std::string& version, const std::string& contents);
  // Writes a plan file for agent@VERSION that lets everybody in at once.
  void WritePlan(const std::string& name, const std::string& version);

  std::string Path(const std::string& name) const;
  std::string Read(const std::string& name) const;
  void Write(const std::string& name, const std::string& bytes, uint32_t mode = 0644);

  base::PosixFileSystem disk_;
  std::string directory_;
  LocalFiles files_;
  std::unique_ptr<base::Clock> clock_;
  base::SystemRandom random_;
  GrpcConnector connector_;
  Environment environment_;
  std::unique_ptr<FakeCoordinator> coordinator_;
};

}  // namespace mig::ctl::testing

#endif  // MIG_CTL_TESTING_FIXTURE_H_
