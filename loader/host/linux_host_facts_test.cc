#include "loader/host/linux_host_facts.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/testing/manual_clock.h"
#include "base/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mig::loader {
namespace {

namespace fs = std::filesystem;
using base::testing::IsOkAndHolds;
using base::testing::StatusIs;
using ::testing::HasSubstr;

class LinuxHostFactsTest : public ::testing::Test {
 protected:
  LinuxHostFactsTest() {
    std::string name = absl::StrCat(::testing::TempDir(), "/facts-XXXXXX");
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  ~LinuxHostFactsTest() override { fs::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }
  void LinkZone(const std::string& zone) {
    fs::create_directories(root_ + "/etc");
    fs::remove(root_ + "/etc/localtime");
    fs::create_symlink("/usr/share/zoneinfo/" + zone, root_ + "/etc/localtime");
  }
  v1::Environment Environment() { return facts().Environment(); }
  LinuxHostFacts facts() { return LinuxHostFacts(clock_, configured_, root_); }

  base::testing::ManualClock clock_;
  ConfiguredFacts configured_ = {.operator_name = "ana",
                                 .tags = {{"site", "ber"}, {"rack", ""}},
                                 .proxied = true,
                                 .loader_version = "1.2.3"};
  std::string root_;
};

TEST_F(LinuxHostFactsTest, AnEmptyRootHasOnlyWhatTheKernelAndTheConfigurationSay) {
  const v1::Environment e = Environment();
  EXPECT_EQ(e.os(), "linux");
  EXPECT_NE(e.kernel(), "");
  EXPECT_NE(e.arch(), "");
  EXPECT_EQ(e.hostname(), absl::AsciiStrToLower(e.hostname()));
  EXPECT_EQ(e.distribution(), "");
  EXPECT_EQ(e.model(), "");
  EXPECT_EQ(e.init(), "other");
  EXPECT_EQ(e.time_zone(), "");
  EXPECT_EQ(e.utc_offset_min(), 0);
  EXPECT_EQ(e.operator_(), "ana");
  EXPECT_TRUE(e.proxied());
  EXPECT_EQ(e.loader_version(), "1.2.3");
  ASSERT_EQ(e.tags_size(), 2);
  EXPECT_EQ(e.tags(0).name(), "rack");
  EXPECT_EQ(e.tags(1).value(), "ber");
}

TEST_F(LinuxHostFactsTest, FilesAreRead) {
  Write("/usr/lib/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
  fs::create_directories(root_ + "/etc");
  fs::create_symlink("../usr/lib/os-release", root_ + "/etc/os-release");
  Write("/sys/devices/virtual/dmi/id/product_name", "  ThinkPad X1 \n");
  fs::create_directories(root_ + "/run/systemd/system");
  const v1::Environment e = Environment();
  EXPECT_EQ(e.distribution(), "debian");
  EXPECT_EQ(e.distribution_version(), "12");
  EXPECT_EQ(e.model(), "ThinkPad X1");
  EXPECT_EQ(e.init(), "systemd");
}

TEST_F(LinuxHostFactsTest, WhatIsTooLongOrUnfitIsMissing) {
  Write("/sys/devices/virtual/dmi/id/product_name", std::string(257, 'x'));
  Write("/etc/os-release", "ID=debian\n" + std::string(64 * 1024, '#'));
  EXPECT_EQ(Environment().model(), "");
  EXPECT_EQ(Environment().distribution(), "");
  Write("/sys/devices/virtual/dmi/id/product_name", "a\x1b[1mb");
  EXPECT_EQ(Environment().model(), "");
}

TEST_F(LinuxHostFactsTest, TheOffsetFollowsTheZoneTheSeasonAndTheLink) {
  const absl::Time winter = absl::FromCivil(absl::CivilDay(2026, 1, 15), absl::UTCTimeZone());
  const absl::Time summer = absl::FromCivil(absl::CivilDay(2026, 7, 15), absl::UTCTimeZone());
  if (!fs::exists("/usr/share/zoneinfo/Europe/Berlin")) GTEST_SKIP() << "tzdata is not installed";
  LinkZone("Europe/Berlin");
  EXPECT_EQ(Environment().time_zone(), "Europe/Berlin");
  EXPECT_EQ(facts().UtcOffsetMinutes(winter), 60);
  EXPECT_EQ(facts().UtcOffsetMinutes(summer), 120);
  LinkZone("Asia/Kolkata");
  EXPECT_EQ(facts().UtcOffsetMinutes(winter), 330);
  LinkZone("America/St_Johns");
  EXPECT_EQ(facts().UtcOffsetMinutes(winter), -210);
}

TEST_F(LinuxHostFactsTest, TheFirstMachineIdThatIsOneCounts) {
  EXPECT_THAT(facts().MachineId(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("systemd-machine-id-setup")));
  Write("/sys/devices/virtual/dmi/id/product_uuid", "4c4c4544-0042\n");
  EXPECT_THAT(facts().MachineId(), IsOkAndHolds("4c4c4544-0042"));
  Write("/var/lib/dbus/machine-id", "d41d8cd9\n");
  Write("/etc/machine-id", "uninitialized\n");
  EXPECT_THAT(facts().MachineId(), IsOkAndHolds("d41d8cd9"));
  Write("/etc/machine-id", "3d1219c7\n");
  EXPECT_THAT(facts().MachineId(), IsOkAndHolds("3d1219c7"));
}

TEST(LinuxHostFactsOfThisMachineTest, AreWithinTheBoundsOfTheEnvironment) {
  base::testing::ManualClock clock;
  LinuxHostFacts facts(clock, {.loader_version = "1"});
  EXPECT_LE(facts.Environment().ByteSizeLong(), 16u * 1024);
}

}  // namespace
}  // namespace mig::loader
