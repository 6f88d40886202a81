#include "loader/services/control_group.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/check.h"
#include "base/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mig::loader {
namespace {

using base::testing::IsOk;
using base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A directory that stands in for the hierarchy: what is written where can be read.
class ControlGroupTest : public ::testing::Test {
 protected:
  ControlGroupTest() {
    std::string name = std::filesystem::temp_directory_path().string() + "/mig-groups-XXXXXX";
    MIG_CHECK(mkdtemp(name.data()) != nullptr) << name;
    mount_ = name;
  }
  ~ControlGroupTest() override { std::filesystem::remove_all(mount_); }

  void Put(const std::string& file, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(mount_ + file).parent_path());
    std::ofstream(mount_ + file) << text;
  }
  std::string Get(const std::string& file) {
    std::string text;
    std::getline(std::ifstream(mount_ + file), text);
    return text;
  }
  ControlGroups In(const std::string& own) { return ControlGroups(mount_, own, "0123abcd"); }

  std::string mount_;
};

TEST_F(ControlGroupTest, AnAgentsGroupLiesBelowTheLoadersOwn) {
  Put("/system.slice/mig-loader.service/cgroup.procs", "");
  const auto group = In("/system.slice/mig-loader.service").Make("agent");
  ASSERT_THAT(group, IsOk());
  EXPECT_EQ(group->path(), "/system.slice/mig-loader.service/mig-agent-agent-0123abcd");
  EXPECT_THAT(In("/").Make("agent"), IsOk());
  EXPECT_TRUE(std::filesystem::is_directory(mount_ + "/mig-agent-agent-0123abcd"));
  EXPECT_THAT(In("/").Make("agent"), IsOk()) << "there already";
}

TEST_F(ControlGroupTest, ALoaderInsideOfAnAgentsGroupNestsNone) {
  const auto group = In("/mig-agent-other-77777777/deep").Make("agent");
  ASSERT_THAT(group, IsOk());
  EXPECT_EQ(group->path(), "/mig-agent-agent-0123abcd");
}

TEST_F(ControlGroupTest, WhereThereAreNoneItSaysWhy) {
  EXPECT_THAT(ControlGroups("", "/", "x").Make("agent"),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("not mounted")));
  EXPECT_THAT(In("/is/not/there").Make("agent"),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("/is/not/there")));
}

TEST_F(ControlGroupTest, ReadsMembersAndWhetherThereAreAny) {
  Put("/a/cgroup.procs", "12\n4711\n");
  Put("/a/cgroup.events", "populated 1\nfrozen 0\n");
  const ControlGroup group(mount_, "/a");
  EXPECT_THAT(group.Members(), ElementsAre(12, 4711));
  EXPECT_FALSE(group.IsEmpty());
  Put("/a/cgroup.events", "populated 0\nfrozen 0\n");
  EXPECT_TRUE(group.IsEmpty());
  EXPECT_TRUE(ControlGroup(mount_, "/gone").IsEmpty());
}

TEST_F(ControlGroupTest, KillsAllAtOnce) {
  Put("/a/cgroup.kill", "");
  Put("/a/cgroup.events", "populated 1\n");
  EXPECT_THAT(ControlGroup(mount_, "/a").Kill(), IsOk());
  EXPECT_EQ(Get("/a/cgroup.kill"), "1");
}

TEST_F(ControlGroupTest, WithoutCgroupKillNobodyElseIsKilled) {
  // The file says so, and the system does not: this process is in no group "/a".
  Put("/a/cgroup.procs", std::to_string(getpid()));
  Put("/a/cgroup.events", "populated 1\n");
  EXPECT_THAT(ControlGroup(mount_, "/a").Kill(), IsOk());
}

TEST_F(ControlGroupTest, NobodyStepsOutOfWhatHeIsNotIn) {
  Put("/cgroup.procs", "");
  EXPECT_THAT(In("/").StepOutOf("/somewhere/else"), IsOk());
  EXPECT_THAT(In("/").StepOutOf("/"), IsOk());
  EXPECT_EQ(Get("/cgroup.procs"), "");
}

}  // namespace
}  // namespace mig::loader
