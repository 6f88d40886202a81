// Runs what README.md and docs/quickstart.md tell a newcomer to type, as it stands there, on the
// real programs. Only the build is stood in for: the programs are there already.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/testing/status_matchers.h"
#include "tests/harness/files.h"
#include "tests/harness/programs.h"
#include "tests/harness/world.h"
#include "tests/quickstart/document.h"

namespace mig::tests {
namespace {

namespace fs = std::filesystem;

using base::testing::IsOk;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(DocumentTest, ItsCommandsAreThoseOfItsShellBlocks) {
  EXPECT_EQ(
      ScriptOf("# Title\n```sh\none\ntwo\n```\ntext\n```\nnot this\n```\n```sh\nthree\n```\n"),
      "set -euo pipefail\none\ntwo\nthree\n");
}

class QuickstartTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto programs = Programs::Find("");
    ASSERT_THAT(programs, IsOk());
    programs_ = *programs;
    auto world = World::Make(programs_, "quickstart");
    ASSERT_THAT(world, IsOk());
    world_ = *std::move(world);
    MakeClone();
  }

  // What a clone looks like after the build: tools/, bazel-bin/, and a bazel that has nothing to
  // do.
  void MakeClone() {
    ASSERT_THAT(MakeDirectory(Clone("")), IsOk());
    ASSERT_THAT(MakeDirectory(Clone("tools")), IsOk());
    ASSERT_THAT(MakeDirectory(Clone("bin")), IsOk());
    ASSERT_THAT(WriteFile(Clone("tools/setup"), "#!/bin/sh\n", 0755), IsOk());
    ASSERT_THAT(WriteFile(Clone("bin/bazel"), "#!/bin/sh\n", 0755), IsOk());
    const std::string demo = fs::canonical(std::getenv("DEMO")).string();
    ASSERT_THAT(
        WriteFile(Clone("tools/demo"), absl::StrCat("#!/bin/sh\nexec ", demo, " \"$@\"\n"), 0755),
        IsOk());
    for (const auto& [room, program] :
         std::vector<std::pair<std::string, std::string>>{{"ctl", programs_.migctl},
                                                          {"coordinator", programs_.coordinator},
                                                          {"loader", programs_.loader}}) {
      const std::string folder = Clone("bazel-bin/" + room);
      fs::create_directories(folder);
      fs::create_symlink(program, folder + "/" + fs::path(program).filename().string());
    }
  }
  std::string Clone(const std::string& name) const { return world_->Path("clone/" + name); }

  // Types the commands of `document` in the clone.
  absl::StatusOr<CommandResult> Type(const std::string& document) {
    const auto text = ReadFile(document);
    EXPECT_THAT(text, IsOk());
    CommandOptions options;
    options.directory = Clone("");
    options.environment = {
        absl::StrCat("PATH=", Clone("bin"), ":/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        absl::StrCat("HOME=", world_->directory()), "LANG=C.UTF-8"};
    options.patience = absl::Minutes(4);
    return RunCommand({"/bin/bash", "-c", ScriptOf(text.value_or(""))}, options);
  }

  Programs programs_;
  std::unique_ptr<World> world_;
};

TEST_F(QuickstartTest, ItsCommandsDoWhatItSays) {
  const auto package =
      world_->Run({"/usr/bin/apt-get", "download", "--print-uris", "prometheus-node-exporter"});
  ASSERT_THAT(package, IsOk());
  if (package->exit_status != 0) {
    GTEST_SKIP() << "the package prometheus-node-exporter cannot be downloaded here: "
                 << package->ToString() << "; run apt-get update, or check the network";
  }
  for (const uint16_t port : {8443, 8444, 8445, 9090, 9100}) {
    if (!IsFreePort(port)) GTEST_SKIP() << "port " << port << " of 127.0.0.1 is in use here";
  }

  const auto typed = Type(std::getenv("QUICKSTART"));

  ASSERT_THAT(typed, IsOk());
  ASSERT_EQ(typed->exit_status, 0) << typed->out << typed->err;
  EXPECT_THAT(typed->out, AllOf(HasSubstr("node_load1 "), HasSubstr("node_memory_MemTotal_bytes "),
                                HasSubstr("exit 6")));
  EXPECT_THAT(ProcessesOf(world_->directory(), programs_), IsEmpty());
  EXPECT_FALSE(fs::exists(world_->Path("mig-quickstart")));
}

TEST_F(QuickstartTest, TheTourOfTheReadmeWorks) {
  const auto typed = Type(std::getenv("README"));

  ASSERT_THAT(typed, IsOk());
  ASSERT_EQ(typed->exit_status, 0) << typed->out << typed->err;
  EXPECT_THAT(typed->out, AllOf(HasSubstr("steps held"), HasSubstr("is gone")));
}

}  // namespace
}  // namespace mig::tests
