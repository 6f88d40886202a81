#include "ctl/testing/fixture.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "base/system_clock.h"
#include "ctl/cli/app.h"
#include "ctl/testing/fake_console.h"

// gRPC leaks through c-ares; only the address sanitizer asks.
extern "C" const char* __lsan_default_suppressions() { return "leak:ares_\n"; }

namespace mig::ctl::testing {
namespace {

std::string NewDirectory() {
  std::string pattern = absl::StrCat(std::getenv("TEST_TMPDIR"), "/migctlXXXXXX");
  MIG_CHECK(mkdtemp(pattern.data()) != nullptr);
  return pattern;
}

}  // namespace

MigctlTest::MigctlTest() : directory_(NewDirectory()), files_(disk_, directory_) {
  auto clock = base::SystemClock::Open();
  MIG_CHECK(clock.ok());
  clock_ = *std::move(clock);
  environment_["HOME"] = absl::StrCat(directory_, "/home");
}

Ran MigctlTest::Run(const std::vector<std::string>& arguments,
                    const std::vector<std::string>& typed) {
  FakeConsole console;
  for (const std::string& line : typed) console.WillType(line);
  World world = {console, files_, *clock_, random_, connector_, environment_};
  Ran ran;
  ran.exit = RunMigctl(arguments, world);
  ran.out = console.out();
  ran.err = console.err();
  return ran;
}

Ran MigctlTest::Run(const std::string& line, const std::vector<std::string>& typed) {
  const std::vector<std::string> arguments = absl::StrSplit(line, ' ', absl::SkipEmpty());
  return Run(arguments, typed);
}

void MigctlTest::StartTrial() {
  ASSERT_EQ(Run("trial init t --operator ana").exit, 0);
  coordinator_ = std::make_unique<FakeCoordinator>(
      FakeCoordinatorFiles{Read("t/server.key"), Read("t/server.pem"), Read("t/operators-ca.pem"),
                           Read("t/operators-ca.key"), "trial.local", "ana"});
  const Ran set = Run(absl::StrCat("context set trial --endpoint ", coordinator_->admin_endpoint(),
                                   " --enrollment ", coordinator_->enrollment_endpoint(),
                                   " --ca t/servers-ca.pem --root t/root-1 --use"));
  ASSERT_EQ(set.exit, 0) << set.err;
  const Ran login = Run("login --token-file t/operator.token");
  ASSERT_EQ(login.exit, 0) << login.err;
}

void MigctlTest::PublishSigned(const std::string& version, const std::string& contents) {
  Write(absl::StrCat("agent-", version), contents, 0755);
  const Ran publish = Run(absl::StrCat("release publish --product agent --version ", version,
                                       " agent=agent-", version));
  ASSERT_EQ(publish.exit, 0) << publish.err;
  const Ran sign =
      Run(absl::StrCat("release sign agent@", version, " --key t/keys/release.key --yes"));
  ASSERT_EQ(sign.exit, 0) << sign.err;
}

void MigctlTest::WritePlan(const std::string& name, const std::string& version) {
  Write("plan.toml", absl::StrCat("name = \"", name,
                                  "\"\n[[item]]\nproduct = \"agent\"\nrelease = "
                                  "\"",
                                  version, "\"\n[[wave]]\nto = \"100%\"\n"));
}

std::string MigctlTest::Path(const std::string& name) const {
  return absl::StrCat(directory_, "/", name);
}

std::string MigctlTest::Read(const std::string& name) const {
  const auto bytes = files_.Read(name, 1 << 20, "the test's file");
  MIG_CHECK(bytes.ok()) << bytes.status();
  return *bytes;
}

void MigctlTest::Write(const std::string& name, const std::string& bytes, uint32_t mode) {
  MIG_CHECK(files_.Replace(name, bytes, mode).ok());
}

}  // namespace mig::ctl::testing
