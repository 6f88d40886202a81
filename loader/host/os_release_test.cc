#include "loader/host/os_release.h"

#include <string>

#include "gtest/gtest.h"

namespace mig::loader {
namespace {

TEST(OsReleaseTest, DebianAndUbuntuAreRead) {
  const OsRelease debian = ParseOsRelease(
      "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\n"
      "VERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\nID=debian\n");
  EXPECT_EQ(debian.id, "debian");
  EXPECT_EQ(debian.version_id, "12");
  const OsRelease ubuntu = ParseOsRelease("ID=ubuntu\r\nID_LIKE=debian\nVERSION_ID='24.04'\n");
  EXPECT_EQ(ubuntu.id, "ubuntu");
  EXPECT_EQ(ubuntu.version_id, "24.04");
}

TEST(OsReleaseTest, NothingIsExpandedOrRun) {
  for (const char* value : {"$(reboot)", "`id`", "\"$HOME\"", "a b", "\"a", "'a'b'", "\"a\\\"",
                            "Debian", "\xC3\xA4", "a;b", "../x", "\"a\" \"b\""}) {
    EXPECT_EQ(ParseOsRelease(std::string("ID=") + value).id, "") << value;
  }
  EXPECT_EQ(ParseOsRelease("ID=" + std::string(257, 'a')).id, "");
  EXPECT_EQ(ParseOsRelease("#ID=a\nXID=b\n ID = c\n").id, "");
}

TEST(OsReleaseTest, TheLastAssignmentCountsAndMissingIsEmpty) {
  EXPECT_EQ(ParseOsRelease("ID=a\nID=b").id, "b");
  EXPECT_EQ(ParseOsRelease("ID=\"a\\.b\"").id, "a.b");
  EXPECT_EQ(ParseOsRelease("").id, "");
}

}  // namespace
}  // namespace mig::loader
